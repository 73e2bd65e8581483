/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "far_rows.h"

static const struct told *taken(void *parent, const struct far_row *row)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "agent");
	struct failure why = {.text = ""};
	if (!far_row_tell(row, FAR_NOW, evidence, &why))
		fail_msg("refused: %s", why.text);
	return evidence->told;
}

static struct failure refused(void *parent, const struct far_row *row)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "agent");
	struct failure why = {.text = ""};
	assert_false(far_row_tell(row, FAR_NOW, evidence, &why));
	assert_null(evidence->told);
	assert_false(evidence_is_anything_learned(evidence));
	assert_int_equal(why.kind, FAIL_PROTOCOL);
	assert_int_equal(why.stage, STAGE_SERVICE);
	talloc_free(evidence);
	return why;
}

static bool is_needed(const struct far_row *row, enum far_column column)
{
	return row->cells[column].type != SNMP_NOTHING;
}

static void wrong_type_is_refused_in_every_column(void **state)
{
	const struct far_row *fresh = fresh_row(*state);
	for (enum far_column column = 0; column < FAR_COLUMNS; column++) {
		for (enum snmp_type type = SNMP_NOTHING; type <= SNMP_OTHER; type++) {
			test_row("column %u as type %d", far_row_column(column), type);
			struct far_row *row = failed_row(*state);
			bool is_right = type == row->cells[column].type;
			bool is_hole = type == SNMP_NOTHING && !is_needed(fresh, column);
			row->cells[column].type = type;
			if (!is_right && !is_hole)
				assert_non_null(
					strstr(refused(*state, row).text, "imcServer"));
			talloc_free(row);
		}
	}
}

static void number_out_of_range_is_refused(void **state)
{
	static const struct {
		enum far_column column;
		int64_t least, most;
	} rows[] = {
		{FAR_STATUS, 0, 3},
		{FAR_SERVICE_STATE, 1, 9},
		{FAR_IS_INFERRED, 1, 2},
		{FAR_START_TYPE, 0, 5},
		{FAR_CONDITION, 1, 6},
		{FAR_TRIGGER, 1, 5},
		{FAR_FAILURE_KIND, 0, 10},
		{FAR_INTERVAL, 1, WHEN_DAY},
		{FAR_AGE, 0, UINT32_MAX},
		{FAR_EVENTS_4071, 0, UINT32_MAX},
		{FAR_CAUSE_EVENT, 1, UINT16_MAX},
		{FAR_CLOCK_SKEW, INT32_MIN, INT32_MAX},
		{FAR_WIN32_EXIT, 0, UINT32_MAX},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int64_t wrong[] = {
			rows[i].least - 1, rows[i].most + 1, INT64_MAX, INT64_MIN};
		for (size_t k = 0; k < 4; k++) {
			test_row("column %u: %lld", far_row_column(rows[i].column),
				(long long)wrong[k]);
			struct far_row *row = failed_row(*state);
			row->cells[rows[i].column].number = wrong[k];
			assert_non_null(strstr(refused(*state, row).text, "would be"));
		}
	}
}

static void text_is_bounded_and_has_no_zero_bytes(void **state)
{
	static const enum far_column texts[] = {FAR_STATUS_TEXT, FAR_KEYS,
		FAR_START_ACCOUNT, FAR_ADVICE, FAR_SMB_LEVEL, FAR_FAILURE_TEXT};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		test_row("column %u", far_row_column(texts[i]));
		bool is_long = texts[i] == FAR_ADVICE || texts[i] == FAR_FAILURE_TEXT;
		size_t most = is_long ? 1024 : 255;
		char *data = memory_array(*state, char, most + 1);
		memset(data, 'x', most + 1);
		struct far_row *row = failed_row(*state);
		if (texts[i] != FAR_KEYS) {
			row->cells[texts[i]] = octets(data, most);
			taken(*state, row);
		}
		row->cells[texts[i]] = octets(data, most + 1);
		assert_non_null(strstr(refused(*state, row).text, "octets"));
		row->cells[texts[i]] = octets("a\0b", 3);
		assert_non_null(strstr(refused(*state, row).text, "zero byte"));
	}
}

static void refusal_names_the_column_in_one_line(void **state)
{
	struct far_row *row = failed_row(*state);
	row->cells[FAR_SERVICE_STATE] = integer(10);
	assert_string_equal(refused(*state, row).text,
		"the row's imcServerServiceState is 10: 1 to 9 would be right");
	row->cells[FAR_SERVICE_STATE] = gauge(1);
	assert_string_equal(refused(*state, row).text,
		"the row's imcServerServiceState makes no sense: the MIB says that it is "
		"an INTEGER");
}

