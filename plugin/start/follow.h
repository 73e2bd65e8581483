/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_FOLLOW_H
#define IMC_START_FOLLOW_H

#include "core/verdict.h"

/* What becomes of the service after a start call, from one verdict to the next. Plain
 * data and no clock: milliseconds of any clock that rises are arguments. */

/* A service that fails can have reported that it runs before; and it stops only after it
 * has written why, which is read a moment later. A state that is not known may be so for
 * a moment. */
enum { FOLLOW_SETTLE_MS = 10000, FOLLOW_STOPS = 2, FOLLOW_LOSSES = 3 };

struct follow {
	const struct verdict *before; /* of the evidence that it was started on */
	bool is_running, has_run;
	int64_t running_since_ms;
	int64_t ran_ms;  /* how long it was seen to run, the last time */
	unsigned stops;  /* seen so far */
	unsigned losses; /* in a row */
};

enum follow_end {
	FOLLOW_ON,           /* not yet: look again */
	FOLLOW_RUNS,         /* for so long, and is recovered */
	FOLLOW_FAILED_AGAIN, /* with a new event 4071 */
	FOLLOW_DIED,         /* after it had run */
	FOLLOW_STOPPED,      /* it never ran */
	FOLLOW_UNSETTLED,    /* it runs, but has not done so for long */
	FOLLOW_PENDING,      /* still on its way when the time was up */
	FOLLOW_LOST          /* its state, or whether 4071 came again, is not known */
};

/* What was seen: the state is that of `asked_ms`. */
struct sight {
	const struct verdict *verdict;
	int64_t asked_ms;
	bool is_fresh; /* the rest did not take long */
	bool is_last;  /* there is no time to look again, and FOLLOW_ON is no answer */
};

enum follow_end follow_look(struct follow *follow, const struct sight *sight);

#endif
