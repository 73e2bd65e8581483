/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_EVT_LAYOUT_H
#define IMC_SOURCE_EVT_LAYOUT_H

#include "core/bytes.h"
#include "core/failure.h"

/*
 * Where a classic event log file (.evt) has its live records (libevt, EVT format; MSDN
 * "Event Log File Format"). A ring behind a header: records from the oldest to the
 * newest, then the end-of-file record, then, once the log has wrapped, a gap of stale
 * bytes up to the oldest. A record may be cut by the end of the file and go on behind the
 * header; where less than its fixed part had room there, the tail is filled with
 * 0x00000027. Where the end says a BeginRecord that cannot be, what has wrapped is left
 * unread: nothing tells it from the gap.
 *
 * The end-of-file record decides. While the log is in use the header's four positions are
 * stale, so they are no more than a hint where to look first:
 *  1. in a file that was closed cleanly, at the header's EndOffset, if the end-of-file
 * record there names its own offset;
 *  2. else the first in the file that names its own offset: what lies before the true end
 * was written later than any stale one;
 *  3. else, in a file that was closed cleanly, the header's word that the log is empty,
 *     confirmed by an end-of-file record of any content at its EndOffset;
 *  4. else the end is missing.
 */
enum {
	EVT_HEADER = 0x30,
	EVT_END_RECORD = 0x28,
	EVT_MAX_BYTES = 1 << 30 /* a bound of ours: logs of NT are some megabytes */
};

struct evt_layout {
	struct bytes file;
	struct bytes older, newer; /* the live bytes, in the order of writing; older is
				      empty where the log has not wrapped */
	uint8_t *joint;            /* the one record that lies in both, put together */
	bool has_end;              /* else older and newer are empty */
	bool is_empty;
	uint32_t next, oldest; /* record numbers, where has_end */
	unsigned damaged;      /* of header, end and beginning: how many are wrong */
};

/* Finds out. The layout belongs to `parent` and points into the file. False: these bytes
 * are no classic event log, in words that can follow the file's name. */
bool evt_layout_find(
	void *parent, struct bytes file, struct evt_layout **ret, struct failure *why);

/* Positions count the live bytes, those of `older` first. */
size_t evt_layout_size(const struct evt_layout *layout);

/* The position with the filled tail before it, if there is one, left out. */
size_t evt_layout_before_fill(const struct evt_layout *layout, size_t position);

/* The record that ends at `end` by its own and by its length's copy's account; false:
 * none. */
bool evt_layout_record_before(
	const struct evt_layout *layout, size_t end, struct bytes *ret);

/* The end of the newest record that ends before `end`, or 0: none does. */
size_t evt_layout_resume_before(const struct evt_layout *layout, size_t end);

#endif
