/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit.h"

#include <syslog.h>

#include "core/memory.h"
#include "core/text.h"

static const char *const act_names[ACTS] = {
	[ACT_NOTHING] = "nothing",
	[ACT_DRY_RUN] = "dry-run",
	[ACT_WAITING] = "waiting",
	[ACT_STARTING] = "starting",
	[ACT_STARTED] = "started",
	[ACT_TRIED] = "tried",
};

/* It is not over yet. */
static bool is_on_the_way(enum act_kind act)
{
	return act == ACT_WAITING || act == ACT_STARTING;
}

char *audit_format(void *parent, const char *server, const struct asker *asker,
	const struct deed *deed)
{
	char *scratch = memory_copy(parent, "");
	const char *evidence = deed->evidence != NULL ? deed->evidence : "none";
	char *end = is_on_the_way(deed->act)
		? memory_copy(scratch, "-")
		: memory_format(scratch, "%d", (int)deed->end);
	char *line = memory_format(parent,
		"server=%s did=%s exit=%s asked_by=\"%s\" for=\"%s\" evidence=\"%s\" "
		"text=\"%s\"",
		server, act_names[deed->act], end,
		text_clean(scratch, asker->user, ACT_TEXT_MAX), asker->occasion,
		text_clean(scratch, evidence, ACT_TEXT_MAX),
		text_clean(scratch, deed->text, ACT_TEXT_MAX));
	talloc_free(scratch);
	return line;
}

static int priority_of(const struct deed *deed)
{
	bool is_quiet = deed->act == ACT_NOTHING && deed->end != ACT_UNKNOWN;
	bool is_bad = !is_on_the_way(deed->act) && deed->end >= ACT_FAILED;
	return is_bad ? LOG_WARNING : is_quiet ? LOG_INFO : LOG_NOTICE;
}

void audit_write(const char *line, const struct deed *deed)
{
	openlog("imc-start", LOG_PID, LOG_DAEMON);
	syslog(priority_of(deed), "%s", line);
	closelog();
}
