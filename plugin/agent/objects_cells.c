/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "objects_tables.h"

/* SNMPv2-TC */
enum { TRUTH_TRUE = 1, TRUTH_FALSE = 2, DATE_BYTES = 11, DATE_LAST_YEAR = 65535 };

static const void *member(const void *row, const struct column *column)
{
	return (const char *)row + column->offset;
}

void objects_set_flag(bool is_true, struct cell *ret)
{
	ret->integer = is_true ? TRUTH_TRUE : TRUTH_FALSE;
}

bool objects_set_moment(int64_t moment, struct cell *ret)
{
	struct tm when;
	time_t seconds = (time_t)moment;
	if (moment == NO_TIME || gmtime_r(&seconds, &when) == NULL)
		return false;
	int year = when.tm_year + 1900;
	if (year < 0 || year > DATE_LAST_YEAR)
		return false;
	const uint8_t date[DATE_BYTES] = {(uint8_t)(year >> 8), (uint8_t)year,
		(uint8_t)(when.tm_mon + 1), (uint8_t)when.tm_mday, (uint8_t)when.tm_hour,
		(uint8_t)when.tm_min, (uint8_t)when.tm_sec, 0, '+', 0, 0};
	memcpy(ret->room, date, sizeof(date));
	ret->octets.data = ret->room;
	ret->octets.length = sizeof(date);
	return true;
}

void objects_set_text(const char *text, size_t limit, struct cell *ret)
{
	size_t length = strnlen(text, limit + 1);
	if (length > limit) {
		length = limit;
		while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
			length--;
	}
	ret->octets.data = text;
	ret->octets.length = length;
}

bool objects_number(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)now;
	ret->number = *(const uint32_t *)member(row, column);
	return true;
}

bool objects_flag(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)now;
	objects_set_flag(*(const bool *)member(row, column), ret);
	return true;
}

bool objects_moment(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)now;
	return objects_set_moment(*(const int64_t *)member(row, column), ret);
}

static bool set_member_text(
	const void *row, const struct column *column, size_t limit, struct cell *ret)
{
	const char *text = *(char *const *)member(row, column);
	if (text == NULL)
		return false;
	objects_set_text(text, limit, ret);
	return true;
}

bool objects_text(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)now;
	return set_member_text(row, column, OBJECTS_TEXT, ret);
}

bool objects_long_text(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)now;
	return set_member_text(row, column, OBJECTS_LONG_TEXT, ret);
}

size_t objects_name_index(const char *name, uint32_t *ret)
{
	size_t length = strnlen(name, TABLE_MAX_INDEX - 2);
	ret[0] = (uint32_t)length;
	for (size_t i = 0; i < length; i++)
		ret[1 + i] = (unsigned char)name[i];
	return 1 + length;
}
