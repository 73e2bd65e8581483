/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "logons.h"

#include <string.h>

#include "core/memory.h"

enum {
	/* So long is an answer waited for before the next logon goes. */
	PATIENCE_MS = 1000,
	PATIENCE_UNPROVEN_MS = 3000,
	/* Where others had to wait that long, and few in a row were silent. */
	CROWDED_MS = 1000,
	PATIENCE_CROWDED_MS = 250,
	/* Logons in a row that were not answered, until the account rests. */
	SILENT_MAX = 3,
	/* More than that of a proven account are sent before they are given up: when one
	 * of these is accepted, the others were sent to servers that hang. */
	OPEN_MAX = 5,
	PATIENCE_STALLED_MS = 1250,
	/* Suspects wait for an acceptance then, rather than be those that make it rest.
	 */
	OPEN_MAX_OF_SUSPECTS = 2,
	PATIENCE_SUSPECTS_MS = 60000,
	PROBE_SECONDS = 60 /* so long may one probe for all after a back-off */
};

/* A queue of logons, the oldest first. */
struct line {
	struct logon *first, *last;
	size_t count;
};

struct account {
	struct account *next;
	struct heap_item wake;
	char *key;
	struct credentials *name; /* no password; the file's identity as last used */
	struct backoff backoff;
	/* A logon was accepted since the credentials file changed, or was refused. */
	bool is_proven;
	unsigned unanswered;      /* that ended so, in a row */
	uint64_t sent;            /* logons, ever */
	int64_t sent_ms;          /* the newest of them */
	uint64_t settled;         /* no matter whether those until this are answered */
	uint64_t sent_at_refusal; /* until the newest refusal that was counted */
	struct line waiting[TRUSTS];
	struct line in_air;
};

struct logons {
	const struct logons_hooks *hooks;
	void *context;
	struct account *accounts;
	struct heap *wakes;
};

struct logons *logons_new(void *parent, const struct logons_hooks *hooks, void *context)
{
	struct logons *logons = memory_new(parent, struct logons);
	logons->hooks = hooks;
	logons->context = context;
	logons->wakes = heap_new(logons);
	return logons;
}

/* --- lines --- */

static void append(struct line *line, struct logon *logon)
{
	logon->next = NULL;
	logon->previous = line->last;
	if (line->last != NULL)
		line->last->next = logon;
	else
		line->first = logon;
	line->last = logon;
	line->count++;
}

static void take_out(struct line *line, struct logon *logon)
{
	if (logon->previous != NULL)
		logon->previous->next = logon->next;
	else
		line->first = logon->next;
	if (logon->next != NULL)
		logon->next->previous = logon->previous;
	else
		line->last = logon->previous;
	line->count--;
}

static struct line *line_of(struct logon *logon)
{
	return logon->step == LOGON_IN_AIR ? &logon->account->in_air
					   : &logon->account->waiting[logon->trust];
}

static void leave(struct logon *logon)
{
	if (logon->step != LOGON_IDLE)
		take_out(line_of(logon), logon);
	logon->step = LOGON_IDLE;
}

static struct logon *first_waiting(const struct account *account)
{
	for (enum trust trust = 0; trust < TRUSTS; trust++) {
		if (account->waiting[trust].first != NULL)
			return account->waiting[trust].first;
	}
	return NULL;
}

/* --- accounts --- */

struct account *logons_account(struct logons *logons, const struct credentials *name)
{
	char *key = account_name(NULL, name);
	struct account *account = logons->accounts;
	while (account != NULL && strcmp(account->key, key) != 0)
		account = account->next;
	if (account == NULL) {
		account = memory_new(logons, struct account);
		account->key = memory_copy(account, key);
		account->name = memory_new(account, struct credentials);
		account->name->username = memory_copy(account, name->username);
		account->name->domain =
			name->domain != NULL ? memory_copy(account, name->domain) : NULL;
		account->name->identity = name->identity;
		account->backoff.until = NO_TIME;
		account->wake.owner = account;
		account->next = logons->accounts;
		logons->accounts = account;
	}
	talloc_free(key);
	return account;
}

bool logons_allow(
	struct account *account, uint64_t identity, int64_t now, struct failure *why)
{
	backoff_mend(&account->backoff, now);
	return backoff_allows(&account->backoff, identity, now, why);
}

