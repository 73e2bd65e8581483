/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "core/target.h"
#include "core/told.h"

enum { NOW = 2000000000, MAILBOX = 0xC0000FE7 };

struct world {
	struct evidence *evidence;
	struct told *told;
	struct policy policy;
};

/* A row of a service that runs, polled 10 s ago. */
static struct world world(void *parent)
{
	struct world world = {.evidence = evidence_new(parent, "EXCH01", "agent")};
	struct told *told = memory_new(world.evidence, struct told);
	*told = (struct told){
		.status = STATUS_OK,
		.keys[KEY_RUNNING] = true,
		.text = memory_copy(told, "service running, no event 4071 in 7d"),
		.last_4071 = NO_TIME,
		.boot_time = NO_TIME,
		.interval = 60,
		.age = 10,
	};
	world.told = world.evidence->told = told;
	world.evidence->service.state = SERVICE_RUNNING;
	world.evidence->observed_at = NOW - told->age;
	evidence_learned(world.evidence, PART_STATE);
	world.policy = policy_default();
	return world;
}

static struct verdict *judged(struct world *world)
{
	return judge(world->evidence, world->evidence, &world->policy, NOW);
}

/* --- what is told --- */

static void add_attempts(struct told *told)
{
	static struct told_attempt attempts[] = {
		{NOW - 3 * WHEN_DAY, 10, MAILBOX, TRIGGER_AUTOMATIC},
		{NOW - 2 * WHEN_DAY, 20, 4056, TRIGGER_MANUAL},
		{NOW - WHEN_HOUR, 30, MAILBOX, TRIGGER_AUTOMATIC},
	};
	told->attempts = attempts;
	told->attempt_count = 3;
	told->events_4071 = 2;
	told->last_4071 = NOW - WHEN_HOUR;
	told->last_4071_record = 30;
	told->boot_time = NOW - WHEN_HOUR - 60;
}

static struct world failed_at_the_boot(void *parent)
{
	struct world made = world(parent);
	struct told *told = made.told;
	add_attempts(told);
	told->status = STATUS_CRITICAL;
	told->keys[KEY_RUNNING] = false;
	told->keys[KEY_ACTIVE] = told->keys[KEY_LOG_SHORT] = true;
	told->text = memory_copy(told, "service stopped, event 4071");
	told->advice = memory_copy(told, "name a mailbox");
	told->condition = CONDITION_ACTIVE;
	told->trigger = TRIGGER_AUTOMATIC;
	told->cause_event = EVENT_NO_ADMIN_MAILBOX;
	made.evidence->service.state = SERVICE_STOPPED;
	made.evidence->state_since = NOW - 50;
	made.evidence->clock_skew = 7;
	return made;
}

static void verdict_is_the_one_that_was_told(void **state)
{
	struct world world = failed_at_the_boot(*state);
	struct verdict *verdict = judged(&world);
	assert_int_equal(verdict->status, STATUS_CRITICAL);
	assert_int_equal(verdict->status_without_maintenance, STATUS_CRITICAL);
	for (enum key key = 0; key < KEYS; key++)
		assert_int_equal(
			verdict->keys[key], key == KEY_ACTIVE || key == KEY_LOG_SHORT);
	assert_int_equal(verdict->state_key, KEY_ACTIVE);
	assert_int_equal(verdict->key_status[KEY_ACTIVE], STATUS_CRITICAL);
	assert_string_equal(verdict->text, "service stopped, event 4071");
	assert_string_equal(verdict->advice, "name a mailbox");
	assert_int_equal(verdict->condition, CONDITION_ACTIVE);
	assert_int_equal(verdict->trigger, TRIGGER_AUTOMATIC);
	assert_int_equal(verdict->cause, CAUSE_START_FAILURE);
	assert_int_equal(verdict->cause_event, 4071);
	assert_int_equal(verdict->events_4071, 2);
	assert_int_equal(verdict->last_4071, NOW - WHEN_HOUR);
	assert_int_equal(verdict->last_4071_record, 30);
	assert_int_equal(verdict->state_since, NOW - 50);
	assert_int_equal(verdict->boot_time, NOW - WHEN_HOUR - 60);
	assert_int_equal(verdict->server_now, NOW + 7);
	assert_int_equal(verdict->evidence_age, 10);
	assert_int_equal(verdict->note_count, 0);
}

