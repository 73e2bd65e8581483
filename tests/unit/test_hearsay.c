/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/catalogue.h"
#include "core/hearsay.h"
#include "core/judge.h"
#include "core/told.h"
#include "scene.h"

enum { NOW = SCENE_NOW, ID_4071 = 0x40000FE7 };

static struct hearsay heard(int64_t ago)
{
	struct hearsay hearsay = {.count = 0};
	assert_true(hearsay_add(&hearsay, ID_4071, NOW - ago));
	return hearsay;
}

static struct evidence *without_application(
	void *parent, enum service_state state, const char *events)
{
	struct evidence *evidence = scene(parent, state, events);
	struct failure why;
	fail_at(&why, FAIL_DENIED, STAGE_APPLICATION, "access denied");
	evidence_failed(evidence, PART_APPLICATION, &why);
	return evidence;
}

/* As server.c does it. */
static struct verdict *with(void *parent, struct hearsay *hearsay,
	const struct evidence *evidence, const struct policy *policy)
{
	struct verdict *verdict = judge(parent, evidence, policy, NOW);
	hearsay_outdate(hearsay, verdict, NOW);
	return hearsay_judge(parent, hearsay, verdict, NOW);
}

/* --- what is kept --- */

static void only_4071_is_kept(void **state)
{
	static const uint32_t others[] = {0, 1, 1000, 1001, 4007, 4070, 4072, 4102,
		0x0FE70000, 0xFFFFFFFF, 0x400003E8};
	static const uint32_t right[] = {4071, 0xC0000FE7, 0x40000FE7, 0x80000FE7};
	struct hearsay hearsay = {.count = 0};
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(hearsay_add(&hearsay, others[i], NOW));
	assert_int_equal(hearsay.count, 0);
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_true(hearsay_add(&hearsay, right[i], NOW + (int64_t)i * 60));
	assert_int_equal(hearsay.count, 4);
}

static void many_leave_the_newest_and_the_same_is_one(void **state)
{
	struct hearsay hearsay = {.count = 0};
	(void)state;
	for (int i = 0; i < 3 * HEARSAY_MAX; i++) {
		assert_true(hearsay_add(&hearsay, ID_4071, NOW + i * 60));
		assert_false(hearsay_add(&hearsay, ID_4071, NOW + i * 60 + 1));
		assert_false(hearsay_add(&hearsay, 0xC0000FE7, NOW + i * 60 + 10));
	}
	assert_int_equal(hearsay.count, HEARSAY_MAX);
	for (int i = 0; i < HEARSAY_MAX; i++)
		assert_int_equal(
			hearsay.events[i].heard_at, NOW + (2 * HEARSAY_MAX + i) * 60);
	/* the clock was set back: that is no repeat */
	assert_true(hearsay_add(&hearsay, ID_4071, NOW));
}