/* test_far_claim.c has all states and conditions. */
static const struct {
	const char *keys;
	enum service_state service;
	enum condition condition;
	bool is_right;
} claims[] = {
	{"running", SERVICE_RUNNING, CONDITION_NONE, true},
	{"running,log-unreadable", SERVICE_RUNNING, CONDITION_UNKNOWN, true},
	{"running,log-damaged", SERVICE_RUNNING, CONDITION_UNKNOWN, true},
	{"running,log-not-offered", SERVICE_RUNNING, CONDITION_UNKNOWN, true},
	{"running,log-short", SERVICE_RUNNING, CONDITION_UNKNOWN, false},
	{"running", SERVICE_RUNNING, CONDITION_UNKNOWN, false},
	{"running", SERVICE_RUNNING, CONDITION_ACTIVE, false},
	{"running", SERVICE_RUNNING, CONDITION_RECOVERED, false},
	{"running", SERVICE_RUNNING, CONDITION_PAST, false},
	{"running", SERVICE_RUNNING, CONDITION_CLEARED, false},
	{"running", SERVICE_STOPPED, CONDITION_NONE, false},
	{"running", SERVICE_UNKNOWN, CONDITION_NONE, false},
	{"active", SERVICE_UNKNOWN, CONDITION_ACTIVE, true},
	{"active", SERVICE_STOPPED, CONDITION_NONE, false},
	{"recovered-manual", SERVICE_RUNNING, CONDITION_RECOVERED, true},
	{"recovered-manual", SERVICE_RUNNING, CONDITION_ACTIVE, false},
	{"recovered-manual", SERVICE_STOPPED, CONDITION_RECOVERED, false},
	{"unreachable", SERVICE_UNKNOWN, CONDITION_UNKNOWN, true},
	{"unreachable", SERVICE_UNKNOWN, CONDITION_NONE, false},
	{"unreachable", SERVICE_RUNNING, CONDITION_UNKNOWN, false},
	{"state-unreadable", SERVICE_UNKNOWN, CONDITION_NONE, true},
	{"state-unreadable", SERVICE_RUNNING, CONDITION_NONE, false},
	{"state-unreadable,running", SERVICE_RUNNING, CONDITION_NONE, false},
	{"running,stopped", SERVICE_RUNNING, CONDITION_NONE, false},
	{"running,running", SERVICE_RUNNING, CONDITION_NONE, false},
	{"of-tomorrow,running", SERVICE_RUNNING, CONDITION_NONE, false},
	{"log-short,running", SERVICE_RUNNING, CONDITION_NONE, false},
	{"running,of-tomorrow", SERVICE_RUNNING, CONDITION_NONE, true},
	{"cleared", SERVICE_STOPPED, CONDITION_CLEARED, false},
	{"paused", SERVICE_PAUSED, CONDITION_NONE, true},
	{"paused", SERVICE_RUNNING, CONDITION_NONE, false},
	{"pending", SERVICE_PAUSE_PENDING, CONDITION_NONE, true},
	{"pending", SERVICE_RUNNING, CONDITION_NONE, false},
	{"absent", SERVICE_ABSENT, CONDITION_NONE, true},
	{"stopped", SERVICE_ABSENT, CONDITION_NONE, false},
	{"disabled", SERVICE_STOPPED, CONDITION_ACTIVE, true},
	{"maintenance", SERVICE_STOPPED, CONDITION_ACTIVE, true},
	{"maintenance", SERVICE_RUNNING, CONDITION_ACTIVE, false},
	{"maintenance,stale", SERVICE_STOPPED, CONDITION_ACTIVE, true},
	{"maintenance,state-file", SERVICE_STOPPED, CONDITION_ACTIVE, true},
	{"maintenance,active", SERVICE_STOPPED, CONDITION_ACTIVE, false},
	{"maintenance,log-short", SERVICE_STOPPED, CONDITION_ACTIVE, false},
	{"of-tomorrow", SERVICE_STOPPED, CONDITION_ACTIVE, true},
};

