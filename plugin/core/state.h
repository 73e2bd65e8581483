/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_STATE_H
#define IMC_CORE_STATE_H

#include "evidence.h"
#include "policy.h"

/* What is remembered of a server from one run to the next (as text: state_text.h). */
struct state {
	uint64_t watched; /* watch_hash() of what the logs were read for */
	struct log logs[LOGS];
	bool has_state;
	enum service_state service_state;  /* as last seen */
	int64_t service_state_since;       /* by ours: the server's may be set */
	int64_t clock_skew, clock_read_at; /* NO_TIME: never */
};

/* Of one log, at most: the text of both logs is to fit into a file (STATE_MAX_BYTES),
 * also where each event has the longest strings. */
enum { STATE_MAX_EVENTS = 32768 };

/* Nothing remembered yet. */
struct state *state_new(void *parent);

/* May a reading that needs records back to `cutoff` stop at the log's bookmark? */
bool state_covers(
	const struct state *state, enum log_kind kind, int64_t cutoff, bool needs_boot);

/* Joins what is remembered into fresh evidence, before it is judged. `now` by our clock.
 */
void state_recall(const struct state *state, struct evidence *evidence, int64_t now);

/* What is to be remembered after this evidence (which was joined with the state before).
 */
struct state *state_after(void *parent, const struct state *before,
	const struct evidence *evidence, const struct policy *policy, int64_t now);

#endif