static void attempts_that_were_told_are_its_history(void **state)
{
	struct world world = failed_at_the_boot(*state);
	const struct history *history = judged(&world)->history;
	assert_int_equal(history->attempt_count, 3);
	assert_int_equal(history->boot_count, 1);
	assert_int_equal(history->boots[0].counts_from, NOW - WHEN_HOUR - 60);
	const struct attempt *attempts = history->attempts;
	assert_true(attempts[0].is_4071 && !attempts[1].is_4071 && attempts[2].is_4071);
	assert_true(!attempts[0].is_since_boot && attempts[2].is_since_boot);
	assert_int_equal(attempts[1].failed_id, 4056);
	assert_int_equal(attempts[1].trigger, TRIGGER_MANUAL);
	assert_int_equal(attempts[2].failed_at, NOW - WHEN_HOUR);
	assert_int_equal(attempts[2].record, 30);
}

static void attempts_of_no_known_boot_are_all_since_it(void **state)
{
	struct world world = failed_at_the_boot(*state);
	world.told->boot_time = NO_TIME;
	const struct history *history = judged(&world)->history;
	assert_int_equal(history->boot_count, 0);
	assert_true(history->attempts[0].is_since_boot);
}

static void first_event_is_known_where_all_that_count_were_told(void **state)
{
	static const struct {
		unsigned counted;
		int64_t first;
	} rows[] = {
		{0, NO_TIME},
		{1, NOW - WHEN_HOUR},
		{2, NOW - 3 * WHEN_DAY},
		{3, NO_TIME},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%u of 2", rows[i].counted);
		struct world world = failed_at_the_boot(*state);
		world.told->events_4071 = rows[i].counted;
		assert_int_equal(judged(&world)->first_4071, rows[i].first);
	}
}

static void cause_is_of_the_events_kind(void **state)
{
	static const struct {
		uint32_t event;
		enum cause cause;
	} rows[] = {
		{0, CAUSE_NONE},
		{4071, CAUSE_START_FAILURE},
		{4056, CAUSE_START_FAILURE},
		{1001, CAUSE_STOPPED_CLEANLY},
		{7031, CAUSE_DIED},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("event %u", rows[i].event);
		struct world world = failed_at_the_boot(*state);
		world.told->cause_event = rows[i].event;
		assert_int_equal(judged(&world)->cause, rows[i].cause);
	}
}

/* --- the status --- */

static void every_status_is_taken_as_it_is_where_there_is_a_reason(void **state)
{
	for (enum status status = 0; status < STATUSES; status++) {
		for (enum key key = KEY_UNREACHABLE; key <= KEY_RUNNING; key++) {
			test_row("%s with %s", status_name(status), key_name(key));
			struct world made = world(*state);
			made.told->status = status;
			made.told->keys[KEY_RUNNING] = false;
			made.told->keys[key] = true;
			bool is_nothing =
				key == KEY_UNREACHABLE || key == KEY_STATE_UNREADABLE;
			assert_int_equal(judged(&made)->status,
				is_nothing ? status_worst(status, STATUS_UNKNOWN)
					   : status);
			assert_int_equal(judged(&made)->state_key, key);
		}
	}
}

static void nothing_learned_there_is_graded_here_too(void **state)
{
	static const struct {
		const char *severity;
		enum status told, status;
	} rows[] = {
		{"stale=ok", STATUS_OK, STATUS_UNKNOWN},
		{"stale=ok", STATUS_CRITICAL, STATUS_CRITICAL},
		{"unreachable=ok,state-unreadable=ok", STATUS_OK, STATUS_OK},
		{"unreachable=ok,state-unreadable=ok", STATUS_UNKNOWN, STATUS_UNKNOWN},
		{"unreachable=warning,state-unreadable=warning", STATUS_OK,
			STATUS_WARNING},
		{"unreachable=critical,state-unreadable=critical", STATUS_UNKNOWN,
			STATUS_CRITICAL},
	};
	static const enum key keys[] = {KEY_UNREACHABLE, KEY_STATE_UNREADABLE};
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		enum key key = keys[i % 2];
		test_row("%s, told as %s: %s", key_name(key),
			status_name(rows[i / 2].told), rows[i / 2].severity);
		struct world made = world(*state);
		made.told->status = rows[i / 2].told;
		made.told->keys[KEY_RUNNING] = false;
		made.told->keys[key] = true;
		assert_true(
			policy_set_severities(&made.policy, rows[i / 2].severity, NULL));
		struct verdict *verdict = judged(&made);
		assert_int_equal(verdict->status, rows[i / 2].status);
		assert_string_equal(verdict->text, made.told->text);
	}
}

