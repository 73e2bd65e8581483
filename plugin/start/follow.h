/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_FOLLOW_H
#define IMC_START_FOLLOW_H

#include "core/verdict.h"

/* What becomes of the service after a start call, from one verdict to the next. Plain
 * data and no clock: milliseconds of any clock that rises are arguments. */

/* A service that fails in here can have reported that it runs before; and it stops only
 * after it has written why, which is read a moment later. */
enum { FOLLOW_SETTLE_MS = 10000, FOLLOW_STOPS = 2 };

struct follow {
	const struct verdict *before; /* of the evidence that it was started on */
	bool is_running, has_run;
	int64_t running_since_ms;
	int64_t ran_ms; /* how long it was seen to run, the last time */
	unsigned stops; /* seen in a row */
};

enum follow_end {
	FOLLOW_ON,           /* not yet: look again */
	FOLLOW_RUNS,         /* and is recovered */
	FOLLOW_FAILED_AGAIN, /* with a new event 4071 */
	FOLLOW_DIED,         /* after it had run */
	FOLLOW_STOPPED,      /* it never ran */
	FOLLOW_PENDING,      /* still on its way when the time was up */
	FOLLOW_LOST          /* its state, or whether 4071 came again, is not known */
};

/* `is_last`: there is no time to look again, and FOLLOW_ON is no answer. */
enum follow_end follow_look(struct follow *follow, const struct verdict *verdict,
	int64_t now_ms, bool is_last);

#endif
