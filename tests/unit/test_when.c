/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <time.h>

#include "core/when.h"

static void durations_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{"0", 0},
		{"0d", 0},
		{"90", 90},
		{"90s", 90},
		{"15m", 900},
		{"2h", 7200},
		{"7d", 604800},
		{"3650d", 315360000},
		{"315360000", 315360000},
		{"0000000000000000000000000007s", 7},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t seconds = -1;
		test_row("%s", rows[i].text);
		assert_true(when_parse_duration(rows[i].text, &seconds, NULL));
		assert_true(seconds == rows[i].seconds);
	}
	test_row("%s", "");
}

static void durations_that_are_none_are_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		" ",
		"s",
		"d",
		" 7d",
		"7d ",
		"7 d",
		"-7d",
		"+7d",
		"7D",
		"7w",
		"7dd",
		"7d4h",
		"1.5h",
		"0x10",
		"1e3",
		"3651d",
		"315360001",
		"315360001s",
		"87601h",
		"99999999999999999999",
		"18446744073709551617d",
		"9223372036854775807s",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t seconds = -1;
		struct failure why = {.text = ""};
		test_row("\"%s\"", rows[i]);
		assert_false(when_parse_duration(rows[i], &seconds, &why));
		assert_true(seconds == -1);
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_non_null(strstr(why.text, "duration"));
	}
	test_row("%s", "");
}

static void refusal_says_what_would_be_right(void **state)
{
	(void)state;
	int64_t ignored;
	struct failure why;
	when_parse_duration("7w", &ignored, &why);
	assert_string_equal(why.text,
		"\"7w\" is no duration: a number with s, m, h or d behind it is one, "
		"as 90s, 15m, 2h or 7d");
	when_parse_time("2026-02-30", &ignored, &why);
	assert_string_equal(why.text,
		"\"2026-02-30\" does not exist: a time has a day of the calendar in the "
		"years 1970 to 9999, and is between 00:00:00 and 23:59:59");
}

static void times_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t moment;
	} rows[] = {
		{"1970-01-01", 0},
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:01Z", 1},
		{"1970-01-01T00:00:00-00:01", 60},
		{"1970-01-01T01:00:00+01:00", 0},
		{"2000-02-29T23:59:59Z", 951868799},
		{"2026-11-22T09:00:00Z", 1795338000},
		{"2026-11-22T10:00:00+01:00", 1795338000},
		{"2026-11-22T03:30:00-05:30", 1795338000},
		{"2026-11-22", 1795305600},
		{"2038-01-19T03:14:08Z", 2147483648},
		{"2106-02-07T06:28:16Z", 4294967296},
		{"9999-12-31T23:59:59Z", 253402300799},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t moment = -1;
		test_row("%s", rows[i].text);
		assert_true(when_parse_time(rows[i].text, &moment, NULL));
		assert_true(moment == rows[i].moment);
	}
	test_row("%s", "");
}

static void times_that_are_none_are_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"2026",
		"2026-11",
		"2026-11-22T",
		"2026-11-22T09:00",
		"2026-11-22T09:00:00",
		" 2026-11-22",
		"2026-11-22 ",
		"2026-11-22T09:00:00Z ",
		"2026-11-22 09:00:00Z",
		"2026-11-22t09:00:00z",
		"20261122T090000Z",
		"2026-1-22",
		"26-11-22",
		"+2026-11-22",
		"-026-11-22",
		"2026-11-22T09:00:00.5Z",
		"2026-11-22T9:00:00Z",
		"2026-11-22T09:00:00+1:00",
		"2026-11-22T09:00:00+0100",
		"2026-11-22T09:00:00+24:00",
		"2026-11-22T09:00:00+01:60",
		"2026-11-22T09:00:00+01:00Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T09:60:00Z",
		"2026-11-22T09:00:60Z",
		"2026-00-22",
		"2026-13-22",
		"2026-11-00",
		"2026-11-31",
		"2026-02-29",
		"2026-02-30",
		"2024-02-30",
		"2100-02-29",
		"1969-12-31",
		"0000-01-01",
		"10000-01-01",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"now",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t moment = -1;
		struct failure why = {.text = ""};
		test_row("\"%s\"", rows[i]);
		assert_false(when_parse_time(rows[i], &moment, &why));
		assert_true(moment == -1);
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_non_null(strstr(why.text, "time"));
	}
	test_row("%s", "");
}

static void times_are_written(void **state)
{
	assert_string_equal(when_format_time(*state, 0), "1970-01-01T00:00:00Z");
	assert_string_equal(when_format_time(*state, 1795338000), "2026-11-22T09:00:00Z");
	assert_string_equal(when_format_time(*state, 4294967295), "2106-02-07T06:28:15Z");
	assert_string_equal(
		when_format_time(*state, 253402300799), "9999-12-31T23:59:59Z");
	assert_string_equal(when_format_time(*state, 253402300800), "unknown");
	assert_string_equal(when_format_time(*state, -1), "unknown");
	assert_string_equal(when_format_time(*state, NO_TIME), "unknown");
	assert_string_equal(when_format_time(*state, INT64_MAX), "unknown");
}

static void check_moment(int64_t moment)
{
	char wanted[40];
	struct tm calendar;
	time_t seconds = (time_t)moment;
	gmtime_r(&seconds, &calendar);
	strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &calendar);
	test_row("%s", wanted);

	int64_t read_back = -1;
	char *text = when_format_time(NULL, moment);
	assert_string_equal(text, wanted);
	assert_true(when_parse_time(text, &read_back, NULL));
	assert_true(read_back == moment);
	talloc_free(text);
}

static void calendar_is_that_of_the_c_library(void **state)
{
	(void)state;
	for (int64_t moment = 0; moment <= 253402300799; moment += 7 * WHEN_DAY + 3601)
		check_moment(moment);
	for (int64_t day = 0; day < 4 * 366; day++) { /* 2100 is no leap year */
		check_moment(4039372800 + day * WHEN_DAY);
		check_moment(4039372800 + day * WHEN_DAY - 1);
	}
	test_row("%s", "");
}

static void durations_are_written_for_people(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{0, "0s"},
		{-1, "0s"},
		{NO_TIME, "0s"},
		{1, "1s"},
		{45, "45s"},
		{59, "59s"},
		{60, "1m"},
		{90, "1m 30s"},
		{119, "1m 59s"},
		{120, "2m"},
		{179, "2m"},
		{900, "15m"},
		{3599, "59m"},
		{3600, "1h"},
		{3659, "1h"},
		{3660, "1h 1m"},
		{7500, "2h 5m"},
		{86399, "23h 59m"},
		{86400, "1d"},
		{89999, "1d"},
		{90000, "1d 1h"},
		{273600, "3d 4h"},
		{604800, "7d"},
		{INT64_MAX, "106751991167300d 15h"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].text);
		assert_string_equal(
			when_format_duration(*state, rows[i].seconds), rows[i].text);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(durations_are_read),
		sentence(durations_that_are_none_are_refused),
		sentence(refusal_says_what_would_be_right),
		sentence(times_are_read),
		sentence(times_that_are_none_are_refused),
		sentence(times_are_written),
		sentence(calendar_is_that_of_the_c_library),
		sentence(durations_are_written_for_people),
	};
	return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
