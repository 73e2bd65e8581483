/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statedir.h"

#include <string.h>

#include "core/memory.h"
#include "core/state_text.h"
#include "core/store.h"
#include "log.h"
#include "source/deadline.h"

struct statedir {
	struct store *store;          /* NULL: nothing is kept */
	struct store_entry *standing; /* locked; NULL: it cannot be */
	uint64_t written;             /* hash of what stands in it; 0: not known */
	bool has_failed;              /* the last time; it is logged once */
	size_t next;                  /* where saving goes on */
	struct logger *logger;
};

static bool read_standing(
	struct statedir *statedir, struct fleet *fleet, struct failure *why)
{
	struct bytes text;
	bool exists;
	struct standing *standing;
	if (!store_read(statedir->standing, STANDING_MAX_BYTES, &text, &exists, why))
		return false;
	if (!exists)
		return true;
	if (!standing_parse(fleet, text, &standing, why))
		return false;
	talloc_free(fleet->before);
	fleet->before = standing;
	fleet->next_sequence = standing->next_sequence;
	fleet->next_appl_index = standing->next_appl_index;
	return true;
}

bool statedir_open(void *parent, const char *directory, struct fleet *fleet,
	struct logger *logger, struct statedir **ret, struct failure *why)
{
	struct statedir *statedir = memory_new(parent, struct statedir);
	struct failure trouble;
	statedir->logger = logger;
	*ret = statedir;
	fleet->is_forgetful = true;
	if (directory == NULL)
		return true;
	if (!store_open(statedir, directory, &statedir->store, why))
		return false;
	bool is_locked = store_lock(statedir, statedir->store, "imc-agentd", "standing",
		0, &statedir->standing, &trouble);
	if (!is_locked && trouble.kind == FAIL_TIMEOUT)
		return fail(why, FAIL_USAGE,
			"another imc-agentd already runs with state directory %s",
			directory);
	if (is_locked && read_standing(statedir, fleet, &trouble))
		fleet->is_forgetful = false;
	else
		log_warn(logger,
			"what was told before is not known, and will be told again: %s",
			trouble.text);
	if (!is_locked)
		statedir->standing = NULL;
	return true;
}

/* --- state files --- */

static bool read_state(
	struct store_entry *entry, struct server *server, struct failure *why)
{
	struct bytes text;
	bool exists;
	struct state *state;
	if (!store_read(entry, STATE_MAX_BYTES, &text, &exists, why))
		return false;
	if (!exists)
		return true;
	if (!state_parse(entry, store_path(entry), server->state_name, text, &state, why))
		return false;
	server->state = state_format(server, server->state_name, state);
	return true;
}

bool statedir_load(struct statedir *statedir, struct server *server)
{
	struct failure why;
	struct store_entry *entry;
	if (statedir->store == NULL)
		return true;
	server->keeps_state = true;
	if (!store_lock(NULL, statedir->store, server->state_name, "state", 0, &entry,
		    &why)) {
		if (why.kind == FAIL_TIMEOUT)
			return false;
		server_has_trouble(server, &why);
		return true;
	}
	server->is_unreadable = !read_state(entry, server, &why);
	if (server->is_unreadable)
		server_has_trouble(server, &why);
	talloc_free(entry);
	return true;
}

void statedir_load_again(struct statedir *statedir, struct server *server)
{
	struct failure before = *server->trouble;
	TALLOC_FREE(server->trouble);
	server->is_unreadable = false;
	if (!statedir_load(statedir, server))
		server->is_unreadable = true;
	if (server->is_unreadable && server->trouble == NULL)
		server_has_trouble(server, &before);
}

/* A check_imc that holds the file is waited for: until the next time. A file that could
 * not be read is not written over: an operator may want to see it. */
static void save_state(struct statedir *statedir, struct server *server)
{
	struct failure why;
	struct store_entry *entry;
	bool is_locked = store_lock(
		NULL, statedir->store, server->state_name, "state", 0, &entry, &why);
	if (is_locked && store_write(entry, server->state, &why))
		server_is_saved(server);
	else if (is_locked || why.kind != FAIL_TIMEOUT)
		server_has_trouble(server, &why);
	if (is_locked)
		talloc_free(entry);
}

void statedir_save_states(
	struct statedir *statedir, struct fleet *fleet, int64_t deadline_ms)
{
	if (statedir->store == NULL || !fleet->has_unsaved)
		return;
	bool is_any_left = false;
	for (size_t i = 0; i < fleet->count; i++) {
		statedir->next = (statedir->next + 1) % fleet->count;
		struct server *server = fleet->servers[statedir->next];
		if (!server->is_unsaved || server->is_unreadable)
			continue;
		save_state(statedir, server);
		is_any_left |= server->is_unsaved;
		if (deadline_passed(deadline_ms))
			return;
	}
	fleet->has_unsaved = is_any_left;
}

/* --- the standing file --- */

bool statedir_save_standing(struct statedir *statedir, const struct fleet *fleet)
{
	if (statedir->standing == NULL)
		return false;
	void *scratch = memory_required(talloc_new(NULL));
	char *text = standing_format(scratch, fleet_standing(scratch, fleet));
	uint64_t hash = bytes_hash((struct bytes){(const uint8_t *)text, strlen(text)});
	struct failure why;
	bool is_written =
		hash == statedir->written || store_write(statedir->standing, text, &why);
	if (is_written)
		statedir->written = hash;
	else if (!statedir->has_failed)
		log_warn(statedir->logger, "%s", why.text);
	statedir->has_failed = !is_written;
	talloc_free(scratch);
	return is_written;
}
