/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "when.h"

#include <stddef.h>

#include "memory.h"

enum { YEAR_FIRST = 1970, YEAR_LAST = 9999, DURATION_DAYS = 3650 };

struct unit {
	char letter;
	int64_t seconds;
};

static const struct unit units[] = {
	{'d', WHEN_DAY},
	{'h', WHEN_HOUR},
	{'m', WHEN_MINUTE},
	{'s', 1},
};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

struct calendar {
	int year, month, day, hour, minute, second;
};

/* Seconds of a unit's letter, or of none; 0 for anything else. */
static int64_t unit_seconds(const char *letter)
{
	if (letter[0] == '\0')
		return 1;
	for (size_t i = 0; i < UNITS; i++)
		if (letter[0] == units[i].letter && letter[1] == '\0')
			return units[i].seconds;
	return 0;
}

bool when_parse_duration(const char *text, int64_t *ret, struct failure *why)
{
	const int64_t longest = (int64_t)DURATION_DAYS * WHEN_DAY;
	const char *rest = text;
	int64_t number = 0;
	for (; *rest >= '0' && *rest <= '9'; rest++)
		if (number <= longest)
			number = number * 10 + (*rest - '0');
	int64_t unit = unit_seconds(rest);
	if (rest == text || unit == 0)
		return fail(why, FAIL_USAGE,
			"\"%.40s\" is no duration: a number with s, m, h or d behind it "
			"is one, as 90s, 15m, 2h or 7d",
			text);
	if (number > longest / unit)
		return fail(why, FAIL_USAGE,
			"\"%.40s\" is too long: a duration is at most 10 years (%dd)",
			text, DURATION_DAYS);
	*ret = number * unit;
	return true;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Exactly `digits` digits off the text; -1 where they are not there. */
static int take_number(const char **text, int digits)
{
	int number = 0;
	for (int i = 0; i < digits; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		number = number * 10 + (**text - '0');
	}
	return number;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool take_date(const char **text, struct calendar *when)
{
	when->year = take_number(text, 4);
	if (when->year < 0 || !take_char(text, '-'))
		return false;
	when->month = take_number(text, 2);
	if (when->month < 0 || !take_char(text, '-'))
		return false;
	when->day = take_number(text, 2);
	return when->day >= 0;
}

static bool take_hours(const char **text, struct calendar *when)
{
	when->hour = take_number(text, 2);
	if (when->hour < 0 || !take_char(text, ':'))
		return false;
	when->minute = take_number(text, 2);
	if (when->minute < 0 || !take_char(text, ':'))
		return false;
	when->second = take_number(text, 2);
	return when->second >= 0;
}

/* "Z", "+01:00" or "-05:30" as seconds east of Greenwich. */
static bool take_zone(const char **text, int64_t *ret)
{
	*ret = 0;
	if (take_char(text, 'Z'))
		return true;
	int sign = take_char(text, '+') ? 1 : take_char(text, '-') ? -1 : 0;
	if (sign == 0)
		return false;
	int hours = take_number(text, 2);
	if (hours < 0 || hours > 23 || !take_char(text, ':'))
		return false;
	int minutes = take_number(text, 2);
	if (minutes < 0 || minutes > 59)
		return false;
	*ret = sign * (hours * WHEN_HOUR + minutes * WHEN_MINUTE);
	return true;
}

static bool is_possible(const struct calendar *when)
{
	return when->year >= YEAR_FIRST && when->month >= 1 && when->month <= 12 &&
		when->day >= 1 && when->day <= days_in(when->year, when->month) &&
		when->hour <= 23 && when->minute <= 59 && when->second <= 59;
}

static int64_t days_before_year(int year)
{
	int64_t before = year - 1;
	return before * 365 + before / 4 - before / 100 + before / 400;
}

static int64_t moment_of(const struct calendar *when)
{
	int64_t days = days_before_year(when->year) - days_before_year(YEAR_FIRST);
	for (int month = 1; month < when->month; month++)
		days += days_in(when->year, month);
	return (days + when->day - 1) * WHEN_DAY + when->hour * WHEN_HOUR +
		when->minute * WHEN_MINUTE + when->second;
}

bool when_parse_time(const char *text, int64_t *ret, struct failure *why)
{
	struct calendar when = {0};
	int64_t zone = 0;
	const char *rest = text;
	bool is_time = take_date(&rest, &when);
	if (is_time && take_char(&rest, 'T'))
		is_time = take_hours(&rest, &when) && take_zone(&rest, &zone);
	if (!is_time || *rest != '\0')
		return fail(why, FAIL_USAGE,
			"\"%.40s\" is no time: 2026-11-22T09:00:00Z is one, as is "
			"2026-11-22T10:00:00+01:00, or a date alone",
			text);
	int64_t moment = is_possible(&when) ? moment_of(&when) - zone : -1;
	if (moment < 0 || moment > WHEN_LAST)
		return fail(why, FAIL_USAGE,
			"\"%.40s\" does not exist: a time has a day of the calendar in "
			"the years %d to %d, and is between 00:00:00 and 23:59:59",
			text, YEAR_FIRST, YEAR_LAST);
	*ret = moment;
	return true;
}

char *when_format_time(void *parent, int64_t moment)
{
	if (moment < 0 || moment > WHEN_LAST)
		return memory_copy(parent, "unknown");
	int64_t days = moment / WHEN_DAY, seconds = moment % WHEN_DAY;
	struct calendar when = {.year = YEAR_FIRST + (int)(days / 366), .month = 1};
	days += days_before_year(YEAR_FIRST);
	while (days_before_year(when.year + 1) <= days)
		when.year++;
	days -= days_before_year(when.year);
	for (; days >= days_in(when.year, when.month); when.month++)
		days -= days_in(when.year, when.month);
	return memory_format(parent, "%04d-%02d-%02dT%02d:%02d:%02dZ", when.year,
		when.month, (int)days + 1, (int)(seconds / WHEN_HOUR),
		(int)(seconds % WHEN_HOUR / WHEN_MINUTE), (int)(seconds % WHEN_MINUTE));
}

char *when_format_duration(void *parent, int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	size_t first = 0;
	while (first < UNITS - 1 && seconds < units[first].seconds)
		first++;
	const struct unit *large = &units[first];
	int64_t count = seconds / large->seconds;
	int64_t rest = 0;
	if (large->seconds > WHEN_MINUTE || seconds < 2 * WHEN_MINUTE)
		rest = seconds % large->seconds;
	const struct unit *small = first < UNITS - 1 ? &units[first + 1] : large;
	if (rest < small->seconds)
		return memory_format(parent, "%lld%c", (long long)count, large->letter);
	return memory_format(parent, "%lld%c %lld%c", (long long)count, large->letter,
		(long long)(rest / small->seconds), small->letter);
}
