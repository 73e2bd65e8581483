/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evt_layout.h"

#include <string.h>

#include "core/memory.h"
#include "core/record.h"

enum {
	HEADER_DIRTY = 1, /* in the header's flags: the log is in use */
	FILL = 0x27,      /* a dword of a filled tail */
	PATTERN = 4,      /* where the four dwords begin in an end-of-file record */
	PATTERN_BYTES = 16
};

static const uint8_t end_pattern[PATTERN_BYTES] = {0x11, 0x11, 0x11, 0x11, 0x22, 0x22,
	0x22, 0x22, 0x33, 0x33, 0x33, 0x33, 0x44, 0x44, 0x44, 0x44};

struct header {
	bool is_sound;
	uint32_t start, end, next, oldest, flags;
};

struct end_record {
	uint32_t at; /* its own offset in the file */
	uint32_t begin, end, next, oldest;
};

static struct header read_header(struct bytes file)
{
	struct header header;
	struct cursor cursor = cursor_at(file);
	uint32_t size = cursor_u32(&cursor);
	uint32_t signature = cursor_u32(&cursor);
	uint32_t major = cursor_u32(&cursor);
	uint32_t minor = cursor_u32(&cursor);
	header.start = cursor_u32(&cursor);
	header.end = cursor_u32(&cursor);
	header.next = cursor_u32(&cursor);
	header.oldest = cursor_u32(&cursor);
	cursor_skip(&cursor, 4); /* MaxSize */
	header.flags = cursor_u32(&cursor);
	cursor_skip(&cursor, 4); /* Retention */
	uint32_t size_again = cursor_u32(&cursor);
	header.is_sound = !cursor.failed && size == EVT_HEADER &&
		size_again == EVT_HEADER && signature == RECORD_SIGNATURE && major == 1 &&
		minor == 1;
	return header;
}

static bool read_end_record(struct bytes file, uint32_t at, struct end_record *ret)
{
	struct bytes bytes;
	if (at < EVT_HEADER || at % 4 != 0 ||
		!bytes_slice(file, at, EVT_END_RECORD, &bytes))
		return false;
	struct cursor cursor = cursor_at(bytes);
	uint32_t size = cursor_u32(&cursor);
	struct bytes pattern = cursor_bytes(&cursor, PATTERN_BYTES);
	struct end_record end = {.at = at};
	end.begin = cursor_u32(&cursor);
	end.end = cursor_u32(&cursor);
	end.next = cursor_u32(&cursor);
	end.oldest = cursor_u32(&cursor);
	uint32_t size_again = cursor_u32(&cursor);
	if (size != EVT_END_RECORD || size_again != EVT_END_RECORD ||
		memcmp(pattern.data, end_pattern, PATTERN_BYTES) != 0)
		return false;
	*ret = end;
	return true;
}

size_t evt_layout_size(const struct evt_layout *layout)
{
	return layout->older.length + layout->newer.length;
}

static uint32_t u32_before(struct bytes bytes, size_t end)
{
	struct bytes word = {NULL, 0};
	bytes_slice(bytes, end - 4, 4, &word);
	struct cursor cursor = cursor_at(word);
	return cursor_u32(&cursor);
}

size_t evt_layout_before_fill(const struct evt_layout *layout, size_t position)
{
	size_t seam = layout->older.length;
	if (position != seam)
		return position;
	size_t least = seam < RECORD_FIXED ? 0 : seam - RECORD_FIXED + 4;
	while (position > least && u32_before(layout->older, position) == FILL)
		position -= 4;
	return position;
}

/* The `length` live bytes that end at `end`; put together where the file's end cuts them.
 */
static struct bytes live_bytes(const struct evt_layout *layout, size_t end, size_t length)
{
	size_t seam = layout->older.length;
	struct bytes found;
	if (end <= seam) {
		bytes_slice(layout->older, end - length, length, &found);
		return found;
	}
	if (length <= end - seam) {
		bytes_slice(layout->newer, end - seam - length, length, &found);
		return found;
	}
	size_t tail = length - (end - seam);
	memcpy(layout->joint, layout->older.data + seam - tail, tail);
	memcpy(layout->joint + tail, layout->newer.data, length - tail);
	return (struct bytes){layout->joint, length};
}

bool evt_layout_record_before(
	const struct evt_layout *layout, size_t end, struct bytes *ret)
{
	size_t seam = layout->older.length;
	struct bytes part = end > seam ? layout->newer : layout->older;
	part.length = end > seam ? end - seam : end;
	if (record_before(part, ret))
		return true;
	if (end <= seam)
		return false;
	uint32_t length = record_length_before(live_bytes(layout, end, 4));
	if (length == 0 || length > end)
		return false;
	struct bytes record = live_bytes(layout, end, length);
	if (record_length(record) != length)
		return false;
	*ret = record;
	return true;
}

