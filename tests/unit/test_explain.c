/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "check/explain.h"

static void all_32_bits_of_an_id_or_the_low_16_are_understood(void **state)
{
	static const uint32_t ids[] = {
		4071, 0xC0000FE7, 0x80000FE7, (uint32_t)-1073737753};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		test_row("%u", ids[i]);
		char *text;
		assert_true(explain(*state, ids[i], &text, NULL));
		assert_non_null(strstr(text, "Event 4071"));
		assert_non_null(strstr(text, "Q183178"));
		assert_non_null(strstr(text, "Internet Mail tab"));
	}
}

static void an_exit_code_is_explained(void **state)
{
	char *text;
	assert_true(explain(*state, 1066, &text, NULL));
	assert_non_null(strstr(text, "Exit code 1066"));
	assert_null(strstr(text, "Event"));
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void a_number_that_is_both_is_explained_twice(void **state)
{
	char *text;
	assert_true(explain(*state, 2140, &text, NULL));
	assert_non_null(strstr(text, "Event 2140"));
	assert_non_null(strstr(text, "Exit code 2140"));
}

static void event_4086_tells_of_local_system_too(void **state)
{
	char *text;
	assert_true(explain(*state, 4086, &text, NULL));
	assert_non_null(strstr(text, "LocalSystem"));
}

static void an_unknown_id_is_said_to_be_unknown(void **state)
{
	struct failure why;
	char *text;
	assert_false(explain(*state, 9999, &text, &why));
	assert_int_equal(why.kind, FAIL_ABSENT);
	assert_non_null(strstr(why.text, "9999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(all_32_bits_of_an_id_or_the_low_16_are_understood),
		sentence(an_exit_code_is_explained),
		sentence(a_number_that_is_both_is_explained_twice),
		sentence(event_4086_tells_of_local_system_too),
		sentence(an_unknown_id_is_said_to_be_unknown),
	};
	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
