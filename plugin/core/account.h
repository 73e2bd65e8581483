/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_ACCOUNT_H
#define IMC_CORE_ACCOUNT_H

#include "backoff.h"
#include "credentials.h"
#include "evidence.h"
#include "store.h"

/*
 * An account's back-off in the state directory, account-DOMAIN-USER.backoff, which all
 * who poll with that account share. It is locked for a moment only.
 */

/* What the file says, after the question or the news. */
struct account_word {
	bool is_allowed;
	struct failure why;     /* where it is not */
	struct backoff backoff; /* as it is now in the file */
	bool has_trouble;       /* the file could not be read or written */
	struct failure trouble;
};

/*
 * May the account be tried now? After a back-off that has run out one probes for all: who
 * is allowed has claimed that, and the others are refused for a minute. `store` NULL or a
 * file that cannot be read allows it: no file, no back-off.
 */
void account_ask(struct store *store, const struct credentials *credentials, int64_t now,
	struct account_word *ret);

/*
 * How a logon went. Those who start at the same moment can all be refused before the
 * first of them writes this down, but only while the account is not backed off.
 */
void account_tell(struct store *store, const struct credentials *credentials,
	bool is_accepted, int64_t now, struct account_word *ret);
/* Some were not answered, and may have been refused. */
void account_tell_unanswered(struct store *store, const struct credentials *credentials,
	int64_t now, struct account_word *ret);

/* One name for all spellings of an account: NT does not tell A from a. */
char *account_name(void *parent, const struct credentials *credentials);

/* Was the account refused or accepted? False: the logon was not reached. */
bool account_logon_result(const struct evidence *evidence, bool *ret_is_accepted);

#endif
