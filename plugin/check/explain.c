/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain.h"

#include "core/catalogue.h"
#include "core/memory.h"

static const char *role_text(enum role role)
{
	switch (role) {
	case ROLE_RUNTIME:
		return "logged by a running service";
	case ROLE_START:
		return "logged when the service starts";
	case ROLE_STOP:
		return "logged when the service stops";
	case ROLE_START_FATAL:
		return "the service does not start";
	case ROLE_COMPANION:
		return "comes with another event, explains nothing alone";
	}
	return "";
}

static char *event_text(void *parent, const struct catalogue_entry *entry)
{
	return memory_format(parent,
		"Event %u of MSExchangeIMC: %s.\nRole: %s%s.\n%s%s%s"
		"Microsoft Knowledge Base: %s\n",
		entry->id, entry->meaning, role_text(entry->role),
		entry->also_runtime ? ", or a running service logs it" : "",
		entry->advice != NULL ? "What to do: " : "",
		entry->advice != NULL ? entry->advice : "",
		entry->advice != NULL ? "\n" : "", entry->article);
}

static char *exit_code_text(void *parent, const struct exit_code_entry *entry)
{
	return memory_format(parent, "Exit code %u: %s.\n%s%s%s", entry->code,
		entry->meaning, entry->advice != NULL ? "What to do: " : "",
		entry->advice != NULL ? entry->advice : "",
		entry->advice != NULL ? "\n" : "");
}

/* Event 4086 has a cause that only the start account tells. */
static char *account_text(void *parent, const struct catalogue_entry *entry)
{
	const struct catalogue_entry *special = catalogue_local_system();
	if (entry == NULL || entry->id != special->id)
		return memory_copy(parent, "");
	return memory_format(
		parent, "A frequent cause: %s. %s\n", special->meaning, special->advice);
}

bool explain(void *parent, uint32_t id, char **ret, struct failure *why)
{
	const struct catalogue_entry *event = catalogue_find(id);
	const struct exit_code_entry *code = exit_code_find(id);
	if (event == NULL && code == NULL)
		return fail(why, FAIL_ABSENT,
			"the catalogue holds neither an event nor an exit code %u; an "
			"event that it does not hold is no failed start",
			id);
	void *scratch = memory_required(talloc_new(NULL));
	*ret = memory_format(parent, "%s%s%s",
		event != NULL ? event_text(scratch, event) : "",
		account_text(scratch, event),
		code != NULL ? exit_code_text(scratch, code) : "");
	talloc_free(scratch);
	return true;
}
