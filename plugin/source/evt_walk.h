/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_EVT_WALK_H
#define IMC_SOURCE_EVT_WALK_H

#include "core/harvest.h"
#include "evt_layout.h"

/*
 * The records of an .evt file from the newest to the oldest, in place. Where one cannot
 * be decoded, or its number does not follow, the walk says so once and goes on with the
 * next older that can. Without an end-of-file record: all records that are found
 * anywhere, by number.
 */
struct evt_walk;

enum evt_step {
	EVT_RECORD, /* *ret_record is the next older record, valid until the next step */
	EVT_DAMAGE, /* undecodable bytes, or records that are missing */
	EVT_OLDEST  /* there are no more */
};

/* The walk belongs to `parent`; false: these bytes are no log, in words that can follow
 * the file's name. */
bool evt_walk_new(
	void *parent, struct bytes file, struct evt_walk **ret, struct failure *why);
enum evt_step evt_walk_next(struct evt_walk *walk, struct bytes *ret_record);

/* The whole way, until the harvest has enough or the deadline (deadline.h) has passed. */
enum harvest_end evt_walk_harvest(
	struct evt_walk *walk, int64_t deadline_ms, struct harvest *harvest);

#endif
