/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule.h"

#include <stddef.h>
#include <string.h>

#include "core/bytes.h"
#include "core/memory.h"

enum {
	RETRY_MS = 5000,
	/* Of the first round: few begin at once, and many not faster than those among
	 * them that hang are told from the others. */
	FIRST_ROUND_MS = 10000,
	STEP_MIN_MS = 5,
	STEP_MAX_MS = 25,
	SECOND_MS = 1000
};

struct schedule {
	struct heap *waiting; /* by when their time comes */
	struct heap *hinted;  /* those of them that are hinted at, by when they may be */
	int64_t start_ms;
	/* When the latest hinted polls began, a ring: the oldest says when there may be
	 * one more. */
	int64_t begun_ms[SCHEDULE_HINTED];
	unsigned begun_next;
};

struct schedule *schedule_new(void *parent, int64_t start_ms)
{
	struct schedule *schedule = memory_new(parent, struct schedule);
	schedule->waiting = heap_new(schedule);
	schedule->hinted = heap_new(schedule);
	schedule->start_ms = start_ms;
	for (int i = 0; i < SCHEDULE_HINTED; i++)
		schedule->begun_ms[i] = INT64_MIN / 2;
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
	turn->item.owner = turn->hint.owner = server;
	turn->held_until_ms = INT64_MIN;
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
	heap_remove(schedule->hinted, &turn->hint);
}

void schedule_wait(struct schedule *schedule, struct turn *turn)
{
	heap_put(schedule->waiting, &turn->item, turn->next_ms);
	if (turn->is_hinted)
		heap_put(schedule->hinted, &turn->hint, turn->held_until_ms);
}

/* --- hints --- */

void schedule_hint(struct schedule *schedule, struct turn *turn)
{
	turn->is_hinted = true;
	if (turn->item.place != 0)
		heap_put(schedule->hinted, &turn->hint, turn->held_until_ms);
}

/* When all together may have one more hinted poll. */
static int64_t room_from(const struct schedule *schedule)
{
	return schedule->begun_ms[schedule->begun_next] + SECOND_MS;
}

static struct turn *turn_of_hint(struct heap_item *item)
{
	return (struct turn *)((char *)item - offsetof(struct turn, hint));
}

static struct turn *turn_of_item(struct heap_item *item)
{
	return (struct turn *)((char *)item - offsetof(struct turn, item));
}

/* The turn that a hint may begin now; NULL: none. */
static struct turn *take_hinted(struct schedule *schedule, int64_t now_ms)
{
	struct heap_item *first = heap_first(schedule->hinted);
	if (first == NULL || first->key > now_ms || room_from(schedule) > now_ms)
		return NULL;
	struct turn *turn = turn_of_hint(first);
	schedule->begun_ms[schedule->begun_next] = now_ms;
	schedule->begun_next = (schedule->begun_next + 1) % SCHEDULE_HINTED;
	turn->held_until_ms = now_ms + SCHEDULE_HOLD_MS;
	return turn;
}

/* --- whose time has come --- */

/* The plan comes first: it does not use up what hints are allowed. */
void *schedule_take(struct schedule *schedule, int64_t now_ms)
{
	struct heap_item *first = heap_first(schedule->waiting);
	bool is_due = first != NULL && first->key <= now_ms;
	struct turn *turn = is_due ? turn_of_item(first) : take_hinted(schedule, now_ms);
	if (turn == NULL)
		return NULL;
	schedule_remove(schedule, turn);
	turn->is_by_hint = !is_due;
	turn->is_hinted = false;
	return turn->item.owner;
}

int64_t schedule_wake(const struct schedule *schedule)
{
	const struct heap_item *first = heap_first(schedule->waiting);
	const struct heap_item *hinted = heap_first(schedule->hinted);
	int64_t wake = first != NULL ? first->key : INT64_MAX;
	if (hinted == NULL)
		return wake;
	int64_t room = room_from(schedule);
	int64_t allowed = hinted->key > room ? hinted->key : room;
	return allowed < wake ? allowed : wake;
}

bool schedule_ended(
	struct schedule *schedule, struct turn *turn, enum turn_end end, int64_t now_ms)
{
	if (turn->is_by_hint && end != TURN_WORKED && now_ms < turn->next_ms)
		return false;
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
	return true;
}