int64_t logons_rests_until(const struct account *account, uint64_t identity, int64_t now)
{
	return backoff_allows(&account->backoff, identity, now, NULL)
		? NO_TIME
		: account->backoff.until;
}

/* What is known here holds even where it could not be written to the file. */
static void learn(struct backoff *known, const struct backoff *word)
{
	if (word->until == NO_TIME ||
		(known->until != NO_TIME && known->until > word->until))
		return;
	unsigned failures = known->failures;
	*known = *word;
	known->failures = failures > word->failures ? failures : word->failures;
}

/* Whatever comes of those that were sent until now. */
static void settle(struct account *account)
{
	account->unanswered = 0;
	account->settled = account->sent;
}

/* By what is known here, and by the file, which others may have written. Whoever is
 * allowed after a back-off probes for all. */
static bool ask(struct logons *logons, struct account *account, uint64_t identity,
	int64_t now, struct failure *why)
{
	struct account_word word;
	struct backoff *backoff = &account->backoff;
	if (!logons_allow(account, identity, now, why))
		return false;
	account->name->identity = identity;
	bool has_file = logons->hooks->ask(logons->context, account->name, now, &word);
	if (has_file && !(word.is_allowed && word.has_trouble))
		learn(backoff, &word.backoff);
	if (has_file && !word.is_allowed) {
		settle(account);
		*why = word.why;
		return false;
	}
	if (backoff_holds(backoff, identity) && backoff->until <= now)
		backoff->until = now + PROBE_SECONDS;
	return true;
}

/* --- decisions --- */

/* Logons that are not answered, and could all have been refused. */
static unsigned count_open(const struct account *account)
{
	unsigned count = account->unanswered;
	for (const struct logon *at = account->in_air.last;
		at != NULL && at->number > account->settled; at = at->previous)
		count++;
	return count;
}

static int64_t patience_of(const struct account *account, unsigned open, int64_t now_ms)
{
	const struct logon *first = first_waiting(account);
	if (!account->is_proven)
		return PATIENCE_UNPROVEN_MS;
	if (open >= SILENT_MAX)
		return PATIENCE_STALLED_MS;
	bool is_crowded = now_ms - first->since_ms >= CROWDED_MS;
	return is_crowded ? PATIENCE_CROWDED_MS : PATIENCE_MS;
}

/* While it rests, a changed credentials file has one try. */
static bool is_on_trial(const struct account *account, int64_t now)
{
	return !account->is_proven && account->backoff.until != NO_TIME &&
		account->backoff.until > now;
}

static unsigned open_max(const struct account *account, int64_t now)
{
	if (account->is_proven)
		return OPEN_MAX;
	return is_on_trial(account, now) ? 1 : SILENT_MAX;
}

/* When the next logon may go if nothing is answered; INT64_MAX: then never. */
static int64_t next_start(const struct account *account, int64_t now_ms, int64_t now)
{
	const struct logon *first = first_waiting(account);
	unsigned open = count_open(account);
	if (first == NULL)
		return INT64_MAX;
	if (!backoff_allows(&account->backoff, first->identity, now, NULL))
		return now_ms; /* to be told so */
	if (open >= open_max(account, now))
		return INT64_MAX;
	if (account->is_proven && open >= OPEN_MAX_OF_SUSPECTS &&
		first->trust == TRUST_SUSPECT)
		return account->sent_ms + PATIENCE_SUSPECTS_MS;
	if (account->in_air.count == 0)
		return now_ms;
	int64_t start =
		account->in_air.last->since_ms + patience_of(account, open, now_ms);
	/* it may become crowded before that */
	int64_t crowded = first->since_ms + CROWDED_MS;
	return start > now_ms && crowded > now_ms && crowded < start ? crowded : start;
}

static void decide(
	struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now)
{
	struct failure why;
	struct account *account = logon->account;
	bool is_other_file = account->name->identity != logon->identity;
	leave(logon);
	if (!ask(logons, account, logon->identity, now, &why)) {
		logons->hooks->decide(logons->context, logon, false, &why);
		return;
	}
	if (is_other_file)
		account->is_proven = false;
	logon->since_ms = now_ms;
	logon->step = LOGON_IN_AIR;
	append(&account->in_air, logon);
	account->sent_ms = now_ms;
	logon->number = ++account->sent;
	logons->hooks->decide(logons->context, logon, true, NULL);
}

