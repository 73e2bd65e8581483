/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule.h"

#include <string.h>

#include "core/bytes.h"
#include "core/memory.h"

enum {
	RETRY_MS = 5000,
	/* Of the first round: few begin at once, and many not faster than those among
	 * them that hang are told from the others. */
	FIRST_ROUND_MS = 10000,
	STEP_MIN_MS = 5,
	STEP_MAX_MS = 25
};

struct schedule {
	struct heap *waiting;
	int64_t start_ms;
};

struct schedule *schedule_new(void *parent, int64_t start_ms)
{
	struct schedule *schedule = memory_new(parent, struct schedule);
	schedule->waiting = heap_new(schedule);
	schedule->start_ms = start_ms;
	return schedule;
}

static int64_t place_of(const char *name, int64_t interval_ms)
{
	struct bytes bytes = {(const uint8_t *)name, strlen(name)};
	return (int64_t)(bytes_hash(bytes) % (uint64_t)interval_ms);
}

/* The first planned time after `now_ms`. */
static int64_t planned_after(
	const struct schedule *schedule, const struct turn *turn, int64_t now_ms)
{
	int64_t first = schedule->start_ms + turn->place_ms;
	if (now_ms < first)
		return first -
			(first - now_ms - 1) / turn->interval_ms * turn->interval_ms;
	return first + ((now_ms - first) / turn->interval_ms + 1) * turn->interval_ms;
}

static void set_interval(
	struct turn *turn, const char *name, int64_t interval, unsigned retries)
{
	turn->interval_ms = interval * 1000;
	turn->place_ms = place_of(name, turn->interval_ms);
	turn->retries = retries;
}

void schedule_add(struct turn *turn, void *server, const char *name, int64_t interval,
	unsigned retries)
{
	turn->item.owner = server;
	turn->next_ms = INT64_MAX; /* until schedule_soon() */
	set_interval(turn, name, interval, retries);
}

void schedule_soon(struct schedule *schedule, struct turn *turn, size_t rank,
	size_t count, int64_t now_ms)
{
	int64_t step = FIRST_ROUND_MS / (int64_t)count;
	step = step < STEP_MIN_MS ? STEP_MIN_MS : step > STEP_MAX_MS ? STEP_MAX_MS : step;
	int64_t soon = now_ms + (int64_t)rank * step;
	if (soon >= turn->next_ms)
		return;
	turn->next_ms = soon;
	if (turn->item.place != 0)
		heap_put(schedule->waiting, &turn->item, soon);
}

void schedule_change(struct schedule *schedule, struct turn *turn, const char *name,
	int64_t interval, unsigned retries, int64_t now_ms)
{
	bool is_same = turn->interval_ms == interval * 1000;
	set_interval(turn, name, interval, retries);
	if (is_same)
		return;
	turn->next_ms = planned_after(schedule, turn, now_ms);
	if (turn->item.place != 0)
		heap_put(schedule->waiting, &turn->item, turn->next_ms);
}

void schedule_remove(struct schedule *schedule, struct turn *turn)
{
	heap_remove(schedule->waiting, &turn->item);
}

void schedule_wait(struct schedule *schedule, struct turn *turn)
{
	heap_put(schedule->waiting, &turn->item, turn->next_ms);
}

void *schedule_take(struct schedule *schedule, int64_t now_ms)
{
	struct heap_item *first = heap_first(schedule->waiting);
	if (first == NULL || first->key > now_ms)
		return NULL;
	heap_remove(schedule->waiting, first);
	return first->owner;
}

int64_t schedule_wake(const struct schedule *schedule)
{
	const struct heap_item *first = heap_first(schedule->waiting);
	return first != NULL ? first->key : INT64_MAX;
}

void schedule_ended(
	struct schedule *schedule, struct turn *turn, enum turn_end end, int64_t now_ms)
{
	turn->next_ms = planned_after(schedule, turn, now_ms);
	switch (end) {
	case TURN_WORKED:
		turn->failures = 0;
		break;
	case TURN_FAILED:
		if (turn->failures < turn->retries && now_ms + RETRY_MS < turn->next_ms)
			turn->next_ms = now_ms + RETRY_MS;
		turn->failures += turn->failures <= turn->retries;
		break;
	case TURN_NOT_MADE:
		break;
	}
}
