/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_DECIDE_H
#define IMC_START_DECIDE_H

#include "asker.h"
#include "core/target.h"
#include "core/verdict.h"

/* May the service be started? Nothing here asks anybody: settings and evidence in, a
 * ruling out. What is not known is never taken as leave to start. */

enum decision {
	DECIDE_START,
	DECIDE_WAIT,   /* and then look again */
	DECIDE_RUNS,   /* it is up: there is nothing to start */
	DECIDE_NOT,    /* a setting, or what was learned, speaks against it */
	DECIDE_UNKNOWN /* what has to be known was not learned */
};

struct ruling {
	enum decision decision;
	int64_t wait;   /* seconds, for DECIDE_WAIT */
	char text[480]; /* why, as one finished sentence without a full stop; may hold
			   what servers say: not cleaned */
};

/* Before the server is asked: DECIDE_START, or DECIDE_NOT. */
void decide_before(
	const struct target *target, const struct asker *asker, struct ruling *ret);

/* What is known afterwards. */
struct circumstances {
	const struct target *target;
	const struct verdict *verdict;
	bool allows_manual;
	bool is_fresh;        /* the evidence did not take long to be had */
	unsigned attempts;    /* since the boot of the evidence, written down here */
	int64_t attempted_at; /* the last of them, by our clock */
	int64_t now;          /* by our clock */
};

void decide(const struct circumstances *circumstances, struct ruling *ret);

#endif
