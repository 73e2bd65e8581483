/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_LEDGER_H
#define IMC_CHECK_LEDGER_H

#include "core/credentials.h"
#include "core/evidence.h"
#include "core/policy.h"
#include "core/state.h"

/*
 * What a check keeps from one run to the next, in the state directory: SERVER.state, held
 * under its lock as long as the ledger lives, and account-DOMAIN-USER.backoff, locked for
 * a moment only. Nothing here ends a check: what could not be read or written is told by
 * ledger_failure(), and judged.
 */
struct ledger;

/* `directory` NULL: nothing is kept, and nothing fails. Waits at most `wait_ms` for
 * another check of the same server. A state file that cannot be read is left as it is. */
struct ledger *ledger_open(
	void *parent, const char *directory, const char *server, unsigned wait_ms);

/* What is remembered (an empty state at first); NULL where nothing can be kept. */
const struct state *ledger_state(const struct ledger *ledger);

/* May the account be tried now? `why` says until when not. A back-off file that cannot be
 * read allows it, and is told as a failure: no file, no back-off. */
bool ledger_allows_logon(struct ledger *ledger, const struct credentials *credentials,
	int64_t clock, struct failure *why);
/*
 * How a logon went. Checks of one account that start at the same moment can all be
 * refused before the first of them writes this down, but only while the account is not
 * backed off: after a back-off one check probes for all.
 */
void ledger_logon(struct ledger *ledger, const struct credentials *credentials,
	bool is_accepted, int64_t clock);

/* Remembers this evidence, which was joined with what was remembered before. */
void ledger_save(struct ledger *ledger, const struct evidence *evidence,
	const struct policy *policy, int64_t now);

bool ledger_is_kept(const struct ledger *ledger); /* is there a state directory? */
const struct failure *ledger_failure(const struct ledger *ledger); /* NULL: all is well */

#endif
