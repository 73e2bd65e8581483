/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <endian.h>
#include <string.h>

/* Where the fixed part has its fields ([MS-EVEN] 2.2.3). */
enum {
	AT_LENGTH = 0,
	AT_SIGNATURE = 4,
	AT_NUMBER = 8,
	AT_GENERATED = 12,
	AT_WRITTEN = 16,
	AT_ID = 20,
	AT_TYPE = 24,
	AT_STRING_COUNT = 26,
	AT_CATEGORY = 28,
	AT_STRINGS = 36,
	AT_SID_LENGTH = 40,
	AT_SID = 44,
	AT_DATA_LENGTH = 48,
	AT_DATA = 52
};

/* A part of a record, from the record's first byte on; empty: not used. */
struct span {
	const char *name;
	uint32_t start, length;
};

/*
 * Not through the cursor: a scan asks these of each of a million records, always at an
 * offset inside a length that was checked before.
 */
static uint32_t u32_at(struct bytes bytes, size_t offset)
{
	uint32_t value;
	memcpy(&value, bytes.data + offset, sizeof(value));
	return le32toh(value);
}

static uint16_t u16_at(struct bytes bytes, size_t offset)
{
	uint16_t value;
	memcpy(&value, bytes.data + offset, sizeof(value));
	return le16toh(value);
}

static uint32_t possible_length(uint32_t length)
{
	return length >= RECORD_MIN && length <= RECORD_MAX && length % 4 == 0 ? length
									       : 0;
}

uint32_t record_length(struct bytes bytes)
{
	if (bytes.length < AT_NUMBER || u32_at(bytes, AT_SIGNATURE) != RECORD_SIGNATURE)
		return 0;
	return possible_length(u32_at(bytes, AT_LENGTH));
}

uint32_t record_length_before(struct bytes bytes)
{
	return bytes.length < 4 ? 0 : possible_length(u32_at(bytes, bytes.length - 4));
}

bool record_before(struct bytes bytes, struct bytes *ret)
{
	uint32_t length = record_length_before(bytes);
	if (length == 0 || length > bytes.length)
		return false;
	struct bytes record = {bytes.data + bytes.length - length, length};
	if (record_length(record) != length)
		return false;
	*ret = record;
	return true;
}

uint32_t record_number(struct bytes bytes)
{
	return u32_at(bytes, AT_NUMBER);
}

int64_t record_generated(struct bytes bytes)
{
	return u32_at(bytes, AT_GENERATED);
}

static bool has_both_lengths(struct bytes bytes)
{
	return bytes.length >= RECORD_MIN && record_length(bytes) == bytes.length &&
		u32_at(bytes, bytes.length - 4) == bytes.length;
}

/* Offsets count only where there is something: a DataOffset may point past the record
 * where DataLength is 0 (libevt, EVT format). */
static struct span span_at(
	struct bytes bytes, const char *name, size_t offset, uint32_t length)
{
	return (struct span){name, length > 0 ? u32_at(bytes, offset) : 0, length};
}

static bool is_inside(struct bytes bytes, struct span span)
{
	uint32_t end = (uint32_t)bytes.length - 4;
	return span.length == 0 ||
		(span.start >= RECORD_FIXED && span.start <= end &&
			span.length <= end - span.start);
}

static struct span sid_of(struct bytes bytes)
{
	return span_at(bytes, "SID", AT_SID, u32_at(bytes, AT_SID_LENGTH));
}

static struct span data_of(struct bytes bytes)
{
	return span_at(bytes, "data", AT_DATA, u32_at(bytes, AT_DATA_LENGTH));
}

/* At their shortest: each of them is empty, with the zero that ends it. */
static struct span strings_of(struct bytes bytes)
{
	return span_at(bytes, "strings", AT_STRINGS, 2u * u16_at(bytes, AT_STRING_COUNT));
}

bool record_is_sound(struct bytes bytes)
{
	if (!has_both_lengths(bytes) ||
		u16_at(bytes, AT_STRING_COUNT) > RECORD_MAX_STRINGS)
		return false;
	struct span strings = strings_of(bytes);
	return strings.start % 2 == 0 && is_inside(bytes, strings) &&
		is_inside(bytes, sid_of(bytes)) && is_inside(bytes, data_of(bytes));
}

