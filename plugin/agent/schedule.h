/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_SCHEDULE_H
#define IMC_AGENT_SCHEDULE_H

#include <stdbool.h>

#include "heap.h"

/*
 * Who is polled when. Each server has a place in its interval, from its name, so that
 * many are spread evenly and the same way after each start: planned times are exactly
 * start + place + n intervals. Times are milliseconds; the schedule reads no clock.
 *
 * Beside its plan a server is polled where a hint asks for that, and nothing of the plan
 * changes by it: not sooner than SCHEDULE_HOLD_MS after the last such poll of the same
 * server, and not more than SCHEDULE_HINTED of all servers in a second. A hint is kept
 * until a poll begins, whatever that was begun for.
 */
struct schedule;

enum { SCHEDULE_HOLD_MS = 3000, SCHEDULE_HINTED = 20 };

/* Of one server: lives in what stands for it, all zero at first. */
struct turn {
	struct heap_item item; /* `owner` is the server; it is in while it waits */
	struct heap_item hint; /* the same; in while it waits and is hinted at */
	int64_t next_ms;       /* when it is polled next by plan */
	int64_t held_until_ms; /* no hint begins a poll before */
	bool is_hinted;        /* since its newest poll began */
	bool is_by_hint;       /* that poll was begun by one */
	int64_t place_ms, interval_ms;
	unsigned retries, failures;
};

enum turn_end { TURN_WORKED, TURN_FAILED, TURN_NOT_MADE };

struct schedule *schedule_new(void *parent, int64_t start_ms);

/* A server that is new; schedule_soon() follows. `interval`: seconds; `retries`: quick
 * polls after one that failed. */
void schedule_add(struct turn *turn, void *server, const char *name, int64_t interval,
	unsigned retries);
/* One poll does not wait for its place: the first one, or the first of another
 * configuration. It is number `rank`, from 0, of `count`, which do not all begin at once.
 */
void schedule_soon(struct schedule *schedule, struct turn *turn, size_t rank,
	size_t count, int64_t now_ms);
/* A server that stays: only a new interval gives it a new time. */
void schedule_change(struct schedule *schedule, struct turn *turn, const char *name,
	int64_t interval, unsigned retries, int64_t now_ms);
void schedule_remove(struct schedule *schedule, struct turn *turn);

/* It can be polled from now on, and will be when its time has come, or at once where that
 * is past. */
void schedule_wait(struct schedule *schedule, struct turn *turn);
/* The server whose time has come, which waits no longer; NULL: none. */
void *schedule_take(struct schedule *schedule, int64_t now_ms);
/* When somebody's time comes; INT64_MAX: nobody waits. */
int64_t schedule_wake(const struct schedule *schedule);
/* It is to be polled at once, or, where it is being polled, once more after that. */
void schedule_hint(struct schedule *schedule, struct turn *turn);
/* How its poll ended: says when the next one is. Times that it overran are skipped.
 * False: it counts for nothing. That is one that a hint began and that taught nothing
 * before the next one by plan is due: else traps would use up the quick repeats. */
bool schedule_ended(
	struct schedule *schedule, struct turn *turn, enum turn_end end, int64_t now_ms);

#endif
