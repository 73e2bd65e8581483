/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "far_rows.h"
#include "source/far_cell.h"

static void moments_are_parsed_strictly(void **state)
{
	(void)state;
	static const struct {
		const char *label;
		size_t length;
		uint8_t octets[12];
		int64_t moment; /* NO_TIME: refused */
	} rows[] = {
		{"UTC", 11, {7, 234, 11, 22, 9, 0, 0, 0, '+', 0, 0}, FAR_NOW},
		{"no zone", 8, {7, 234, 11, 22, 9, 0, 0, 9}, FAR_NOW},
		{"east", 11, {7, 234, 11, 22, 10, 30, 0, 0, '+', 1, 30}, FAR_NOW},
		{"west", 11, {7, 234, 11, 22, 4, 0, 0, 0, '-', 5, 0}, FAR_NOW},
		{"leap second", 11, {7, 234, 11, 22, 8, 59, 60, 0, '+', 0, 0},
			FAR_NOW - 1},
		{"zeros", 11, {0, 0, 0, 0, 0, 0, 0, 0, '+', 0, 0}, NO_TIME},
		{"month", 11, {7, 234, 13, 22, 9, 0, 0, 0, '+', 0, 0}, NO_TIME},
		{"big month", 11, {7, 234, 211, 22, 9, 0, 0, 0, '+', 0, 0}, NO_TIME},
		{"day", 11, {7, 234, 11, 31, 9, 0, 0, 0, '+', 0, 0}, NO_TIME},
		{"hour", 11, {7, 234, 11, 22, 24, 0, 0, 0, '+', 0, 0}, NO_TIME},
		{"minute", 11, {7, 234, 11, 22, 9, 60, 0, 0, '+', 0, 0}, NO_TIME},
		{"second", 11, {7, 234, 11, 22, 9, 0, 61, 0, '+', 0, 0}, NO_TIME},
		{"tenth", 11, {7, 234, 11, 22, 9, 0, 0, 10, '+', 0, 0}, NO_TIME},
		{"sign", 11, {7, 234, 11, 22, 9, 0, 0, 0, '*', 0, 0}, NO_TIME},
		{"zone", 11, {7, 234, 11, 22, 9, 0, 0, 0, '+', 15, 0}, NO_TIME},
		{"zone's minute", 11, {7, 234, 11, 22, 9, 0, 0, 0, '+', 0, 60}, NO_TIME},
		{"year 1969", 11, {7, 177, 12, 31, 23, 0, 0, 0, '+', 0, 0}, NO_TIME},
		{"before 1970", 11, {7, 178, 1, 1, 0, 0, 0, 0, '+', 1, 0}, NO_TIME},
		{"year 65535", 11, {255, 255, 11, 22, 9, 0, 0, 0, '+', 0, 0}, NO_TIME},
		{"empty", 0, {0}, NO_TIME},
		{"short", 7, {7, 234, 11, 22, 9, 0, 0}, NO_TIME},
		{"no minutes", 10, {7, 234, 11, 22, 9, 0, 0, 0, '+', 0}, NO_TIME},
		{"long", 12, {7, 234, 11, 22, 9, 0, 0, 0, '+', 0, 0, 0}, NO_TIME},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].label);
		int64_t moment = NO_TIME;
		bool is_one = far_cell_moment(
			(struct bytes){rows[i].octets, rows[i].length}, &moment);
		assert_int_equal(is_one, rows[i].moment != NO_TIME);
		if (is_one)
			assert_int_equal(moment, rows[i].moment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(moments_are_parsed_strictly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
