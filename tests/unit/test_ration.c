/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/ration.h"

enum { LIMIT = 3, MINUTE = 60000, START = 500000 };

static unsigned said(struct ration *ration, unsigned times, int64_t now)
{
	unsigned count = 0;
	for (unsigned i = 0; i < times; i++)
		count += ration_take(ration, LIMIT, now);
	return count;
}

static void a_minute_has_so_many_and_the_others_are_counted(void **state)
{
	struct ration ration = {0};
	(void)state;
	assert_int_equal(said(&ration, 2, START), 2);
	assert_int_equal(said(&ration, 5, START + 1000), 1);
	assert_int_equal(ration_settle(&ration, START + MINUTE - 1), 0);
	assert_int_equal(said(&ration, 1, START + MINUTE - 1), 0);
	assert_int_equal(ration_settle(&ration, START + MINUTE), 5);
	assert_int_equal(ration_settle(&ration, START + 2 * MINUTE), 0);
	assert_int_equal(said(&ration, 5, START + MINUTE), LIMIT);
}

static void few_in_a_minute_are_all_said(void **state)
{
	struct ration ration = {0};
	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(said(&ration, LIMIT, START + i * MINUTE), LIMIT);
		assert_int_equal(ration_settle(&ration, START + i * MINUTE), 0);
	}
}

/* What was not said comes before more is. */
static void what_was_left_out_is_not_forgotten(void **state)
{
	struct ration ration = {0};
	(void)state;
	assert_int_equal(said(&ration, LIMIT + 2, START), LIMIT);
	assert_int_equal(said(&ration, 1, START + 10 * MINUTE), 0);
	assert_int_equal(ration_settle(&ration, START + 10 * MINUTE), 3);
	assert_int_equal(said(&ration, LIMIT, START + 10 * MINUTE), LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_minute_has_so_many_and_the_others_are_counted),
		sentence(few_in_a_minute_are_all_said),
		sentence(what_was_left_out_is_not_forgotten),
	};
	return cmocka_run_group_tests_name("ration", tests, NULL, NULL);
}
