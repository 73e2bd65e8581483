/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ledger.h"

#include "core/backoff.h"
#include "core/memory.h"
#include "core/state_text.h"
#include "core/store.h"

enum {
	ACCOUNT_WAIT_MS = 200, /* its lock is held for a read and a write only */
	BACKOFF_MAX_BYTES = 4096,
	PROBE_SECONDS = 60 /* so long may a probe take before another one starts */
};

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

/* One file for all spellings of an account: NT does not tell A from a in its names. */
static char *account_name(void *parent, const struct credentials *credentials)
{
	const char *domain = credentials->domain != NULL ? credentials->domain : "";
	char *name =
		memory_format(parent, "account-%s-%s", domain, credentials->username);
	for (char *at = name; *at != '\0'; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	}
	return name;
}

/* The account's file, locked until `ret_entry` is freed. NULL: there is none to be had.
 */
static struct store_entry *lock_account(
	struct ledger *ledger, const struct credentials *credentials, struct backoff *ret)
{
	struct failure why;
	struct store_entry *entry;
	struct bytes text;
	bool exists;
	*ret = (struct backoff){.until = NO_TIME};
	if (ledger->store == NULL || credentials->username == NULL)
		return NULL;
	char *name = account_name(ledger, credentials);
	bool is_locked = store_lock(
		ledger, ledger->store, name, "backoff", ACCOUNT_WAIT_MS, &entry, &why);
	talloc_free(name);
	if (!is_locked) {
		note(ledger, &why);
		return NULL;
	}
	if (!store_read(entry, BACKOFF_MAX_BYTES, &text, &exists, &why) ||
		(exists && !backoff_parse(text, ret, &why)))
		note(ledger, &why);
	return entry;
}

static void write_account(
	struct ledger *ledger, struct store_entry *entry, const struct backoff *backoff)
{
	struct failure why;
	char *text = backoff_format(entry, backoff);
	if (!store_write(entry, text, &why))
		note(ledger, &why);
}

/* After a back-off that has run out, one check probes for all: the others wait for it. */
static bool claim_probe(
	struct backoff *backoff, const struct credentials *credentials, int64_t clock)
{
	if (backoff->failures == 0 || backoff->credentials != credentials->identity)
		return false;
	backoff->until = clock + PROBE_SECONDS;
	return true;
}

bool ledger_allows_logon(struct ledger *ledger, const struct credentials *credentials,
	int64_t clock, struct failure *why)
{
	struct backoff backoff;
	struct store_entry *entry = lock_account(ledger, credentials, &backoff);
	if (entry == NULL)
		return true;
	bool must_write = backoff_mend(&backoff, clock);
	bool is_allowed = backoff_allows(&backoff, credentials->identity, clock, why);
	if (is_allowed && claim_probe(&backoff, credentials, clock))
		must_write = true;
	if (must_write)
		write_account(ledger, entry, &backoff);
	talloc_free(entry);
	return is_allowed;
}

void ledger_logon(struct ledger *ledger, const struct credentials *credentials,
	bool is_accepted, int64_t clock)
{
	struct backoff backoff;
	struct store_entry *entry = lock_account(ledger, credentials, &backoff);
	if (entry == NULL)
		return;
	bool had_failures = backoff.failures > 0;
	if (is_accepted)
		backoff_accepted(&backoff);
	else
		backoff_refused(&backoff, credentials->identity, clock);
	if (had_failures || !is_accepted)
		write_account(ledger, entry, &backoff);
	talloc_free(entry);
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
