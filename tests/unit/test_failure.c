/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/failure.h"

static void fail_says_why_and_returns_false(void **state)
{
	(void)state;
	struct failure why = {.stage = STAGE_PIPE};
	assert_false(fail(&why, FAIL_TIMEOUT, "no answer from %s in %d s", "exch01", 10));
	assert_int_equal(why.kind, FAIL_TIMEOUT);
	assert_int_equal(why.stage, STAGE_NONE);
	assert_string_equal(why.text, "no answer from exch01 in 10 s");
}

static void fail_at_names_the_stage(void **state)
{
	(void)state;
	struct failure why;
	assert_false(fail_at(&why, FAIL_DENIED, STAGE_SERVICE, "%s", "not allowed"));
	assert_int_equal(why.kind, FAIL_DENIED);
	assert_int_equal(why.stage, STAGE_SERVICE);
	assert_string_equal(why.text, "not allowed");
}

static void nobody_needs_to_ask_why(void **state)
{
	(void)state;
	assert_false(fail(NULL, FAIL_USAGE, "%s", "x"));
	assert_false(fail_at(NULL, FAIL_USAGE, STAGE_FILE, "%s", "x"));
}

static void long_reason_is_cut(void **state)
{
	struct failure why;
	char *text = memory_array(*state, char, 2 * sizeof(why.text));
	memset(text, 'x', 2 * sizeof(why.text) - 1);
	fail(&why, FAIL_USAGE, "%s", text);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
}

static void check_names(const char *(*name)(unsigned), unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		test_row("number %u", i);
		assert_non_null(name(i));
		assert_true(name(i)[0] != '\0');
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name(i), name(k));
	}
	test_row("%s", "");
}

static const char *kind_name(unsigned number)
{
	return failure_kind_name((enum failure_kind)number);
}

static const char *name_of_stage(unsigned number)
{
	return stage_name((enum stage)number);
}

static void every_kind_and_stage_has_a_name_of_its_own(void **state)
{
	(void)state;
	check_names(kind_name, FAILURE_KINDS);
	check_names(name_of_stage, STAGES);
}

static void names_are_the_ones_that_json_and_state_files_use(void **state)
{
	(void)state;
	assert_string_equal(failure_kind_name(FAIL_TIMEOUT), "timeout");
	assert_string_equal(failure_kind_name(FAIL_SYSTEM), "system");
	assert_string_equal(stage_name(STAGE_APPLICATION), "application-log");
	assert_string_equal(stage_name(STAGE_FILE), "file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(fail_says_why_and_returns_false),
		sentence(fail_at_names_the_stage),
		sentence(nobody_needs_to_ask_why),
		sentence(long_reason_is_cut),
		sentence(every_kind_and_stage_has_a_name_of_its_own),
		sentence(names_are_the_ones_that_json_and_state_files_use),
	};
	return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
