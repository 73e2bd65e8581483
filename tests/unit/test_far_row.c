/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "far_rows.h"

static struct evidence *told(void *parent, const struct far_row *row)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "agent");
	struct failure why = {.text = ""};
	if (!far_row_tell(row, FAR_NOW, evidence, &why))
		fail_msg("refused: %s", why.text);
	return evidence;
}

/* --- a row that is right --- */

static void row_becomes_evidence(void **state)
{
	struct evidence *evidence = told(*state, failed_row(*state));
	const struct service *service = &evidence->service;
	assert_int_equal(service->state, SERVICE_STOPPED);
	assert_false(service->is_inferred);
	assert_int_equal(service->start_type, START_AUTOMATIC);
	assert_string_equal(service->start_account, "EXDOM\\exsvc");
	assert_true(service->has_exit_codes);
	assert_int_equal(service->win32_exit, 1066);
	assert_int_equal(service->specific_exit, 2140);
	assert_int_equal(evidence->state_since, FAR_NOW - 58 * WHEN_MINUTE);
	assert_int_equal(evidence->observed_at, FAR_NOW - 10);
	assert_int_equal(evidence->clock_skew, -7);
	assert_string_equal(evidence->smb_level, "NT1 unsigned");
	const struct log *log = &evidence->logs[LOG_APPLICATION];
	assert_int_equal(log->reaches_back_to, FAR_NOW - 8 * WHEN_HOUR);
	assert_true(log->is_wrapped);
	assert_false(log->was_cleared);
	static const enum knowledge parts[PARTS] = {
		[PART_STATE] = LEARNED,
		[PART_CONFIG] = LEARNED,
		[PART_APPLICATION] = LEARNED,
		[PART_CLOCK] = LEARNED,
	};
	for (enum part part = 0; part < PARTS; part++) {
		test_row("%s", part_name(part));
		assert_int_equal(evidence->parts[part].knowledge, parts[part]);
	}
}

static void row_becomes_a_verdict_that_was_told(void **state)
{
	const struct told *told_row = told(*state, failed_row(*state))->told;
	assert_int_equal(told_row->status, STATUS_CRITICAL);
	for (enum key key = 0; key < KEYS; key++)
		assert_int_equal(
			told_row->keys[key], key == KEY_ACTIVE || key == KEY_LOG_SHORT);
	assert_string_equal(told_row->text, "service stopped, event 4071");
	assert_string_equal(told_row->advice, "name a mailbox");
	assert_int_equal(told_row->condition, CONDITION_ACTIVE);
	assert_int_equal(told_row->trigger, TRIGGER_AUTOMATIC);
	assert_int_equal(told_row->events_4071, 3);
	assert_int_equal(told_row->last_4071, FAR_NOW - 59 * WHEN_MINUTE);
	assert_int_equal(told_row->last_4071_record, 77);
	assert_int_equal(told_row->cause_event, 4071);
	assert_int_equal(told_row->boot_time, FAR_NOW - WHEN_HOUR);
	assert_int_equal(told_row->interval, 60);
	assert_int_equal(told_row->age, 10);
}

static void row_that_was_not_polled_is_told_as_such(void **state)
{
	struct evidence *evidence = told(*state, fresh_row(*state));
	assert_int_equal(evidence->told->status, STATUS_UNKNOWN);
	assert_int_equal(evidence->told->age, NO_TIME);
	assert_int_equal(evidence->observed_at, NO_TIME);
	for (size_t i = 0; i < SERVER_PARTS; i++) {
		const struct part_report *part = &evidence->parts[server_parts[i]];
		assert_int_equal(part->knowledge, NOT_LEARNED);
		assert_string_equal(
			part->why.text, "the imc-agentd at gateway says: not polled yet");
	}
	struct policy policy = policy_default();
	struct verdict *verdict = judge(*state, evidence, &policy, FAR_NOW);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_string_equal(verdict->text, "not polled yet");
}

