/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hearsay.h"

#include <string.h>

#include "judge.h"
#include "memory.h"

/* One event can come as two traps, of two translators (KB Q298818); no machine fails,
 * boots and fails again that fast. */
enum { SAME_EVENT = 10 };

static void drop_oldest(struct hearsay *hearsay)
{
	hearsay->count--;
	memmove(&hearsay->events[0], &hearsay->events[1],
		hearsay->count * sizeof(hearsay->events[0]));
}

static bool is_repeat(const struct hearsay *hearsay, int64_t now)
{
	if (hearsay->count == 0)
		return false;
	int64_t newest = hearsay->events[hearsay->count - 1].heard_at;
	return newest <= now && now - newest <= SAME_EVENT;
}

bool hearsay_add(struct hearsay *hearsay, uint32_t id, int64_t now)
{
	if ((id & 0xFFFF) != EVENT_NO_ADMIN_MAILBOX || is_repeat(hearsay, now))
		return false;
	if (hearsay->count == HEARSAY_MAX)
		drop_oldest(hearsay);
	hearsay->events[hearsay->count++] = (struct hearsay_event){id, now};
	return true;
}

/* What was heard in the future came before the clock was set back: it is not known when,
 * and counts from now. */
static void expire(struct hearsay *hearsay, int64_t booted_at, int64_t now)
{
	size_t kept = 0;
	for (size_t i = 0; i < hearsay->count; i++) {
		struct hearsay_event event = hearsay->events[i];
		if (event.heard_at > now)
			event.heard_at = now;
		if (now - event.heard_at > HEARSAY_LASTS ||
			(booted_at != NO_TIME && event.heard_at < booted_at))
			continue;
		hearsay->events[kept++] = event;
	}
	hearsay->count = kept;
}

void hearsay_outdate(struct hearsay *hearsay, const struct verdict *verdict, int64_t now)
{
	const struct evidence *evidence = verdict->evidence;
	int64_t booted_at = verdict->boot_time;
	if (evidence_has(evidence, PART_APPLICATION) || evidence->told != NULL)
		hearsay->count = 0;
	if (booted_at != NO_TIME)
		booted_at -= evidence->clock_skew;
	expire(hearsay, booted_at, now);
}

/* --- the verdict with it --- */

static int64_t newest_until(const struct log *log, int64_t moment)
{
	int64_t newest = INT64_MIN;
	for (size_t i = 0; i < log->event_count; i++) {
		int64_t time = log->events[i].time;
		if (time <= moment && time > newest)
			newest = time;
	}
	return newest;
}

static void add_heard(struct evidence *evidence, struct log *log,
	const struct hearsay *hearsay, int64_t now)
{
	int64_t newest = newest_until(log, now + evidence->clock_skew);
	for (size_t i = 0; i < hearsay->count; i++) {
		int64_t time = hearsay->events[i].heard_at + evidence->clock_skew;
		struct event event = {
			.origin = FROM_IMC,
			.generation = log->generation,
			.time = time > newest ? time : newest,
			.id = hearsay->events[i].id,
		};
		log_add_event(evidence, log, &event);
	}
}

/* The evidence as if its log held what was heard, after what is remembered of it and not
 * older than that, whatever the clocks were set to. Record numbers begin at 1: 0 is of no
 * record. The events belong to the copy. */
static struct evidence *with_hearsay(void *parent, const struct evidence *evidence,
	const struct hearsay *hearsay, int64_t now)
{
	struct evidence *copy = memory_new(parent, struct evidence);
	*copy = *evidence;
	copy->has_hearsay = true;
	const struct log *before = &evidence->logs[LOG_APPLICATION];
	struct log *log = &copy->logs[LOG_APPLICATION];
	log->events = NULL;
	log->event_count = 0;
	for (size_t i = 0; i < before->event_count; i++)
		log_add_event(copy, log, &before->events[i]);
	add_heard(copy, log, hearsay, now);
	return copy;
}

static bool has_same_findings(const struct verdict *a, const struct verdict *b)
{
	bool is_same = a->state_key == b->state_key &&
		a->status_without_maintenance == b->status_without_maintenance;
	for (enum key key = 0; is_same && key < KEYS; key++)
		is_same = key == KEY_TOLD_BY_TRAP || a->keys[key] == b->keys[key];
	return is_same;
}

/* Where a log told of the condition itself, hearsay takes nothing of that away. */
static bool is_worth_telling(const struct verdict *with, const struct verdict *without)
{
	bool is_counted = with->last_4071 != NO_TIME && with->last_4071_record == 0;
	bool is_better = status_worst(without->status_without_maintenance,
				 with->status_without_maintenance) !=
		with->status_without_maintenance;
	bool is_less = without->condition == CONDITION_ACTIVE &&
		with->condition != CONDITION_ACTIVE;
	return is_counted && !is_better && !is_less && !has_same_findings(with, without);
}

/* What is counted and listed is what logs hold. */
static void take_logged(struct verdict *verdict, struct verdict *without)
{
	verdict->condition_by_log = without->condition_by_log;
	verdict->history = talloc_steal(verdict, without->history);
	verdict->events_4071 = without->events_4071;
	verdict->first_4071 = without->first_4071;
	verdict->last_4071 = without->last_4071;
	verdict->last_4071_record = without->last_4071_record;
}

struct verdict *hearsay_judge(
	void *parent, const struct hearsay *hearsay, struct verdict *without, int64_t now)
{
	const struct evidence *evidence = without->evidence;
	if (hearsay->count == 0 || evidence->told != NULL)
		return without;
	struct evidence *more = with_hearsay(parent, evidence, hearsay, now);
	struct verdict *with = judge(parent, more, without->policy, now);
	if (!is_worth_telling(with, without)) {
		talloc_free(with);
		talloc_free(more);
		return without;
	}
	take_logged(with, without);
	talloc_free(without);
	return with;
}