static void it_goes_after_a_day_or_with_the_next_boot(void **state)
{
	static const struct {
		int64_t ago, booted_ago; /* -1: not known */
		bool is_kept;
	} rows[] = {
		{0, -1, true},
		{HEARSAY_LASTS, -1, true},
		{HEARSAY_LASTS + 1, -1, false},
		{60, 61, true},
		{60, 60, true},
		{60, 59, false},
		{60, 0, false},
		{-60, -1, true},
		{-60, 0, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		struct hearsay hearsay = heard(rows[i].ago);
		struct verdict verdict = {.evidence = scene_without_logs(*state, 1),
			.boot_time = rows[i].booted_ago < 0 ? NO_TIME
							    : NOW - rows[i].booted_ago};
		hearsay_outdate(&hearsay, &verdict, NOW);
		assert_int_equal(hearsay.count, rows[i].is_kept);
		if (rows[i].is_kept)
			assert_true(hearsay.events[0].heard_at <= NOW);
	}
	test_row("%s", "");
}

/* --- what becomes of a verdict --- */

static void a_verdict_gets_worse_and_says_why(void **state)
{
	static const struct {
		enum service_state state;
		const char *events;
		enum status before, status;
		enum key key;
	} rows[] = {
		{SERVICE_STOPPED, "boot@3h", STATUS_CRITICAL, STATUS_CRITICAL,
			KEY_ACTIVE},
		{SERVICE_UNKNOWN, "boot@3h", STATUS_UNKNOWN, STATUS_CRITICAL, KEY_ACTIVE},
		{SERVICE_START_PENDING, "boot@3h", STATUS_WARNING, STATUS_CRITICAL,
			KEY_ACTIVE},
		{SERVICE_RUNNING, "boot@3h", STATUS_UNKNOWN, STATUS_WARNING,
			KEY_RECOVERED_UNKNOWN},
		{SERVICE_RUNNING, "boot@65m", STATUS_UNKNOWN, STATUS_WARNING,
			KEY_RECOVERED_AUTOMATIC},
		{SERVICE_RUNNING, "", STATUS_UNKNOWN, STATUS_WARNING,
			KEY_RECOVERED_UNKNOWN},
	};
	struct policy policy = policy_default();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		struct hearsay hearsay = heard(3600);
		struct evidence *evidence =
			without_application(*state, rows[i].state, rows[i].events);
		struct verdict *before = judge(*state, evidence, &policy, NOW);
		assert_int_equal(before->status, rows[i].before);
		struct verdict *verdict = with(*state, &hearsay, evidence, &policy);
		assert_int_equal(verdict->status, rows[i].status);
		assert_int_equal(verdict->state_key, rows[i].key);
		assert_true(verdict->keys[KEY_TOLD_BY_TRAP]);
		assert_non_null(strstr(verdict->text, "told by a trap"));
		assert_int_equal(hearsay.count, 1);
		assert_false(evidence->has_hearsay);
	}
	test_row("%s", "");
}

static void attempts_are_of_logs_only(void **state)
{
	struct hearsay hearsay = heard(60);
	struct policy policy = policy_default();
	struct evidence *evidence = without_application(
		*state, SERVICE_STOPPED, "boot@9h 4071@8h59m 1000@7h");
	struct verdict *verdict = with(*state, &hearsay, evidence, &policy);
	assert_true(verdict->keys[KEY_ACTIVE]);
	assert_int_equal(verdict->history->attempt_count, 2);
	assert_int_equal(verdict->history->attempts[0].record, 2);
	assert_int_equal(verdict->events_4071, 1);
	assert_int_equal(verdict->first_4071, verdict->last_4071);
	assert_int_equal(verdict->last_4071, NOW - 9 * WHEN_HOUR + 60);
	assert_int_equal(verdict->last_4071_record, 2);
	assert_int_equal(verdict->condition, CONDITION_ACTIVE);
	assert_int_equal(verdict->condition_by_log, CONDITION_PAST);
	assert_int_equal(evidence->logs[LOG_APPLICATION].event_count, 2);
}

/* Though 4071 goes first among the failures of one attempt. */
static void a_failure_of_the_log_stays_what_it_is(void **state)
{
	struct hearsay hearsay = heard(30);
	struct policy policy = policy_default();
	struct verdict *verdict = with(*state, &hearsay,
		without_application(*state, SERVICE_STOPPED, "boot@9h 4007@60s"),
		&policy);
	assert_true(verdict->keys[KEY_TOLD_BY_TRAP]);
	assert_int_equal(verdict->history->attempt_count, 1);
	assert_int_equal(verdict->history->attempts[0].failed_id & 0xFFFF, 4007);
	assert_int_equal(verdict->history->attempts[0].record, 2);
	assert_int_equal(verdict->last_4071, NO_TIME);
}

/* The log's is the better witness of the same, and an event that was put right by the
 * clock that was set back is not. */
static void what_the_log_tells_itself_is_not_told_by_a_trap(void **state)
{
	static const struct {
		const char *events;
		int64_t fixed_ago;
	} rows[] = {
		{"boot@3h 4071@2h59m", -1},
		{"boot@3h 4071@10s", 100},
		{"boot@3h 4071@+150s", 30},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		struct hearsay hearsay = heard(140);
		struct policy policy = policy_default();
		if (rows[i].fixed_ago >= 0)
			policy.fixed_since = NOW - rows[i].fixed_ago;
		struct verdict *verdict = with(*state, &hearsay,
			without_application(*state, SERVICE_STOPPED, rows[i].events),
			&policy);
		assert_int_equal(verdict->condition, CONDITION_ACTIVE);
		assert_int_equal(verdict->condition_by_log, CONDITION_ACTIVE);
		assert_false(verdict->keys[KEY_TOLD_BY_TRAP]);
		assert_null(strstr(verdict->text, "trap"));
		assert_int_equal(hearsay.count, 1);
	}
	test_row("%s", "");
}