/* A central imc-agentd's row of a server that the far one has not polled yet. */
static void row_without_any_key_needs_no_age(void **state)
{
	struct far_row *row = fresh_row(*state);
	row->cells[FAR_KEYS] = words("");
	struct evidence *evidence = told(*state, row);
	struct policy policy = policy_default();
	struct verdict *verdict = judge(*state, evidence, &policy, FAR_NOW);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_string_equal(verdict->text, "not polled yet");
	assert_int_equal(evidence->parts[PART_STATE].knowledge, NOT_LEARNED);
}

static void unreachable_there_has_the_reason_from_there(void **state)
{
	struct far_row *row = fresh_row(*state);
	row->cells[FAR_KEYS] = words("unreachable");
	row->cells[FAR_STATUS_TEXT] = words("nothing could be learned (connect): no");
	row->cells[FAR_FAILED_POLLS] = gauge(4);
	row->cells[FAR_FAILURE_KIND] = integer(FAIL_REFUSED + 1);
	row->cells[FAR_FAILURE_TEXT] = words("10.0.0.1 refuses connections");
	struct evidence *evidence = told(*state, row);
	assert_string_equal(
		evidence->told->text, "nothing could be learned (connect): no");
	for (size_t i = 0; i < SERVER_PARTS; i++) {
		const struct part_report *part = &evidence->parts[server_parts[i]];
		assert_int_equal(part->knowledge, NOT_LEARNED);
		assert_int_equal(part->why.kind, FAIL_REFUSED);
		assert_string_equal(part->why.text,
			"the imc-agentd at gateway says: 10.0.0.1 refuses connections");
	}
}

static void polls_that_failed_since_are_said(void **state)
{
	static const struct {
		const char *keys, *text;
		int64_t failed;
		const char *said;
	} rows[] = {
		{"active", "it is down", 0, "it is down"},
		{"active", "it is down", 1, "it is down; 1 poll failed since"},
		{"active", "it is down", 7, "it is down; 7 polls failed since"},
		{"maintenance", "it is down", 7, "it is down; 7 polls failed since"},
		{"active", "", 2, "2 polls failed since"},
		{NULL, "not polled yet", 2, "not polled yet"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].said);
		struct far_row *row = failed_row(*state);
		row->cells[FAR_KEYS] = (struct snmp_cell){0};
		if (rows[i].keys != NULL)
			row->cells[FAR_KEYS] = words(rows[i].keys);
		row->cells[FAR_STATUS_TEXT] = words(rows[i].text);
		row->cells[FAR_FAILED_POLLS] = gauge(rows[i].failed);
		row->cells[FAR_FAILURE_KIND] =
			integer(rows[i].failed > 0 ? FAIL_TIMEOUT + 1 : 0);
		assert_string_equal(told(*state, row)->told->text, rows[i].said);
	}
}

static void parts_follow_from_keys_and_columns(void **state)
{
	static const struct {
		const char *keys;
		enum part part;
		enum far_column column; /* that is not there; FAR_STATUS: all are */
		enum knowledge knowledge;
	} rows[] = {
		{"active,log-unreadable", PART_APPLICATION, FAR_EVENTS_4071, NOT_LEARNED},
		{"active,log-not-offered", PART_APPLICATION, FAR_EVENTS_4071,
			NOT_OFFERED},
		{"active,system-unreadable", PART_SYSTEM, FAR_STATUS, NOT_LEARNED},
		{"active", PART_SYSTEM, FAR_STATUS, NOT_OFFERED},
		{"active", PART_CLOCK, FAR_CLOCK_SKEW, NOT_OFFERED},
		{"maintenance", PART_APPLICATION, FAR_EVENTS_4071, NOT_OFFERED},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s: %s", rows[i].keys, part_name(rows[i].part));
		struct far_row *row = failed_row(*state);
		row->cells[FAR_KEYS] = words(rows[i].keys);
		if (rows[i].column != FAR_STATUS)
			row->cells[rows[i].column] = (struct snmp_cell){0};
		assert_int_equal(told(*state, row)->parts[rows[i].part].knowledge,
			rows[i].knowledge);
	}
}

