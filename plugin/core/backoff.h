/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_BACKOFF_H
#define IMC_CORE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "failure.h"

enum { BACKOFF_FIRST = 300, BACKOFF_MAX = 3600, BACKOFF_FILES = 5 };

/*
 * A poller must not lock its own account: after a refused logon nobody tries that account
 * again for 5 minutes, doubling to an hour. A changed credentials file is tried at once.
 */
struct backoff {
	unsigned failures; /* in a row */
	int64_t until;     /* no attempt before; NO_TIME: free */
	/* Identities of the credentials files that failed, the newest first. A free
	 * account has none. */
	uint64_t files[BACKOFF_FILES];
	unsigned file_count;
	bool is_unanswered; /* the newest failure; it may have been a refusal */
};

/*
 * May the account be tried now? Not with a file that failed, and when BACKOFF_FILES did,
 * with none. `why` says until when not; its kind is FAIL_DENIED, not FAIL_LOGON, since
 * nobody logged on and nothing is to be counted. An `until` more than two hours off comes
 * from a clock that was set back and counts as an hour from now.
 */
bool backoff_allows(const struct backoff *backoff, uint64_t credentials, int64_t now,
	struct failure *why);
/* Did this file fail, and was it not accepted since? */
bool backoff_holds(const struct backoff *backoff, uint64_t credentials);
/* Brings such an `until` to an hour from now, so that it ends; true where the file must
 * be written for it. */
bool backoff_mend(struct backoff *backoff, int64_t now);
/* After a refused logon, and after those that nobody answered. */
void backoff_refused(struct backoff *backoff, uint64_t credentials, int64_t now);
void backoff_unanswered(struct backoff *backoff, uint64_t credentials, int64_t now);
/* After one that worked: other files that failed rest on. */
void backoff_accepted(struct backoff *backoff, uint64_t credentials);

/* A text file with a version line and an end line; a free account's has 0 failures.
 * Refuses whatever backoff_format() does not write, or wrote when there was one file
 * only: version 1. */
bool backoff_parse(struct bytes text, struct backoff *ret, struct failure *why);
char *backoff_format(void *parent, const struct backoff *backoff);

#endif
