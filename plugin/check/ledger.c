/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ledger.h"

#include "core/account.h"
#include "core/memory.h"
#include "core/state_text.h"
#include "core/store.h"

struct ledger {
	struct store *store; /* NULL: nothing is kept, or the directory is unusable */
	struct store_entry *entry; /* NULL: the state file must not be written */
	struct state *state;
	char *server;
	bool is_kept;
	bool has_failed;
	struct failure why; /* the first one */
};

static void note(struct ledger *ledger, const struct failure *why)
{
	if (!ledger->has_failed)
		ledger->why = *why;
	ledger->has_failed = true;
}

static bool read_state(struct ledger *ledger, const char *server, struct failure *why)
{
	struct bytes text;
	bool exists;
	struct state *state;
	if (!store_read(ledger->entry, STATE_MAX_BYTES, &text, &exists, why))
		return false;
	if (!exists)
		return true;
	if (!state_parse(ledger, store_path(ledger->entry), server, text, &state, why))
		return false;
	talloc_free(ledger->state);
	ledger->state = state;
	return true;
}

struct ledger *ledger_open(
	void *parent, const char *directory, const char *server, unsigned wait_ms)
{
	struct ledger *ledger = memory_new(parent, struct ledger);
	ledger->state = state_new(ledger);
	ledger->server = memory_copy(ledger, server);
	ledger->is_kept = directory != NULL;
	if (!ledger->is_kept)
		return ledger;
	struct failure why;
	if (!store_open(ledger, directory, &ledger->store, &why)) {
		ledger->store = NULL;
		note(ledger, &why);
		return ledger;
	}
	bool is_locked = store_lock(
		ledger, ledger->store, server, "state", wait_ms, &ledger->entry, &why);
	if (is_locked && read_state(ledger, server, &why))
		return ledger;
	if (is_locked)
		talloc_free(ledger->entry);
	ledger->entry = NULL;
	note(ledger, &why);
	return ledger;
}

const struct state *ledger_state(const struct ledger *ledger)
{
	return ledger->entry != NULL ? ledger->state : NULL;
}

/* --- the account's back-off --- */

static void note_word(struct ledger *ledger, const struct account_word *word)
{
	if (word->has_trouble)
		note(ledger, &word->trouble);
}

bool ledger_allows_logon(struct ledger *ledger, const struct credentials *credentials,
	int64_t clock, struct failure *why)
{
	struct account_word word;
	account_ask(ledger->store, credentials, clock, &word);
	note_word(ledger, &word);
	if (!word.is_allowed)
		*why = word.why;
	return word.is_allowed;
}

void ledger_logon(struct ledger *ledger, const struct credentials *credentials,
	bool is_accepted, int64_t clock)
{
	struct account_word word;
	account_tell(ledger->store, credentials, is_accepted, clock, &word);
	note_word(ledger, &word);
}

/* --- afterwards --- */

void ledger_save(struct ledger *ledger, const struct evidence *evidence,
	const struct policy *policy, int64_t now)
{
	if (ledger->entry == NULL)
		return;
	struct failure why;
	struct state *after = state_after(ledger, ledger->state, evidence, policy, now);
	char *text = state_format(after, ledger->server, after);
	if (!store_write(ledger->entry, text, &why))
		note(ledger, &why);
	talloc_free(after);
}

bool ledger_is_kept(const struct ledger *ledger)
{
	return ledger->is_kept;
}

const struct failure *ledger_failure(const struct ledger *ledger)
{
	return ledger->has_failed ? &ledger->why : NULL;
}