static void step(
	struct logons *logons, struct account *account, int64_t now_ms, int64_t now)
{
	int64_t start;
	while ((start = next_start(account, now_ms, now)) <= now_ms)
		decide(logons, first_waiting(account), now_ms, now);
	if (start == INT64_MAX)
		heap_remove(logons->wakes, &account->wake);
	else
		heap_put(logons->wakes, &account->wake, start);
}

void logons_request(
	struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now)
{
	leave(logon);
	logon->step = LOGON_WAITS;
	logon->since_ms = now_ms;
	append(line_of(logon), logon);
	step(logons, logon->account, now_ms, now);
}

static void tell(struct logons *logons, struct account *account, enum logon_news news,
	uint64_t identity, int64_t now)
{
	struct account_word word;
	account->name->identity = identity;
	bool has_file =
		logons->hooks->tell(logons->context, account->name, news, now, &word);
	if (news == NEWS_ACCEPTED)
		backoff_accepted(&account->backoff, identity);
	else if (news == NEWS_REFUSED)
		backoff_refused(&account->backoff, identity, now);
	else
		backoff_unanswered(&account->backoff, identity, now);
	if (has_file)
		learn(&account->backoff, &word.backoff);
	logons->hooks->changed(logons->context, account->name, news, &account->backoff);
}

void logons_accepted(
	struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now)
{
	struct account *account = logon->account;
	if (logon->step != LOGON_IN_AIR)
		return;
	leave(logon);
	account->unanswered = 0;
	if (account->settled < logon->number)
		account->settled = logon->number;
	for (struct logon *at = account->in_air.first; at != NULL; at = at->next) {
		if (at->number < logon->number)
			logons->hooks->outrun(logons->context, at);
	}
	/* sent before a refusal, it says nothing of what came after */
	if (logon->number > account->sent_at_refusal) {
		bool is_news = !account->is_proven ||
			backoff_holds(&account->backoff, logon->identity);
		account->is_proven = true;
		if (is_news && account->backoff.failures > 0)
			tell(logons, account, NEWS_ACCEPTED, logon->identity, now);
	}
	step(logons, account, now_ms, now);
}

static void rest(struct logons *logons, struct account *account, enum logon_news news,
	uint64_t identity, int64_t now)
{
	account->is_proven = false;
	settle(account);
	tell(logons, account, news, identity, now);
}

/* Those that were in the air with one that was refused are refused for the same reason,
 * and count as one. */
void logons_refused(
	struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now)
{
	struct account *account = logon->account;
	bool is_counted = logon->number != 0 && logon->number <= account->sent_at_refusal;
	leave(logon);
	if (!is_counted) {
		account->sent_at_refusal = account->sent;
		rest(logons, account, NEWS_REFUSED, logon->identity, now);
	}
	step(logons, account, now_ms, now);
}

/* One that was sent alone, to find out, was enough. */
static void count_unanswered(struct logons *logons, struct logon *logon, int64_t now)
{
	struct account *account = logon->account;
	if (logon->number <= account->settled)
		return;
	account->unanswered++;
	if (account->unanswered >= SILENT_MAX || is_on_trial(account, now) ||
		backoff_holds(&account->backoff, logon->identity))
		rest(logons, account, NEWS_UNANSWERED, logon->identity, now);
}

void logons_end(struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now)
{
	bool was_in_air = logon->step == LOGON_IN_AIR;
	if (logon->step == LOGON_IDLE)
		return;
	leave(logon);
	if (was_in_air)
		count_unanswered(logons, logon, now);
	step(logons, logon->account, now_ms, now);
}

int64_t logons_wake(const struct logons *logons)
{
	const struct heap_item *first = heap_first(logons->wakes);
	return first != NULL ? first->key : INT64_MAX;
}

void logons_step(struct logons *logons, int64_t now_ms, int64_t now)
{
	struct heap_item *first;
	while ((first = heap_first(logons->wakes)) != NULL && first->key <= now_ms)
		step(logons, first->owner, now_ms, now);
}