static void ok_without_a_known_reason_is_unknown(void **state)
{
	struct world made = world(*state);
	made.told->keys[KEY_RUNNING] = false;
	made.told->keys[KEY_LOG_SHORT] = true;
	struct verdict *verdict = judged(&made);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_string_equal(verdict->text,
		"told as OK, for no reason that is known here: "
		"service running, no event 4071 in 7d");

	made.told->status = STATUS_WARNING; /* for a key of tomorrow */
	verdict = judged(&made);
	assert_int_equal(verdict->status, STATUS_WARNING);
	assert_string_equal(verdict->text, made.told->text);
}

static void text_that_is_empty_is_made_of_the_key(void **state)
{
	struct world made = world(*state);
	made.told->text[0] = '\0';
	assert_string_equal(judged(&made)->text, key_help(KEY_RUNNING));
	made.told->keys[KEY_RUNNING] = false;
	assert_true(strlen(judged(&made)->text) > 0);
}

static void server_that_was_not_polled_yet_is_unknown_and_not_stale(void **state)
{
	struct world made = world(*state);
	made.told->status = STATUS_UNKNOWN;
	made.told->keys[KEY_RUNNING] = false;
	made.told->text = memory_copy(made.told, "not polled yet");
	made.told->age = NO_TIME;
	struct verdict *verdict = judged(&made);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_string_equal(verdict->text, "not polled yet");
	for (enum key key = 0; key < KEYS; key++)
		assert_false(verdict->keys[key]);
}

/* --- how old it is --- */

static void it_is_stale_after_three_intervals(void **state)
{
	static const struct {
		int64_t interval, age;
		enum status status;
		const char *text;
	} rows[] = {
		{60, 0, STATUS_OK, "fine"},
		{60, 180, STATUS_OK, "fine"},
		{60, 181, STATUS_UNKNOWN, "evidence is 3m old; fine"},
		{86400, 200000, STATUS_OK, "fine"},
		{0, 1, STATUS_UNKNOWN, "evidence is 1s old; fine"},
		{60, UINT32_MAX, STATUS_UNKNOWN, "evidence is 49710d 6h old; fine"},
		{253402300799, 253402300799, STATUS_OK, "fine"},
		{60, NO_TIME, STATUS_UNKNOWN, "evidence is of an unknown age; fine"},
		{60, -1, STATUS_UNKNOWN, "evidence is of an unknown age; fine"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%lld s of %lld", (long long)rows[i].age,
			(long long)rows[i].interval);
		struct world made = world(*state);
		made.told->text = memory_copy(made.told, "fine");
		made.told->interval = rows[i].interval;
		made.told->age = rows[i].age;
		struct verdict *verdict = judged(&made);
		assert_int_equal(verdict->status, rows[i].status);
		assert_string_equal(verdict->text, rows[i].text);
		assert_int_equal(verdict->keys[KEY_STALE], rows[i].status != STATUS_OK);
		assert_true(verdict->keys[KEY_RUNNING]);
		assert_int_equal(
			verdict->evidence_age, rows[i].age < 0 ? 0 : rows[i].age);
	}
}

static void stale_never_hides_what_is_worse(void **state)
{
	struct world world = failed_at_the_boot(*state);
	world.told->age = WHEN_DAY;
	struct verdict *verdict = judged(&world);
	assert_int_equal(verdict->status, STATUS_CRITICAL);
	assert_true(verdict->keys[KEY_STALE] && verdict->keys[KEY_ACTIVE]);
	assert_string_equal(
		verdict->text, "evidence is 1d old; service stopped, event 4071");
}

static void severity_of_stale_is_this_sides(void **state)
{
	struct world made = world(*state);
	made.told->age = WHEN_DAY;
	assert_true(policy_set_severities(&made.policy, "stale=critical", NULL));
	assert_int_equal(judged(&made)->status, STATUS_CRITICAL);
}

/* The far side may have said so first, and its operator that it does not matter there. */
/* What check_imc(1) says of each: FAR AGENT. */
static void other_rules_of_this_side_do_not_count(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{"lookback", "1m"},
		{"boot-window", "1s"},
		{"pending", "0,0"},
		{"max-age", "1"},
		{"fixed-since", "2001-01-01"},
		{"warning", "@0:999"},
		{"critical", "@0:999"},
		{"severity", "active=ok,recovered-automatic=ok,running=critical"},
		{"severity", "log-short=critical,log-unreadable=critical,events=ok"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s = %s", rows[i].name, rows[i].value);
		struct target *target = target_new(*state);
		assert_true(
			target_setting(rows[i].name)->set(target, rows[i].value, NULL));
		struct world well = world(*state), ill = failed_at_the_boot(*state);
		well.policy = ill.policy = target->policy;
		assert_int_equal(judged(&well)->status, STATUS_OK);
		const struct verdict *verdict = judged(&ill);
		assert_int_equal(verdict->status, STATUS_CRITICAL);
		assert_int_equal(verdict->events_4071, 2);
		for (enum key key = 0; key < KEYS; key++)
			assert_int_equal(verdict->keys[key],
				key == KEY_ACTIVE || key == KEY_LOG_SHORT);
	}
	test_row("%s", "");
}

