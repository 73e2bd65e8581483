/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

#include <string.h>

#include "core/record.h"

static bool refuse(struct failure *why, struct bytes reply, const char *call)
{
	return fail(why, FAIL_PROTOCOL, "the answer to %s makes no sense (%zu bytes)",
		call, reply.length);
}

bool wire_open(struct bytes reply, struct wire_handle *ret, uint32_t *ret_status,
	struct failure *why)
{
	struct cursor cursor = cursor_at(reply);
	struct bytes handle = cursor_bytes(&cursor, WIRE_HANDLE);
	uint32_t status = cursor_u32(&cursor);
	if (cursor.failed)
		return refuse(why, reply, "the opening of the log");
	memcpy(ret->bytes, handle.data, WIRE_HANDLE);
	*ret_status = status;
	return true;
}

bool wire_number(
	struct bytes reply, uint32_t *ret, uint32_t *ret_status, struct failure *why)
{
	struct cursor cursor = cursor_at(reply);
	uint32_t number = cursor_u32(&cursor);
	uint32_t status = cursor_u32(&cursor);
	if (cursor.failed)
		return refuse(why, reply, "the question for the log's record numbers");
	*ret = number;
	*ret_status = status;
	return true;
}

bool wire_read(
	struct bytes reply, uint32_t wanted, struct wire_read *ret, struct failure *why)
{
	struct cursor cursor = cursor_at(reply);
	uint32_t room = cursor_u32(&cursor);
	if (room != wanted)
		return refuse(why, reply, "the request to read the log");
	struct bytes buffer = cursor_bytes(&cursor, room);
	cursor_skip(&cursor, (4 - room % 4) % 4); /* NDR aligns what follows */
	uint32_t sent = cursor_u32(&cursor);
	struct wire_read read = {.needed = cursor_u32(&cursor)};
	read.status = cursor_u32(&cursor);
	if (cursor.failed || !bytes_slice(buffer, 0, sent, &read.records))
		return refuse(why, reply, "the request to read the log");
	*ret = read;
	return true;
}

bool wire_next_record(struct bytes *records, struct bytes *ret, struct failure *why)
{
	uint32_t length = record_length(*records);
	struct bytes record;
	if (length == 0 || !bytes_slice(*records, 0, length, &record))
		return fail(why, FAIL_PROTOCOL,
			"the last %zu bytes of what the server read from the log are no "
			"records",
			records->length);
	bytes_slice(*records, length, records->length - length, records);
	*ret = record;
	return true;
}

/* TIME_OF_DAY_INFO, [MS-SRVS] 2.2.4.105. The first field is the moment; the others say
 * the same for people, and tell a clock from noise. */
static bool is_time_of_day(const uint32_t *hour_to_second, uint32_t day, uint32_t month)
{
	return hour_to_second[0] < 24 && hour_to_second[1] < 60 &&
		hour_to_second[2] < 60 && day >= 1 && day <= 31 && month >= 1 &&
		month <= 12;
}

bool wire_clock(
	struct bytes reply, int64_t *ret, uint32_t *ret_status, struct failure *why)
{
	struct cursor cursor = cursor_at(reply);
	bool is_there = cursor_u32(&cursor) != 0;
	uint32_t moment = 0, time[3] = {0}, day = 1, month = 1;
	if (is_there) {
		moment = cursor_u32(&cursor);
		cursor_skip(&cursor, 4); /* milliseconds since the start */
		for (size_t i = 0; i < 3; i++)
			time[i] = cursor_u32(&cursor);
		cursor_skip(&cursor, 3 * 4); /* hundredths, time zone, tick */
		day = cursor_u32(&cursor);
		month = cursor_u32(&cursor);
		cursor_skip(&cursor, 2 * 4); /* year, day of the week */
	}
	uint32_t status = cursor_u32(&cursor);
	if (cursor.failed || !is_time_of_day(time, day, month) ||
		(status == 0 && !is_there))
		return refuse(why, reply, "the question for the server's clock");
	*ret = moment;
	*ret_status = status;
	return true;
}
