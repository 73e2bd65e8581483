/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "account.h"

#include "memory.h"

enum {
	LOCK_WAIT_MS = 200, /* the lock is held for a read and a write only */
	FILE_MAX_BYTES = 4096,
	PROBE_SECONDS = 60 /* so long may a probe take before another one starts */
};

char *account_name(void *parent, const struct credentials *credentials)
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

static void note(struct account_word *word, const struct failure *why)
{
	if (!word->has_trouble)
		word->trouble = *why;
	word->has_trouble = true;
}

/* The account's file, locked until it is freed. NULL: there is none to be had. */
static struct store_entry *lock(struct store *store,
	const struct credentials *credentials, struct account_word *word)
{
	struct failure why;
	struct store_entry *entry;
	struct bytes text;
	bool exists;
	*word = (struct account_word){.is_allowed = true, .backoff = {.until = NO_TIME}};
	if (store == NULL || credentials->username == NULL)
		return NULL;
	char *name = account_name(NULL, credentials);
	bool is_locked =
		store_lock(NULL, store, name, "backoff", LOCK_WAIT_MS, &entry, &why);
	talloc_free(name);
	if (!is_locked) {
		note(word, &why);
		return NULL;
	}
	if (!store_read(entry, FILE_MAX_BYTES, &text, &exists, &why) ||
		(exists && !backoff_parse(text, &word->backoff, &why)))
		note(word, &why);
	return entry;
}

static void write_file(struct store_entry *entry, struct account_word *word)
{
	struct failure why;
	char *text = backoff_format(entry, &word->backoff);
	if (!store_write(entry, text, &why))
		note(word, &why);
}

/* After a back-off that has run out, one check probes for all: the others wait for it. */
static bool claim_probe(
	struct backoff *backoff, const struct credentials *credentials, int64_t now)
{
	if (!backoff_holds(backoff, credentials->identity))
		return false;
	backoff->until = now + PROBE_SECONDS;
	return true;
}

void account_ask(struct store *store, const struct credentials *credentials, int64_t now,
	struct account_word *ret)
{
	struct store_entry *entry = lock(store, credentials, ret);
	if (entry == NULL)
		return;
	bool must_write = backoff_mend(&ret->backoff, now);
	ret->is_allowed =
		backoff_allows(&ret->backoff, credentials->identity, now, &ret->why);
	if (ret->is_allowed && claim_probe(&ret->backoff, credentials, now))
		must_write = true;
	if (must_write)
		write_file(entry, ret);
	talloc_free(entry);
}

void account_tell(struct store *store, const struct credentials *credentials,
	bool is_accepted, int64_t now, struct account_word *ret)
{
	struct store_entry *entry = lock(store, credentials, ret);
	if (entry == NULL)
		return;
	bool is_news =
		!is_accepted || backoff_holds(&ret->backoff, credentials->identity);
	if (is_accepted)
		backoff_accepted(&ret->backoff, credentials->identity);
	else
		backoff_refused(&ret->backoff, credentials->identity, now);
	if (is_news)
		write_file(entry, ret);
	talloc_free(entry);
}

void account_tell_unanswered(struct store *store, const struct credentials *credentials,
	int64_t now, struct account_word *ret)
{
	struct store_entry *entry = lock(store, credentials, ret);
	if (entry == NULL)
		return;
	backoff_unanswered(&ret->backoff, credentials->identity, now);
	write_file(entry, ret);
	talloc_free(entry);
}

bool account_logon_result(const struct evidence *evidence, bool *ret_is_accepted)
{
	bool is_reached = false;
	for (size_t i = 0; i < SERVER_PARTS; i++) {
		const struct part_report *part = &evidence->parts[server_parts[i]];
		if (part->knowledge == NOT_LEARNED && part->why.kind == FAIL_LOGON) {
			*ret_is_accepted = false;
			return true;
		}
		is_reached |= part->knowledge == LEARNED ||
			(part->knowledge == NOT_LEARNED &&
				part->why.stage > STAGE_LOGON &&
				part->why.stage < STAGE_FILE);
	}
	*ret_is_accepted = true;
	return is_reached;
}
