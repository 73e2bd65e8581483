/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "comma.h"
#include "core/range.h"

static const struct {
	const char *text;
	double start, end;
	bool inside;
	const char *formatted;
} good_rows[] = {
	{"6", 0, 6, false, "6"},
	{"0", 0, 0, false, "0"},
	{"1:12", 1, 12, false, "1:12"},
	{"-7:23", -7, 23, false, "-7:23"},
	{":5.75", 0, 5.75, false, "5.75"},
	{"0:10", 0, 10, false, "10"},
	{"10:", 10, INFINITY, false, "10:"},
	{"0:", 0, INFINITY, false, "0:"},
	{"-0:0", 0, 0, false, "0"},
	{"~:-95.99", -INFINITY, -95.99, false, "~:-95.99"},
	{"12345678901234567890:", 12345678901234567890.0, INFINITY, false,
		"12345678901234567168:"},
	{"~:0", -INFINITY, 0, false, "~:0"},
	{"~:", -INFINITY, INFINITY, false, "~:"},
	{"@0:657.8210567", 0, 657.8210567, true, "@657.8210567"},
	{"@1:1", 1, 1, true, "@1:1"},
	{"1:1", 1, 1, false, "1:1"},
	{"@10", 0, 10, true, "@10"},
	{"@~:5", -INFINITY, 5, true, "@~:5"},
	{"@5:", 5, INFINITY, true, "@5:"},
	{".5:1.", 0.5, 1, false, "0.5:1"},
	{"0.1:0.3", 0.1, 0.3, false, "0.1:0.3"},
};

static const char *const bad_rows[] = {
	"2:1",
	"",
	":",
	"@",
	"~",
	"@:",
	"@~",
	"1e5",
	"0x10",
	"1,5",
	"nan",
	"inf",
	"1:2:3",
	"10%",
	"1:inf",
	"nan:1",
	"-inf:1",
	"infinity",
	" 1",
	"1 ",
	"1 :2",
	"1: 2",
	"\t1",
	"1\n",
	"+1",
	"--1",
	"1-",
	"-",
	".",
	"-.",
	"1.2.3",
	"1:~",
	"~1",
	"~~:1",
	"1~:2",
	"@@1",
	"1@",
	"-5",
	"@-5",
	"5:-",
	"a",
	"1:a",
	"a:1",
	"1s",
	"0:-0.001",
	"1_000",
};

static void check_good_rows(void *parent)
{
	for (size_t i = 0; i < sizeof(good_rows) / sizeof(good_rows[0]); i++) {
		struct range range;
		test_row("%s", good_rows[i].text);
		assert_true(range_parse(good_rows[i].text, &range, NULL));
		assert_true(range.start == good_rows[i].start);
		assert_true(range.end == good_rows[i].end);
		assert_int_equal(range.inside, good_rows[i].inside);
		assert_string_equal(range_format(parent, &range), good_rows[i].formatted);
	}
	test_row("%s", "");
}

static void ranges_of_the_guidelines_are_read_and_written(void **state)
{
	check_good_rows(*state);
}

static void refuses(const char *text)
{
	struct range range = {.start = 77};
	struct failure why = {.text = ""};
	test_row("\"%.60s\"", text);
	assert_false(range_parse(text, &range, &why));
	assert_true(range.start == 77);
	assert_int_equal(why.kind, FAIL_USAGE);
	assert_non_null(
		strstr(why.text, "is no range: 10, 5:10, 10: and @5:10 are some"));
	test_row("%s", "");
}

static void everything_else_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++)
		refuses(bad_rows[i]);
}

static void number_without_end_is_refused(void **state)
{
	char *digits = memory_array(*state, char, 128 * 1024 + 1);
	memset(digits, '9', 128 * 1024);
	refuses(digits);
	refuses(memory_format(*state, "%s:", digits));
	refuses(memory_format(*state, "-%s:1", digits));
}

static void decimal_comma_of_the_locale_does_not_matter(void **state)
{
	if (!comma_begin(*state))
		skip();
	check_good_rows(*state);
	refuses("1,5");
	comma_end();
}

static void alert_is_outside_or_with_an_at_sign_inside(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
		bool alerts;
	} rows[] = {
		{"10", -0.001, true},
		{"10", 0, false},
		{"10", 10, false},
		{"10", 10.001, true},
		{"10:", 9.9, true},
		{"10:", 10, false},
		{"10:", INFINITY, false},
		{"~:10", -INFINITY, false},
		{"~:10", -1e300, false},
		{"~:10", 11, true},
		{"10:20", 9, true},
		{"10:20", 10, false},
		{"10:20", 20, false},
		{"10:20", 21, true},
		{"@10:20", 9, false},
		{"@10:20", 10, true},
		{"@10:20", 20, true},
		{"@10:20", 21, false},
		{"0", 0, false},
		{"0", 1, true},
		{"@0", 0, true},
		{"@0", 1, false},
		{"~:", 5, false},
		{"@~:", 5, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct range range;
		test_row("%s with %g", rows[i].text, rows[i].value);
		assert_true(range_parse(rows[i].text, &range, NULL));
		assert_int_equal(range_alerts(&range, rows[i].value), rows[i].alerts);
	}
	test_row("%s", "");
}

static void what_is_not_a_number_always_alerts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_rows) / sizeof(good_rows[0]); i++) {
		struct range range;
		test_row("%s", good_rows[i].text);
		assert_true(range_parse(good_rows[i].text, &range, NULL));
		assert_true(range_alerts(&range, NAN));
		assert_true(range_alerts(&range, -NAN));
	}
	test_row("%s", "");
}

/* Numbers of every size: whole ones, short decimals, and any bits of a double. */
static double random_number(void)
{
	double whole = (double)random() - 1073741824;
	switch (random() % 4) {
	case 0:
		return whole;
	case 1:
		return whole / 1000;
	case 2:
		return (double)(random() % 100);
	}
	uint64_t bits =
		(uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
	double number;
	memcpy(&number, &bits, sizeof(number));
	return isfinite(number) ? number : 0;
}

static struct range random_range(void)
{
	double a = random_number(), b = random_number();
	struct range range = {a < b ? a : b, a < b ? b : a, random() % 2};
	if (random() % 8 == 0)
		range.start = -INFINITY;
	if (random() % 8 == 0)
		range.end = INFINITY;
	return range;
}

static void what_is_written_reads_back_as_the_same(void **state)
{
	const char *given = getenv("IMC_SEED");
	unsigned seed =
		given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	print_message("seed %u (IMC_SEED)\n", seed);
	srandom(seed);
	for (int i = 0; i < 10000; i++) {
		struct range range = random_range(), read_back;
		char *text = range_format(*state, &range);
		test_row("%.200s", text);
		assert_int_equal(strspn(text, "0123456789.-~:@"), strlen(text));
		assert_true(range_parse(text, &read_back, NULL));
		assert_true(read_back.start == range.start);
		assert_true(read_back.end == range.end);
		assert_int_equal(read_back.inside, range.inside);
		talloc_free(text);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(ranges_of_the_guidelines_are_read_and_written),
		sentence(everything_else_is_refused),
		sentence(number_without_end_is_refused),
		sentence(decimal_comma_of_the_locale_does_not_matter),
		sentence(alert_is_outside_or_with_an_at_sign_inside),
		sentence(what_is_not_a_number_always_alerts),
		sentence(what_is_written_reads_back_as_the_same),
	};
	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
