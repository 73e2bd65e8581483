/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/policy.h"
#include "core/when.h"

static void the_worst_is_critical_then_warning_then_unknown_then_ok(void **state)
{
	(void)state;
	static const enum status order[] = {
		STATUS_OK, STATUS_UNKNOWN, STATUS_WARNING, STATUS_CRITICAL};
	for (size_t a = 0; a < STATUSES; a++)
		for (size_t b = 0; b < STATUSES; b++)
			assert_int_equal(
				status_worst(order[a], order[b]), order[a > b ? a : b]);
}

static void every_key_and_status_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum key key = 0; key < KEYS; key++) {
		assert_non_null(key_name(key));
		assert_non_null(key_help(key));
		for (enum key other = 0; other < key; other++)
			assert_string_not_equal(key_name(key), key_name(other));
	}
	for (enum status status = 0; status < STATUSES; status++) {
		enum status parsed;
		assert_true(status_parse(status_name(status), &parsed));
		assert_int_equal(parsed, status);
		assert_true(status_parse(status_word(status), &parsed));
		assert_int_equal(parsed, status);
	}
}

static void the_defaults_are_those_of_the_manual(void **state)
{
	(void)state;
	struct policy policy = policy_default();
	assert_int_equal(policy.lookback, 7 * WHEN_DAY);
	assert_int_equal(policy.boot_window, 900);
	assert_int_equal(policy.pending_warning, 300);
	assert_int_equal(policy.pending_critical, 900);
	assert_int_equal(policy.max_age, 3600);
	assert_int_equal(policy.fixed_since, NO_TIME);
	assert_int_equal(policy.severity[KEY_UNREACHABLE], STATUS_UNKNOWN);
	assert_int_equal(policy.severity[KEY_ACTIVE], STATUS_CRITICAL);
	assert_int_equal(policy.severity[KEY_RECOVERED_MANUAL], STATUS_OK);
}

static void severities_are_set_by_key_in_any_case(void **state)
{
	(void)state;
	struct policy policy = policy_default();
	assert_true(policy_set_severities(
		&policy, "unreachable=critical,LOG-SHORT=Warning,absent=2", NULL));
	assert_int_equal(policy.severity[KEY_UNREACHABLE], STATUS_CRITICAL);
	assert_int_equal(policy.severity[KEY_LOG_SHORT], STATUS_WARNING);
	assert_int_equal(policy.severity[KEY_ABSENT], STATUS_CRITICAL);
	assert_true(policy.is_severity_set[KEY_LOG_SHORT]);
	assert_false(policy.is_severity_set[KEY_PENDING]);
}

static void wrong_severities_are_refused_and_change_nothing(void **state)
{
	(void)state;
	static const char *const rows[] = {"", ",", "active", "active=", "=ok",
		"active=fine", "actives=ok", "active=ok,", "active=ok,,paused=ok",
		"active=ok;paused=ok", "active=4", "active=okokokokokokokokokok",
		"active =ok", "active=ok,x=ok"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("\"%s\"", rows[i]);
		struct policy policy = policy_default(), before = policy;
		struct failure why;
		assert_false(policy_set_severities(&policy, rows[i], &why));
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_memory_equal(&policy, &before, sizeof(policy));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(the_worst_is_critical_then_warning_then_unknown_then_ok),
		sentence(every_key_and_status_has_a_name_of_its_own),
		sentence(the_defaults_are_those_of_the_manual),
		sentence(severities_are_set_by_key_in_any_case),
		sentence(wrong_severities_are_refused_and_change_nothing),
	};
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
