/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/slots.h"
#include "agent/trouble.h"

enum { NOW = 5000 };

static void start_that_fails_is_not_repeated_within_a_second(void **state)
{
	struct trouble *trouble = trouble_new(*state);
	struct slots *slots = slots_new(*state);
	const struct lane *bad = slots_lane(slots, "rpc", "/etc/bad");
	const struct lane *good = slots_lane(slots, "rpc", "/etc/good");
	struct failure why = {FAIL_SYSTEM, STAGE_NONE, "no module"};
	assert_null(trouble_of(trouble, bad, NOW));
	assert_true(trouble_begins(trouble, bad, NOW, &why));
	assert_string_equal(trouble_of(trouble, bad, NOW + 999)->text, "no module");
	assert_null(trouble_of(trouble, good, NOW));
	assert_null(trouble_of(trouble, bad, NOW + 1000));
	assert_false(trouble_begins(trouble, bad, NOW + 1000, &why));
	assert_non_null(trouble_of(trouble, bad, NOW + 1500));
}

static void start_that_works_ends_it_and_is_news_once(void **state)
{
	struct trouble *trouble = trouble_new(*state);
	struct slots *slots = slots_new(*state);
	const struct lane *lanes[] = {slots_lane(slots, "rpc", "a"),
		slots_lane(slots, "rpc", "b"), slots_lane(slots, "rpc", "c")};
	struct failure why = {FAIL_SYSTEM, STAGE_NONE, "no process"};
	for (size_t i = 0; i < 3; i++)
		assert_true(trouble_begins(trouble, lanes[i], NOW, &why));
	assert_true(trouble_ends(trouble, lanes[1]));
	assert_false(trouble_ends(trouble, lanes[1]));
	assert_null(trouble_of(trouble, lanes[1], NOW));
	assert_non_null(trouble_of(trouble, lanes[0], NOW));
	assert_true(trouble_ends(trouble, lanes[2]));
	assert_true(trouble_ends(trouble, lanes[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(start_that_fails_is_not_repeated_within_a_second),
		sentence(start_that_works_ends_it_and_is_news_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