static void row_that_contradicts_itself_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		test_row("%s, %s, %s", claims[i].keys,
			service_state_name(claims[i].service),
			condition_name(claims[i].condition));
		struct far_row *row = failed_row(*state);
		row->cells[FAR_KEYS] = words(claims[i].keys);
		row->cells[FAR_SERVICE_STATE] = integer(claims[i].service);
		row->cells[FAR_CONDITION] = integer(claims[i].condition + 1);
		if (claims[i].is_right)
			taken(*state, row);
		else
			refused(*state, row);
	}
}

static void verdict_without_an_age_is_refused(void **state)
{
	struct far_row *row = failed_row(*state);
	row->cells[FAR_AGE] = (struct snmp_cell){0};
	assert_non_null(strstr(refused(*state, row).text, "imcServerLastPollAge"));
	row->cells[FAR_LAST_POLL] = (struct snmp_cell){0};
	assert_non_null(strstr(refused(*state, row).text, "imcServerLastPollAge"));
	row->cells[FAR_AGE] = gauge(10);
	assert_non_null(strstr(refused(*state, row).text, "imcServerLastPollTime"));
}

/* The row's own moments, by whatever clock. */
static void age_that_the_next_poll_belies_is_refused(void **state)
{
	struct far_row *row = failed_row(*state);
	row->cells[FAR_LAST_POLL] = octets("\7\xD0\1\1\1\1\1\0", 8); /* in 2000 */
	assert_non_null(strstr(refused(*state, row).text, "imcServerNextPollTime"));
	row->cells[FAR_AGE] = gauge(27LL * 365 * WHEN_DAY);
	taken(*state, row);
	row->cells[FAR_AGE] = gauge(10);
	row->cells[FAR_NEXT_POLL] = octets("\7\xD0\1\2\1\1\1\0", 8);
	taken(*state, row);
	row->cells[FAR_NEXT_POLL] = octets("\7\xD0\1\3\1\1\x0B\0", 8); /* 2 days */
	taken(*state, row);
	row->cells[FAR_NEXT_POLL] = octets("\7\xD0\1\3\1\1\x0C\0", 8);
	refused(*state, row);
	row->cells[FAR_NEXT_POLL] = (struct snmp_cell){0};
	taken(*state, row);
}

/* A poll that a trap began may have failed and does not count. */
static void failed_polls_have_a_failure(void **state)
{
	struct far_row *row = failed_row(*state);
	row->cells[FAR_FAILED_POLLS] = gauge(1);
	assert_non_null(strstr(refused(*state, row).text, "1 polls failed"));
	row->cells[FAR_FAILURE_KIND] = integer(FAIL_TIMEOUT + 1);
	taken(*state, row);
	row->cells[FAR_FAILED_POLLS] = gauge(0);
	taken(*state, row);
}

static void failed_start_that_makes_no_sense_spoils_the_row(void **state)
{
	const struct snmp_cell wrong[] = {{.type = SNMP_NOTHING}, {.type = SNMP_OTHER},
		integer(-1), gauge(-1), gauge(1LL << 32), words("no time"), integer(6),
		integer(0), octets("\0\0\0\0\0\0\0", 8)};
	for (size_t column = 0; column < FAR_EVENT_COLUMNS; column++) {
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			test_row("column %zu, cell %zu", column, i);
			struct far_row *row = failed_row(*state);
			struct snmp_cell cells[FAR_EVENT_COLUMNS];
			far_event(*state, cells);
			cells[column] = wrong[i];
			assert_false(far_row_take_event(row, cells));
			assert_non_null(strstr(refused(*state, row).text, "imcEvent"));
		}
	}
}

static void more_failed_starts_than_fit_are_refused(void **state)
{
	struct far_row *row = failed_row(*state);
	struct snmp_cell cells[FAR_EVENT_COLUMNS];
	far_event(*state, cells);
	for (size_t i = 0; i < TOLD_MAX_ATTEMPTS; i++)
		assert_true(far_row_take_event(row, cells));
	assert_int_equal(taken(*state, row)->attempt_count, TOLD_MAX_ATTEMPTS);
	assert_false(far_row_take_event(row, cells));
	refused(*state, row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(wrong_type_is_refused_in_every_column),
		sentence(number_out_of_range_is_refused),
		sentence(text_is_bounded_and_has_no_zero_bytes),
		sentence(refusal_names_the_column_in_one_line),
		sentence(row_that_contradicts_itself_is_refused),
		sentence(verdict_without_an_age_is_refused),
		sentence(age_that_the_next_poll_belies_is_refused),
		sentence(failed_polls_have_a_failure),
		sentence(failed_start_that_makes_no_sense_spoils_the_row),
		sentence(more_failed_starts_than_fit_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
