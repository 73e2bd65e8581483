/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "core/memory.h"
#include "scene.h"

/* What is made of evidence without logs: that of SNMP. */

static struct verdict *judged(void *parent, const struct evidence *evidence)
{
	struct policy *policy = memory_new(parent, struct policy);
	*policy = policy_default();
	return judge(parent, evidence, policy, SCENE_NOW);
}

static size_t times_said(const struct verdict *verdict, const char *words)
{
	size_t count = 0;
	for (const char *at = verdict->text; (at = strstr(at, words)) != NULL; at++)
		count++;
	for (size_t i = 0; i < verdict->note_count; i++)
		count += strstr(verdict->notes[i], words) != NULL;
	return count;
}

static void every_state_has_its_words(void **state)
{
	static const struct {
		enum service_state state;
		enum status status;
		const char *text;
	} rows[] = {
		{SERVICE_RUNNING, STATUS_OK, "service running, event log not watched"},
		{SERVICE_STOPPED, STATUS_CRITICAL,
			"service not among the running ones: stopped, starting, not "
			"installed, or named otherwise"},
		{SERVICE_PAUSED, STATUS_WARNING, "service paused"},
		{SERVICE_PAUSE_PENDING, STATUS_WARNING,
			"service pausing, since when is not known"},
		{SERVICE_CONTINUE_PENDING, STATUS_WARNING,
			"service continuing after a pause, since when is not known"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict *verdict =
			judged(*state, scene_without_logs(*state, rows[i].state));
		test_row("%s", service_state_name(rows[i].state));
		assert_string_equal(verdict->text, rows[i].text);
		assert_int_equal(verdict->status, rows[i].status);
		assert_int_equal(times_said(verdict, "event log not watched"), 1);
		assert_true(verdict->keys[KEY_LOG_NOT_OFFERED]);
		assert_null(verdict->advice);
	}
	test_row("%s", "");
}

static void who_wants_a_log_is_told_once_that_there_is_none(void **state)
{
	struct policy policy = policy_default();
	assert_true(policy_set_severities(&policy, "log-not-offered=warning", NULL));
	struct evidence *evidence = scene_without_logs(*state, SERVICE_RUNNING);
	struct verdict *verdict = judge(*state, evidence, &policy, SCENE_NOW);
	assert_int_equal(verdict->status, STATUS_WARNING);
	assert_int_equal(times_said(verdict, "event log not watched"), 1);
}

static void zero_that_nobody_counted_is_no_number(void **state)
{
	struct policy policy = policy_default();
	policy.has_warning = range_parse("1:", &policy.warning, NULL);
	assert_true(policy.has_warning);
	struct evidence *evidence = scene_without_logs(*state, SERVICE_RUNNING);
	struct verdict *verdict = judge(*state, evidence, &policy, SCENE_NOW);
	assert_false(verdict->keys[KEY_EVENTS]);
	assert_int_equal(verdict->status, STATUS_OK);
	evidence = scene(*state, SERVICE_RUNNING, "boot@2h 1000@119m");
	assert_true(judge(*state, evidence, &policy, SCENE_NOW)->keys[KEY_EVENTS]);
}

/* Where the log was read, that is where it comes from; SNMP has no part in it. */
static void what_a_log_tells_is_still_said_to_be_from_it(void **state)
{
	struct evidence *evidence =
		scene(*state, SERVICE_STOPPED, "boot@2h 1000@119m 1001@1h");
	evidence->service.is_inferred = true;
	struct verdict *verdict = judged(*state, evidence);
	assert_non_null(strstr(verdict->text, "service stopped (per log)"));
	assert_null(strstr(verdict->text, "not among the running ones"));
}

static void a_failure_is_named_where_nothing_was_learned(void **state)
{
	struct failure why;
	struct evidence *evidence = scene_without_logs(*state, SERVICE_UNKNOWN);
	fail_at(&why, FAIL_TIMEOUT, STAGE_CONNECT, "no answer from 192.0.2.1");
	evidence_fail_all(evidence, &why);
	struct verdict *verdict = judged(*state, evidence);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_int_equal(verdict->state_key, KEY_UNREACHABLE);
	assert_non_null(strstr(verdict->text, "no answer from 192.0.2.1"));
}

/* Seconds ago; NEVER: not known. */
enum { NEVER = -1 };

static int64_t moment(int64_t ago)
{
	return ago == NEVER ? NO_TIME : SCENE_NOW - ago;
}

static void a_pending_state_is_no_older_than_the_boot(void **state)
{
	static const struct {
		int64_t since, booted;
		enum status status;
		const char *says;
	} rows[] = {
		{7200, NEVER, STATUS_CRITICAL, "for 2h"},
		{7200, 7300, STATUS_CRITICAL, "for 2h"},
		{7200, 900, STATUS_CRITICAL, "for 15m"},
		{7200, 899, STATUS_WARNING, "for 14m"},
		{7200, 300, STATUS_WARNING, "for 5m"},
		{7200, 299, STATUS_OK, "for 4m"},
		{7200, 0, STATUS_OK, "for 0s"},
		{299, 7200, STATUS_OK, "for 4m"},
		{300, 7200, STATUS_WARNING, "for 5m"},
		{NEVER, NEVER, STATUS_WARNING, "since when is not known"},
		{NEVER, 7200, STATUS_WARNING, "since when is not known"},
		{NEVER, 300, STATUS_WARNING, "since when is not known"},
		{NEVER, 299, STATUS_OK, "since when is not known"},
		/* a boot in the future bounds nothing */
		{7200, -1200, STATUS_CRITICAL, "service pausing"},
		{NEVER, -1200, STATUS_WARNING, "service pausing"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evidence *evidence =
			scene_without_logs(*state, SERVICE_PAUSE_PENDING);
		evidence->state_since = moment(rows[i].since);
		evidence->booted_at = moment(rows[i].booted);
		struct verdict *verdict = judged(*state, evidence);
		test_row("row %zu: %s", i, verdict->text);
		assert_int_equal(verdict->status, rows[i].status);
		assert_non_null(strstr(verdict->text, rows[i].says));
		assert_true(verdict->boot_time == evidence->booted_at);
	}
	test_row("%s", "");
}

static void a_boot_is_bound_by_the_server_clock(void **state)
{
	struct evidence *evidence = scene_without_logs(*state, SERVICE_PAUSE_PENDING);
	evidence->clock_skew = WHEN_HOUR;
	evidence->state_since = SCENE_NOW - WHEN_HOUR;
	evidence->booted_at = SCENE_NOW + WHEN_HOUR - WHEN_MINUTE;
	assert_int_equal(judged(*state, evidence)->status, STATUS_OK);
	evidence->booted_at = SCENE_NOW - WHEN_MINUTE;
	assert_int_equal(judged(*state, evidence)->status, STATUS_CRITICAL);
}

/* A boot that a log tells of goes before what the server says. */
static void a_logged_boot_goes_before_one_that_was_told(void **state)
{
	struct evidence *evidence =
		scene(*state, SERVICE_RUNNING, "boot@2h 4071@119m 1000@1h");
	evidence->booted_at = SCENE_NOW - WHEN_MINUTE;
	struct verdict *verdict = judged(*state, evidence);
	assert_true(verdict->boot_time == SCENE_NOW - 2 * WHEN_HOUR);
	assert_int_equal(verdict->condition, CONDITION_RECOVERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(every_state_has_its_words),
		sentence(who_wants_a_log_is_told_once_that_there_is_none),
		sentence(zero_that_nobody_counted_is_no_number),
		sentence(what_a_log_tells_is_still_said_to_be_from_it),
		sentence(a_failure_is_named_where_nothing_was_learned),
		sentence(a_pending_state_is_no_older_than_the_boot),
		sentence(a_boot_is_bound_by_the_server_clock),
		sentence(a_logged_boot_goes_before_one_that_was_told),
	};
	return cmocka_run_group_tests_name("judge_no_log", tests, NULL, NULL);
}