/* The clock was set back, which nobody has read: the trap came after what is remembered
 * of the log, and after that was put right. */
static void a_trap_is_later_than_what_is_remembered(void **state)
{
	struct hearsay hearsay = heard(140);
	struct policy policy = policy_default();
	policy.fixed_since = NOW - 100;
	struct verdict *verdict = with(*state, &hearsay,
		without_application(*state, SERVICE_STOPPED, "boot@3h 1001@10s"),
		&policy);
	assert_int_equal(verdict->condition, CONDITION_ACTIVE);
	assert_true(verdict->keys[KEY_TOLD_BY_TRAP]);
}

static void what_is_older_than_the_lookback_is_not_told(void **state)
{
	struct hearsay hearsay = heard(7200);
	struct policy policy = policy_default();
	policy.lookback = 3600;
	policy.severity[KEY_TOLD_BY_TRAP] = STATUS_CRITICAL;
	struct verdict *verdict = with(
		*state, &hearsay, scene_without_logs(*state, SERVICE_RUNNING), &policy);
	assert_int_equal(verdict->status, STATUS_OK);
	assert_false(verdict->keys[KEY_TOLD_BY_TRAP]);
	assert_int_equal(hearsay.count, 1);
}

/* A finding of the same name that is worse; or one that says nothing new. */
static void what_differs_by_a_trap_says_so(void **state)
{
	static const struct {
		enum service_state state;
		enum status severity, status;
		bool is_maintenance;
		const char *text; /* NULL: no trap is told of */
	} rows[] = {
		{SERVICE_PAUSED, STATUS_OK, STATUS_WARNING, false, NULL},
		{SERVICE_PAUSED, STATUS_CRITICAL, STATUS_CRITICAL, false,
			"service paused; event 4071 at a start, told by a trap 1m ago"},
		{SERVICE_PAUSED, STATUS_CRITICAL, STATUS_OK, true,
			"in maintenance (else CRITICAL): service paused; event 4071 at a "
			"start, told by a trap 1m ago"},
		{SERVICE_STOPPED, STATUS_OK, STATUS_OK, true,
			"in maintenance (else CRITICAL): service stopped, event 4071 at "
			"a start, told by a trap 1m ago"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		struct hearsay hearsay = heard(60);
		struct policy policy = policy_default();
		policy.severity[KEY_TOLD_BY_TRAP] = rows[i].severity;
		policy.is_maintenance = rows[i].is_maintenance;
		struct verdict *verdict = with(*state, &hearsay,
			without_application(*state, rows[i].state, "boot@3h"), &policy);
		const char *text = rows[i].text;
		assert_int_equal(verdict->status, rows[i].status);
		assert_int_equal(verdict->keys[KEY_TOLD_BY_TRAP],
			text != NULL && !rows[i].is_maintenance);
		if (text == NULL)
			assert_null(strstr(verdict->text, "trap"));
		else
			assert_memory_equal(verdict->text, text, strlen(text));
	}
	test_row("%s", "");
}

static void a_readable_log_is_what_counts(void **state)
{
	struct hearsay hearsay = heard(60);
	struct policy policy = policy_default();
	struct verdict *verdict = with(*state, &hearsay,
		scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"), &policy);
	assert_int_equal(verdict->status, STATUS_OK);
	assert_false(verdict->keys[KEY_TOLD_BY_TRAP]);
	assert_int_equal(hearsay.count, 0);
}

static void a_boot_later_than_the_trap_ends_it(void **state)
{
	struct policy policy = policy_default();
	for (int skew = -7200; skew <= 7200; skew += 7200) {
		struct hearsay hearsay = heard(3600);
		struct evidence *evidence =
			without_application(*state, SERVICE_STOPPED, "boot@59m");
		evidence->logs[LOG_SYSTEM].events[0].time += skew;
		evidence->clock_skew = skew;
		struct verdict *verdict = with(*state, &hearsay, evidence, &policy);
		assert_false(verdict->keys[KEY_TOLD_BY_TRAP]);
		assert_int_equal(hearsay.count, 0);
	}
	struct hearsay hearsay = heard(3600);
	struct evidence *evidence = scene_without_logs(*state, SERVICE_RUNNING);
	evidence->booted_at = NOW - 3700;
	assert_true(with(*state, &hearsay, evidence, &policy)->keys[KEY_TOLD_BY_TRAP]);
	evidence->booted_at = NOW - 3500;
	assert_int_equal(with(*state, &hearsay, evidence, &policy)->status, STATUS_OK);
	assert_int_equal(hearsay.count, 0);
}

static void a_verdict_that_was_told_stays_as_it_is(void **state)
{
	struct hearsay hearsay = heard(60);
	struct policy policy = policy_default();
	struct evidence *evidence = scene_without_logs(*state, SERVICE_RUNNING);
	struct told told = {.status = STATUS_OK,
		.text = memory_copy(*state, "service running"),
		.condition = CONDITION_NONE,
		.last_4071 = NO_TIME,
		.boot_time = NO_TIME,
		.interval = 60};
	told.keys[KEY_RUNNING] = true;
	evidence->told = &told;
	struct verdict *verdict = with(*state, &hearsay, evidence, &policy);
	assert_int_equal(verdict->status, STATUS_OK);
	assert_false(verdict->keys[KEY_TOLD_BY_TRAP]);
	assert_int_equal(hearsay.count, 0);
}

/* The status with traps of so long ago, a minute apart, is no better than without. */
static void assert_no_better(void *parent, const struct evidence *evidence,
	const struct policy *policy, int64_t ago, int count)
{
	struct hearsay hearsay = {.count = 0};
	for (int i = 0; i < count; i++)
		hearsay_add(&hearsay, ID_4071, NOW - ago + i * 61);
	enum status before =
		judge(parent, evidence, policy, NOW)->status_without_maintenance;
	enum status after =
		with(parent, &hearsay, evidence, policy)->status_without_maintenance;
	assert_int_equal(status_worst(before, after), after);
}

static void try_traps(
	void *parent, const struct evidence *evidence, const struct policy *policy)
{
	for (int64_t ago = 0; ago <= HEARSAY_LASTS; ago += HEARSAY_LASTS / 6) {
		for (int count = 1; count <= HEARSAY_MAX + 1; count += 2)
			assert_no_better(parent, evidence, policy, ago, count);
	}
}

/* Whatever the server says, and whatever comes in as traps. */
static void no_trap_makes_a_verdict_better(void **state)
{
	static const char *const events[] = {"", "boot@3h", "boot@1m", "boot@9h 1000@8h",
		"boot@9h 4071@8h59m", "boot@9h 4071@8h59m 1000@8h", "boot@9h 4007@8h59m",
		"boot@9h 1000@8h 1001@1h", "boot@9h 1000@30s",
		"4071@2d boot@1d 1000@23h"};
	enum { SCENES = sizeof(events) / sizeof(events[0]) };
	struct policy policy = policy_default();
	for (size_t i = 0; i < SCENES * SERVICE_STATES; i++) {
		enum service_state at = SERVICE_STOPPED + i / SCENES;
		void *scratch = talloc_new(*state);
		test_row("%s, state %d", events[i % SCENES], at);
		policy.is_maintenance = !policy.is_maintenance;
		if (at < SERVICE_STATES)
			try_traps(scratch,
				without_application(scratch, at, events[i % SCENES]),
				&policy);
		talloc_free(scratch);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(only_4071_is_kept),
		sentence(many_leave_the_newest_and_the_same_is_one),
		sentence(it_goes_after_a_day_or_with_the_next_boot),
		sentence(a_verdict_gets_worse_and_says_why),
		sentence(attempts_are_of_logs_only),
		sentence(a_failure_of_the_log_stays_what_it_is),
		sentence(what_the_log_tells_itself_is_not_told_by_a_trap),
		sentence(a_trap_is_later_than_what_is_remembered),
		sentence(what_is_older_than_the_lookback_is_not_told),
		sentence(what_differs_by_a_trap_says_so),
		sentence(a_readable_log_is_what_counts),
		sentence(a_boot_later_than_the_trap_ends_it),
		sentence(a_verdict_that_was_told_stays_as_it_is),
		sentence(no_trap_makes_a_verdict_better),
	};
	return cmocka_run_group_tests_name("hearsay", tests, NULL, NULL);
}
