/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "agent/trap_writers.h"

enum { GROUP = 4711, MEMBER = 4712, STRANGER = 4713, OVERFLOW_ID = 65534 };

static void who_may(void **state)
{
	const struct trap_writers group = {true, GROUP, {MEMBER, OVERFLOW_ID}, 2};
	const struct trap_writers overflow = {.has_group = true, .group = OVERFLOW_ID};
	const struct trap_writers nobody = {.has_group = false};
	const struct {
		const struct trap_writers *writers;
		uid_t user;
		gid_t group;
		bool may;
	} rows[] = {
		{&group, 0, STRANGER, true},
		{&group, geteuid(), STRANGER, true},
		{&group, STRANGER, GROUP, true},
		{&group, MEMBER, STRANGER, true},
		{&group, STRANGER, STRANGER, false},
		{&group, STRANGER, MEMBER, false},
		{&group, STRANGER, 0, false},
		{&nobody, 0, 0, true},
		{&nobody, geteuid(), STRANGER, true},
		{&nobody, MEMBER, GROUP, false},
		{&nobody, STRANGER, 0, false},
		{&overflow, STRANGER, OVERFLOW_ID, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		assert_int_equal(
			trap_writers_have(rows[i].writers, rows[i].user, rows[i].group),
			rows[i].may);
	}
	test_row("%s", "");
	if (geteuid() == OVERFLOW_ID)
		return; /* then it is our own user */
	assert_false(trap_writers_have(&group, OVERFLOW_ID, STRANGER));
	assert_false(trap_writers_have(&group, OVERFLOW_ID, GROUP));
}

static void a_group_has_a_name_or_a_number(void **state)
{
	struct trap_writers found;
	struct failure why;
	(void)state;
	assert_true(trap_writers_find("root", &found, &why));
	assert_true(found.has_group);
	assert_int_equal(found.group, 0);
	assert_true(trap_writers_find("4711", &found, &why));
	assert_true(found.has_group);
	assert_int_equal(found.group, GROUP);
	assert_int_equal(found.member_count, 0);
	assert_true(trap_writers_find(NULL, &found, &why));
	assert_false(found.has_group);
}

static void what_is_none_is_nobody(void **state)
{
	static const struct {
		const char *group, *text;
	} rows[] = {
		{"there-is-no-such-group", "there is no group there-is-no-such-group"},
		{"4711x", "there is no group 4711x"},
		{"-1", "there is no group -1"},
		{"4294967295", "there is no group 4294967295"},
		{"99999999999999999999999", "there is no group 9999"},
		{"", "there is no group "},
		{"65534", "group 65534 is what the kernel calls all groups"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trap_writers found = {true, GROUP, {MEMBER}, 1};
		struct failure why;
		test_row("%s", rows[i].group);
		assert_false(trap_writers_find(rows[i].group, &found, &why));
		assert_non_null(strstr(why.text, rows[i].text));
		assert_false(trap_writers_have(&found, MEMBER + 10, GROUP));
		assert_false(found.has_group);
		assert_int_equal(found.member_count, 0);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(who_may),
		sentence(a_group_has_a_name_or_a_number),
		sentence(what_is_none_is_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
