/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_RATION_H
#define IMC_AGENT_RATION_H

#include <stdbool.h>
#include <stdint.h>

/* How often one thing is said: some lines in a minute, and how many it would have been.
 * All zero at first. Times are CLOCK_MONOTONIC, in milliseconds. */
struct ration {
	int64_t since_ms;
	unsigned said, left_out;
};

/* True: it may be said. Otherwise it is counted. */
bool ration_take(struct ration *ration, unsigned limit, int64_t now_ms);
/* How many were not said in a minute that is over; once. */
unsigned ration_settle(struct ration *ration, int64_t now_ms);

#endif