size_t evt_layout_resume_before(const struct evt_layout *layout, size_t end)
{
	for (size_t at = end; at >= 4; at -= 4) {
		size_t start = at - 4, room = end - start;
		if (room < RECORD_MIN)
			continue;
		uint32_t length = record_length(live_bytes(layout, start + 8, 8));
		if (length > 0 && length < room &&
			record_length_before(live_bytes(layout, start + length, 4)) ==
				length)
			return start + length;
	}
	return 0;
}

static struct bytes part(struct bytes file, size_t from, size_t to)
{
	struct bytes found = {NULL, 0};
	if (from < to)
		bytes_slice(file, from, to - from, &found);
	return found;
}

/* What the file is if this is its end-of-file record. */
static void adopt(struct evt_layout *layout, const struct end_record *end)
{
	struct bytes file = layout->file;
	size_t size = file.length - file.length % 4;
	bool is_aligned = end->begin % 4 == 0;
	bool is_straight = is_aligned && end->begin >= EVT_HEADER && end->begin < end->at;
	bool is_wrapped =
		is_aligned && end->begin >= end->at + EVT_END_RECORD && end->begin < size;
	layout->has_end = true;
	layout->next = end->next;
	layout->oldest = end->oldest;
	layout->is_empty = end->begin == end->at && end->oldest == 0;
	if (layout->is_empty)
		return;
	if (is_wrapped)
		layout->older = part(file, end->begin, size);
	layout->newer = part(file, is_straight ? end->begin : EVT_HEADER, end->at);
	layout->damaged = is_straight || is_wrapped ? 0 : 1;
}

/* Offset of the next end-of-file record behind the one at `after`, by its pattern; 0:
 * none. */
static uint32_t find_pattern(struct bytes file, uint32_t after)
{
	size_t from = after + PATTERN + 1;
	while (from < file.length) {
		const uint8_t *found = memmem(
			file.data + from, file.length - from, end_pattern, PATTERN_BYTES);
		if (found == NULL)
			return 0;
		size_t at = (size_t)(found - file.data);
		if (at >= EVT_HEADER + PATTERN && at % 4 == 0)
			return (uint32_t)(at - PATTERN);
		from = at + 1;
	}
	return 0;
}

static bool find_end(struct evt_layout *layout, const struct header *header)
{
	struct end_record end;
	bool is_closed = header->is_sound && (header->flags & HEADER_DIRTY) == 0;
	bool is_there = is_closed && read_end_record(layout->file, header->end, &end);
	bool is_found = is_there && end.end == end.at;
	uint32_t at = 0;
	while (!is_found && (at = find_pattern(layout->file, at)) != 0)
		is_found = read_end_record(layout->file, at, &end) && end.end == at;
	if (!is_found && is_there && header->start == header->end &&
		header->oldest == 0) {
		end = (struct end_record){
			.at = header->end, .begin = header->end, .next = header->next};
		is_found = true;
	}
	if (is_found)
		adopt(layout, &end);
	return is_found;
}

static bool refuse(struct bytes file, struct failure *why)
{
	static const uint8_t evtx[8] = "ElfFile";
	static const uint8_t evt[8] = {EVT_HEADER, 0, 0, 0, 'L', 'f', 'L', 'e'};
	if (file.length >= sizeof(evtx) && memcmp(file.data, evtx, sizeof(evtx)) == 0)
		return fail(why, FAIL_UNSUPPORTED,
			"is a log of Windows Vista or later (.evtx); classic logs (.evt) "
			"are read");
	if (file.length >= sizeof(evt) && memcmp(file.data, evt, sizeof(evt)) == 0)
		return fail(why, FAIL_DAMAGED,
			"ends inside its header, after %zu bytes; copy it again",
			file.length);
	return fail(why, FAIL_USAGE,
		"is no classic event log (.evt): it does not begin with the header of "
		"one");
}

bool evt_layout_find(
	void *parent, struct bytes file, struct evt_layout **ret, struct failure *why)
{
	struct header header = read_header(file);
	if (file.length < EVT_HEADER)
		return refuse(file, why);
	struct evt_layout *layout = memory_new(parent, struct evt_layout);
	layout->file = file;
	bool is_found = find_end(layout, &header);
	if (!is_found && !header.is_sound) {
		talloc_free(layout);
		return refuse(file, why);
	}
	if (layout->older.length > 0)
		layout->joint = memory_array(layout, uint8_t, RECORD_MAX);
	layout->damaged += (is_found ? 0 : 1) + (header.is_sound ? 0 : 1);
	*ret = layout;
	return true;
}
