/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evt_walk.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/record.h"
#include "deadline.h"

/* A record of a file without an end: numbers are all that tells newer from older. */
struct orphan {
	uint32_t number, offset, length;
};

struct evt_walk {
	struct evt_layout *layout;
	unsigned damage_to_tell;
	size_t position; /* the next record ends here */
	uint32_t next;   /* number of the record taken last; at first the one to come */
	bool has_taken;
	bool is_after_damage; /* a gap in the numbers is explained */
	struct orphan *orphans;
	size_t orphan_count;
};

static int newest_first(const void *a, const void *b)
{
	const struct orphan *x = a, *y = b;
	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Whole records by their own account and by that of the copy of their length. */
static bool record_at(struct bytes file, size_t offset, struct bytes *ret)
{
	struct bytes rest = {NULL, 0};
	bytes_slice(file, offset, file.length - offset, &rest);
	uint32_t length = record_length(rest);
	return length > 0 && bytes_slice(rest, 0, length, ret) &&
		record_length_before(*ret) == length;
}

static void gather_orphans(struct evt_walk *walk)
{
	struct bytes file = walk->layout->file, record;
	size_t room = 0;
	for (size_t at = EVT_HEADER; at < file.length;) {
		if (!record_at(file, at, &record)) {
			at += 4;
			continue;
		}
		if (walk->orphan_count == room) {
			room = room == 0 ? 64 : 2 * room;
			walk->orphans =
				memory_resize(walk, walk->orphans, struct orphan, room);
		}
		walk->orphans[walk->orphan_count++] = (struct orphan){
			record_number(record), (uint32_t)at, (uint32_t)record.length};
		at += record.length;
	}
	if (walk->orphan_count > 0)
		qsort(walk->orphans, walk->orphan_count, sizeof(*walk->orphans),
			newest_first);
	walk->position = 0;
}

bool evt_walk_new(
	void *parent, struct bytes file, struct evt_walk **ret, struct failure *why)
{
	struct evt_walk *walk = memory_new(parent, struct evt_walk);
	if (!evt_layout_find(walk, file, &walk->layout, why)) {
		talloc_free(walk);
		return false;
	}
	walk->damage_to_tell = walk->layout->damaged;
	walk->position = evt_layout_size(walk->layout);
	walk->next = walk->layout->next;
	if (!walk->layout->has_end)
		gather_orphans(walk);
	*ret = walk;
	return true;
}

static enum evt_step next_orphan(struct evt_walk *walk, struct bytes *ret_record)
{
	while (walk->position < walk->orphan_count) {
		const struct orphan *orphan = &walk->orphans[walk->position++];
		if (walk->has_taken && orphan->number == walk->next)
			continue; /* a stale copy */
		walk->has_taken = true;
		walk->next = orphan->number;
		bytes_slice(
			walk->layout->file, orphan->offset, orphan->length, ret_record);
		return EVT_RECORD;
	}
	return EVT_OLDEST;
}

static enum evt_step damage(struct evt_walk *walk)
{
	walk->is_after_damage = true;
	return EVT_DAMAGE;
}

/* The end-of-file record also says what the oldest record's number is. */
static enum evt_step end_of_walk(struct evt_walk *walk)
{
	bool is_right = walk->layout->is_empty || walk->is_after_damage ||
		(walk->has_taken && walk->next == walk->layout->oldest);
	return is_right ? EVT_OLDEST : damage(walk);
}

/*
 * Its number is not the one before its neighbour's: which of the two is wrong? The number
 * stands if the next older record agrees with it.
 */
static bool is_number_credible(const struct evt_walk *walk, uint32_t number, size_t start)
{
	if (walk->has_taken && number >= walk->next)
		return false;
	size_t position = evt_layout_before_fill(walk->layout, start);
	struct bytes older;
	if (position == 0)
		return number == walk->layout->oldest || walk->is_after_damage;
	return !evt_layout_record_before(walk->layout, position, &older) ||
		record_number(older) == number - 1;
}

static enum evt_step take(
	struct evt_walk *walk, struct bytes record, struct bytes *ret_record)
{
	uint32_t number = record_number(record);
	size_t start = walk->position - record.length;
	if (number != walk->next - 1) {
		bool is_credible = is_number_credible(walk, number, start);
		if (!is_credible)
			walk->position = start;
		else
			walk->next = number + 1;
		if (!is_credible || !walk->is_after_damage)
			return damage(walk);
	}
	walk->position = start;
	walk->next = number;
	walk->has_taken = true;
	walk->is_after_damage = false;
	*ret_record = record;
	return EVT_RECORD;
}

enum evt_step evt_walk_next(struct evt_walk *walk, struct bytes *ret_record)
{
	if (walk->damage_to_tell > 0) {
		walk->damage_to_tell--;
		return EVT_DAMAGE;
	}
	if (!walk->layout->has_end)
		return next_orphan(walk, ret_record);
	walk->position = evt_layout_before_fill(walk->layout, walk->position);
	if (walk->position == 0)
		return end_of_walk(walk);
	if (walk->has_taken && walk->next == walk->layout->oldest) {
		walk->position =
			0; /* what lies before it is stale, or the number is wrong */
		return damage(walk);
	}
	struct bytes record;
	if (evt_layout_record_before(walk->layout, walk->position, &record))
		return take(walk, record, ret_record);
	walk->position = evt_layout_resume_before(walk->layout, walk->position);
	return damage(walk);
}

enum harvest_end evt_walk_harvest(
	struct evt_walk *walk, int64_t deadline_ms, struct harvest *harvest)
{
	enum { STEPS_BETWEEN_LOOKS = 4096 };
	struct bytes record;
	for (unsigned steps = 1;; steps++) {
		if (steps % STEPS_BETWEEN_LOOKS == 0 && deadline_passed(deadline_ms))
			return HARVEST_CUT;
		switch (evt_walk_next(walk, &record)) {
		case EVT_RECORD:
			if (!harvest_take(harvest, record))
				return HARVEST_ENOUGH;
			break;
		case EVT_DAMAGE:
			harvest_damage(harvest);
			break;
		case EVT_OLDEST:
			return HARVEST_OLDEST;
		}
	}
}
