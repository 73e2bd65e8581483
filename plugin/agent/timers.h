/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TIMERS_H
#define IMC_AGENT_TIMERS_H

#include <stdbool.h>

#include "core/failure.h"
#include "heap.h"

struct tevent_context;

/*
 * Timers by CLOCK_MONOTONIC in a tevent loop: tevent's own follow the wall clock, which
 * may be stepped, and are slow where there are thousands.
 */
struct timers;

/* Lives in what it wakes; stop it before that is freed. */
struct timer {
	struct heap_item item;
	void (*fire)(void *context);
	void *context;
};

bool timers_new(void *parent, struct tevent_context *loop, struct timers **ret,
	struct failure *why);

/* Fires once, at `at_ms` (deadline.h) or soon after; moves a timer that is running. */
void timers_start(struct timers *timers, struct timer *timer, int64_t at_ms);
void timers_stop(struct timers *timers, struct timer *timer);

#endif