static void part_of_the_start_type_follows_from_it(void **state)
{
	struct far_row *row = failed_row(*state);
	row->cells[FAR_START_TYPE] = integer(START_UNKNOWN);
	assert_int_equal(told(*state, row)->parts[PART_CONFIG].knowledge, NOT_OFFERED);
	row->cells[FAR_KEYS] = words("active,config-unreadable");
	assert_int_equal(told(*state, row)->parts[PART_CONFIG].knowledge, NOT_LEARNED);
}

static void state_that_is_not_known_was_not_learned(void **state)
{
	struct far_row *row = failed_row(*state);
	row->cells[FAR_SERVICE_STATE] = integer(SERVICE_UNKNOWN);
	row->cells[FAR_KEYS] = words("active");
	assert_int_equal(told(*state, row)->parts[PART_STATE].knowledge, NOT_LEARNED);
}

/* --- failed starts --- */

static void failed_starts_come_with_the_row(void **state)
{
	struct far_row *row = failed_row(*state);
	struct snmp_cell cells[FAR_EVENT_COLUMNS];
	far_event(*state, cells);
	assert_true(far_row_take_event(row, cells));
	const struct told *told_row = told(*state, row)->told;
	assert_int_equal(told_row->attempt_count, 1);
	assert_int_equal(told_row->attempts[0].id, FAR_MAILBOX);
	assert_int_equal(told_row->attempts[0].time, FAR_NOW - 59 * WHEN_MINUTE);
	assert_int_equal(told_row->attempts[0].record, 77);
	assert_int_equal(told_row->attempts[0].trigger, TRIGGER_AUTOMATIC);
}

/* --- one reading --- */

/* Each batch is read at one moment, so that marks and what they mark are not mixed. */
static void columns_are_asked_for_in_batches_that_fit(void **state)
{
	(void)state;
	assert_true(far_row_batch(0) >= FAR_MARKS);
	assert_int_equal(far_row_batch(FAR_ADVICE), 1);
	assert_int_equal(far_row_batch(FAR_FAILURE_TEXT), 1);
	size_t batches = 0;
	for (size_t first = 0; first < FAR_COLUMNS; batches++) {
		test_row("from column %zu on", first);
		size_t count = far_row_batch((enum far_column)first);
		assert_true(count > 0 && first + count <= FAR_COLUMNS);
		first += count;
	}
	assert_int_equal(batches, 5);
	test_row("%s", "");
}

static void every_mark_tells_that_a_poll_came_in_between(void **state)
{
	const struct far_row *before = failed_row(*state);
	assert_true(far_row_is_same(before->cells, failed_row(*state)->cells));
	for (size_t mark = 0; mark < FAR_MARKS; mark++) {
		test_row("column %u", far_row_column((enum far_column)mark));
		struct far_row *after = failed_row(*state);
		after->cells[mark].number++;
		after->cells[mark].octets =
			(struct bytes){(const uint8_t *)"another text, that is no moment",
				after->cells[mark].octets.length};
		assert_false(far_row_is_same(before->cells, after->cells));
		after->cells[mark] = (struct snmp_cell){0};
		assert_false(far_row_is_same(before->cells, after->cells));
	}
}

static void row_is_there_where_it_has_a_status(void **state)
{
	struct far_row *row = fresh_row(*state);
	assert_true(far_row_is_there(row));
	row->cells[FAR_STATUS].type = SNMP_NOTHING;
	assert_false(far_row_is_there(row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(row_becomes_evidence),
		sentence(row_becomes_a_verdict_that_was_told),
		sentence(row_that_was_not_polled_is_told_as_such),
		sentence(row_without_any_key_needs_no_age),
		sentence(unreachable_there_has_the_reason_from_there),
		sentence(polls_that_failed_since_are_said),
		sentence(parts_follow_from_keys_and_columns),
		sentence(part_of_the_start_type_follows_from_it),
		sentence(state_that_is_not_known_was_not_learned),
		sentence(failed_starts_come_with_the_row),
		sentence(columns_are_asked_for_in_batches_that_fit),
		sentence(every_mark_tells_that_a_poll_came_in_between),
		sentence(row_is_there_where_it_has_a_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