static void stale_of_the_far_side_does_not_excuse_ours(void **state)
{
	struct world made = world(*state);
	made.told->keys[KEY_STALE] = true;
	assert_int_equal(judged(&made)->status, STATUS_OK);
	made.told->age = WHEN_DAY;
	struct verdict *verdict = judged(&made);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_string_equal(verdict->text, made.told->text); /* which says it already */
}

static void unreachable_there_stays_as_it_was_told(void **state)
{
	struct world made = world(*state);
	made.told->status = STATUS_UNKNOWN;
	made.told->keys[KEY_RUNNING] = false;
	made.told->keys[KEY_UNREACHABLE] = true;
	made.told->text = memory_copy(made.told, "nothing could be learned");
	static const int64_t ages[] = {NO_TIME, 10, WHEN_DAY};
	for (size_t i = 0; i < 3; i++) {
		made.told->age = ages[i];
		struct verdict *verdict = judged(&made);
		assert_int_equal(verdict->status, STATUS_UNKNOWN);
		assert_string_equal(verdict->text, "nothing could be learned");
		assert_false(verdict->keys[KEY_STALE]);
		assert_int_equal(verdict->state_key, KEY_UNREACHABLE);
	}
}

/* --- maintenance --- */

static void maintenance_there_is_taken_with_a_note_of_its_age(void **state)
{
	struct world made = world(*state);
	made.told->keys[KEY_RUNNING] = false;
	made.told->keys[KEY_MAINTENANCE] = true;
	made.told->text = memory_copy(made.told, "in maintenance (else CRITICAL): down");
	struct verdict *verdict = judged(&made);
	assert_int_equal(verdict->status, STATUS_OK);
	assert_string_equal(verdict->text, "in maintenance (else CRITICAL): down");
	assert_int_equal(verdict->note_count, 0);

	made.told->age = WHEN_DAY;
	verdict = judged(&made);
	assert_int_equal(verdict->status, STATUS_OK);
	assert_int_equal(verdict->note_count, 1);
	assert_string_equal(verdict->notes[0], "evidence is 1d old");
}

static void state_file_that_fails_here_is_said(void **state)
{
	struct world made = world(*state);
	struct failure why;
	fail(&why, FAIL_SYSTEM, "the disk is full");
	evidence_failed(made.evidence, PART_MEMORY, &why);
	struct verdict *verdict = judged(&made);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_true(verdict->keys[KEY_STATE_FILE]);
	assert_string_equal(
		verdict->text, "the disk is full; service running, no event 4071 in 7d");
}

static void maintenance_here_is_all_that_counts(void **state)
{
	struct world world = failed_at_the_boot(*state);
	world.told->age = WHEN_DAY;
	world.policy.is_maintenance = true;
	struct verdict *verdict = judged(&world);
	assert_int_equal(verdict->status, STATUS_OK);
	assert_int_equal(verdict->status_without_maintenance, STATUS_CRITICAL);
	for (enum key key = 0; key < KEYS; key++)
		assert_int_equal(verdict->keys[key], key == KEY_MAINTENANCE);
	assert_string_equal(verdict->text,
		"in maintenance (else CRITICAL): evidence is 1d old; "
		"service stopped, event 4071");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(verdict_is_the_one_that_was_told),
		sentence(attempts_that_were_told_are_its_history),
		sentence(attempts_of_no_known_boot_are_all_since_it),
		sentence(first_event_is_known_where_all_that_count_were_told),
		sentence(cause_is_of_the_events_kind),
		sentence(every_status_is_taken_as_it_is_where_there_is_a_reason),
		sentence(nothing_learned_there_is_graded_here_too),
		sentence(ok_without_a_known_reason_is_unknown),
		sentence(text_that_is_empty_is_made_of_the_key),
		sentence(server_that_was_not_polled_yet_is_unknown_and_not_stale),
		sentence(it_is_stale_after_three_intervals),
		sentence(stale_never_hides_what_is_worse),
		sentence(severity_of_stale_is_this_sides),
		sentence(other_rules_of_this_side_do_not_count),
		sentence(stale_of_the_far_side_does_not_excuse_ours),
		sentence(unreachable_there_stays_as_it_was_told),
		sentence(maintenance_there_is_taken_with_a_note_of_its_age),
		sentence(state_file_that_fails_here_is_said),
		sentence(maintenance_here_is_all_that_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
