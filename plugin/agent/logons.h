/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_LOGONS_H
#define IMC_AGENT_LOGONS_H

#include "core/account.h"
#include "heap.h"
#include "trust.h"

/*
 * Who may log on now. Servers count the logons that they refuse, and lock an account
 * after a few: so an account has one logon in the air at a time, and after a refusal it
 * rests. A logon that nobody answered may have been refused: after a few of them in a row
 * it rests, too, but where one that was sent later is accepted, it is the server that
 * hangs. Reads no clock: `now_ms` is CLOCK_MONOTONIC, `now` this machine's clock in
 * seconds.
 */
struct logons;
struct account; /* all its spellings are one */

/* One poll's logon: lives in the poll, all zero at first. */
struct logon {
	struct account *account;
	void *owner;
	struct logon *previous, *next;
	enum { LOGON_IDLE, LOGON_WAITS, LOGON_IN_AIR } step;
	enum trust trust;  /* of the server */
	uint64_t identity; /* of the credentials file */
	int64_t since_ms;  /* it waits, or is in the air */
	uint64_t number;   /* of all that were sent for the account */
};

/* What is learned of an account. */
enum logon_news { NEWS_ACCEPTED, NEWS_REFUSED, NEWS_UNANSWERED };

struct logons_hooks {
	/* The file that is shared with others (core/account.h). False: there is none. */
	bool (*ask)(void *context, const struct credentials *name, int64_t now,
		struct account_word *ret);
	bool (*tell)(void *context, const struct credentials *name, enum logon_news news,
		int64_t now, struct account_word *ret);
	/* The answer to logons_request(). */
	void (*decide)(void *context, struct logon *logon, bool is_granted,
		const struct failure *why);
	/* One that was sent later was accepted: it is its server that hangs. */
	void (*outrun)(void *context, struct logon *logon);
	/* It rests from now on; or it did, and is accepted again. */
	void (*changed)(void *context, const struct credentials *name,
		enum logon_news news, const struct backoff *backoff);
};

struct logons *logons_new(void *parent, const struct logons_hooks *hooks, void *context);

/* By user, domain and file identity of `name`, which need not have a password. */
struct account *logons_account(struct logons *logons, const struct credentials *name);

/* May a poll of the account begin? False: it rests; `why` says until when. */
bool logons_allow(
	struct account *account, uint64_t identity, int64_t now, struct failure *why);
/* Until when it rests; NO_TIME: it does not. */
int64_t logons_rests_until(const struct account *account, uint64_t identity, int64_t now);

/* The server is ready for the logon: decide() comes, maybe at once. */
void logons_request(
	struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now);
void logons_accepted(
	struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now);
void logons_refused(
	struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now);
/* Its poll is over, whether or not it waited or was answered. One that is in the air then
 * was not. */
void logons_end(struct logons *logons, struct logon *logon, int64_t now_ms, int64_t now);

/* When logons_step() has something to do; INT64_MAX: never. */
int64_t logons_wake(const struct logons *logons);
void logons_step(struct logons *logons, int64_t now_ms, int64_t now);

#endif