static uint16_t lower(uint16_t unit)
{
	return unit >= 'A' && unit <= 'Z' ? unit + ('a' - 'A') : unit;
}

/* Where the name ends is asked first: that alone tells most of the others. */
bool record_is_from(struct bytes bytes, const char *source, size_t length)
{
	size_t room = (bytes.length - 4 - RECORD_FIXED) / 2;
	if (length >= room || u16_at(bytes, RECORD_FIXED + 2 * length) != 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		uint16_t unit = u16_at(bytes, RECORD_FIXED + 2 * i);
		if (unit == 0 || lower(unit) != lower((unsigned char)source[i]))
			return false;
	}
	return true;
}

/* Takes the names and the strings; *ret_strings becomes their real extent. */
static bool take_texts(struct bytes bytes, struct record *record, struct span *ret_names,
	struct span *ret_strings)
{
	size_t end = bytes.length - 4;
	struct bytes rest;
	bytes_slice(bytes, RECORD_FIXED, end - RECORD_FIXED, &rest);
	struct cursor names = cursor_at(rest);
	record->source = cursor_utf16_text(&names);
	record->computer = cursor_utf16_text(&names);
	*ret_names = (struct span){"names", RECORD_FIXED,
		(uint32_t)(end - RECORD_FIXED - names.rest.length)};

	*ret_strings = strings_of(bytes);
	if (record->string_count == 0)
		return !names.failed;
	bytes_slice(bytes, ret_strings->start, end - ret_strings->start, &rest);
	struct cursor strings = cursor_at(rest);
	for (uint16_t i = 0; i < record->string_count; i++)
		cursor_utf16_text(&strings);
	ret_strings->length = (uint32_t)(rest.length - strings.rest.length);
	return !names.failed && !strings.failed &&
		bytes_slice(rest, 0, ret_strings->length, &record->strings);
}

static bool overlap(struct span a, struct span b)
{
	return a.length > 0 && b.length > 0 && a.start < b.start + b.length &&
		b.start < a.start + a.length;
}

bool record_decode(struct bytes bytes, struct record *ret, struct failure *why)
{
	if (!has_both_lengths(bytes))
		return fail(why, FAIL_DAMAGED,
			"%zu bytes are no event log record: its signature and its length "
			"at "
			"both ends are not there",
			bytes.length);
	if (!record_is_sound(bytes))
		return fail(why, FAIL_DAMAGED,
			"record %u has a part that lies outside of it",
			(unsigned)u32_at(bytes, AT_NUMBER));

	struct record record = {
		.number = u32_at(bytes, AT_NUMBER),
		.generated = u32_at(bytes, AT_GENERATED),
		.written = u32_at(bytes, AT_WRITTEN),
		.id = u32_at(bytes, AT_ID),
		.type = u16_at(bytes, AT_TYPE),
		.category = u16_at(bytes, AT_CATEGORY),
		.string_count = u16_at(bytes, AT_STRING_COUNT),
	};
	struct span parts[] = {{0}, {0}, sid_of(bytes), data_of(bytes)};
	if (!take_texts(bytes, &record, &parts[0], &parts[1]))
		return fail(why, FAIL_DAMAGED, "record %u has a text without an end",
			(unsigned)record.number);
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < i; j++) {
			if (overlap(parts[i], parts[j]))
				return fail(why, FAIL_DAMAGED,
					"the %s and the %s of record %u overlap",
					parts[j].name, parts[i].name,
					(unsigned)record.number);
		}
	}
	bytes_slice(bytes, parts[3].start, parts[3].length, &record.data);
	*ret = record;
	return true;
}

bool record_next_string(struct bytes *strings, struct bytes *ret)
{
	struct cursor cursor = cursor_at(*strings);
	struct bytes text = cursor_utf16_text(&cursor);
	if (cursor.failed)
		return false;
	*strings = cursor.rest;
	*ret = text;
	return true;
}
