/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "agent/objects_tables.h"

enum { NOW = 1795338000 }; /* 2026-11-22T09:00:00Z */

static const struct table *const tables[] = {
	&objects_scalars,
	&objects_servers,
	&objects_events,
};

static struct row *new_row(void *parent)
{
	struct target *target = target_new(parent);
	target->server = memory_copy(target, "EXCH01");
	target->source = "rpc";
	return row_new(parent, target, NOW);
}

static struct row *judged_row(void *parent)
{
	struct row *row = new_row(parent);
	row->is_judged = true;
	row->status = STATUS_OK;
	row->text = memory_copy(row, "service running");
	row->keys = memory_copy(row, "running");
	row->service_state = SERVICE_RUNNING;
	row->start_type = START_AUTOMATIC;
	row->state_since = row->condition_since = row->last_4071 = NO_TIME;
	row->boot_time = row->log_reaches_back_to = row->log_cleared_at = NO_TIME;
	return row;
}

static bool get_from(
	const struct table *table, const void *row, const char *name, struct cell *ret)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		if (strcmp(column->name, name) == 0)
			return column->get(row, column, NOW, ret);
	}
	fail_msg("no column %s", name);
	return false;
}

static bool get(const struct row *row, const char *name, struct cell *ret)
{
	return get_from(&objects_servers, row, name, ret);
}

static int32_t integer(const struct row *row, const char *name)
{
	struct cell cell;
	assert_true(get(row, name, &cell));
	return cell.integer;
}

static char *text(void *parent, const struct row *row, const char *name)
{
	struct cell cell;
	assert_true(get(row, name, &cell));
	return memory_copy_bytes(parent, cell.octets.data, cell.octets.length);
}

/* Whatever a verdict says is a hole then, or unknown. */
static void server_that_was_not_polled_is_unknown_and_never_well(void **state)
{
	static const char *const there[] = {"imcServerSource", "imcServerStatus",
		"imcServerStatusText", "imcServerServiceState", "imcServerStartType",
		"imcServerCondition", "imcServerTrigger", "imcServerTotal4071",
		"imcServerMaintenance", "imcServerInterval", "imcServerFailureKind",
		"imcServerFailureText", "imcServerFailedPolls",
		"imcServerDiscontinuityTime"};
	const struct row *row = new_row(*state);
	size_t next = 0, count = sizeof(there) / sizeof(there[0]);
	assert_int_equal(integer(row, "imcServerStatus"), STATUS_UNKNOWN);
	assert_int_equal(integer(row, "imcServerServiceState"), SERVICE_UNKNOWN);
	assert_int_equal(integer(row, "imcServerStartType"), START_UNKNOWN);
	assert_int_equal(integer(row, "imcServerCondition"), CONDITION_UNKNOWN + 1);
	assert_int_equal(integer(row, "imcServerTrigger"), TRIGGER_UNKNOWN + 1);
	assert_string_equal(text(*state, row, "imcServerStatusText"), "not polled yet");
	for (size_t i = 0; i < objects_servers.column_count; i++) {
		const struct column *column = &objects_servers.columns[i];
		struct cell cell;
		test_row("%s", column->name);
		if (!column->get(row, column, NOW, &cell))
			continue;
		assert_true(next < count);
		assert_string_equal(column->name, there[next++]);
	}
	assert_int_equal(next, count);
	test_row("%s", "");
}

static void what_was_not_read_is_a_hole(void **state)
{
	struct row *row = judged_row(*state);
	struct cell cell;
	assert_false(get(row, "imcServerEvents4071", &cell));
	assert_false(get(row, "imcServerDamagedRecords", &cell));
	assert_false(get(row, "imcServerWin32ExitCode", &cell));
	assert_false(get(row, "imcServerSpecificExitCode", &cell));
	assert_false(get(row, "imcServerClockSkew", &cell));
	assert_false(get(row, "imcServerLast4071Time", &cell));
	assert_false(get(row, "imcServerLast4071Record", &cell));
	assert_false(get(row, "imcServerCauseEvent", &cell));
	assert_false(get(row, "imcServerLastPollAge", &cell));
	row->has_events_4071 = row->has_exit_codes = row->has_clock_skew = true;
	row->win32_exit = EXIT_NEVER_STARTED;
	row->clock_skew = -70;
	row->last_poll = NOW - 12;
	assert_true(get(row, "imcServerEvents4071", &cell));
	assert_true(get(row, "imcServerDamagedRecords", &cell));
	assert_true(get(row, "imcServerWin32ExitCode", &cell));
	assert_int_equal(cell.number, EXIT_NEVER_STARTED);
	assert_false(get(row, "imcServerSpecificExitCode", &cell));
	assert_int_equal(integer(row, "imcServerClockSkew"), -70);
	assert_true(get(row, "imcServerLastPollAge", &cell));
	assert_int_equal(cell.number, 12);
	row->win32_exit = EXIT_SERVICE_SPECIFIC;
	assert_true(get(row, "imcServerSpecificExitCode", &cell));
}

static void failure_is_shown_beside_the_last_verdict(void **state)
{
	struct row *row = judged_row(*state);
	row->failure_text = memory_copy(row, "no answer");
	assert_int_equal(integer(row, "imcServerFailureKind"), 0);
	assert_string_equal(text(*state, row, "imcServerFailureText"), "");
	row->has_failed = true;
	row->failure_kind = FAIL_USAGE;
	assert_int_equal(integer(row, "imcServerFailureKind"), 1);
	row->failure_kind = FAIL_SYSTEM;
	assert_int_equal(integer(row, "imcServerFailureKind"), 10);
	assert_string_equal(text(*state, row, "imcServerFailureText"), "no answer");
	assert_int_equal(integer(row, "imcServerStatus"), STATUS_OK);
}

static const struct {
	int64_t moment;
	uint8_t date[8]; /* "+0:0" follows */
	bool is_known;
} moments[] = {
	{NOW, {0x07, 0xEA, 11, 22, 9, 0, 0, 0}, true},
	{0, {0x07, 0xB2, 1, 1, 0, 0, 0, 0}, true},
	{UINT32_MAX, {0x08, 0x3A, 2, 7, 6, 28, 15, 0}, true},
	{NO_TIME, {0}, false},
	{INT64_MAX, {0}, false},
	{INT64_MIN + 1, {0}, false},
};

static void moments_are_eleven_octets_in_utc(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct cell cell;
		test_row("%lld", (long long)moments[i].moment);
		assert_int_equal(objects_set_moment(moments[i].moment, &cell),
			moments[i].is_known);
		if (!moments[i].is_known)
			continue;
		assert_int_equal(cell.octets.length, 11);
		assert_memory_equal(cell.octets.data, moments[i].date, 8);
		assert_memory_equal((const uint8_t *)cell.octets.data + 8, "+\0\0", 3);
	}
	test_row("%s", "");
}

static void long_texts_are_cut_between_characters(void **state)
{
	(void)state;
	struct cell cell;
	objects_set_text("abcdef", 3, &cell);
	assert_int_equal(cell.octets.length, 3);
	objects_set_text("ab\xC3\xA9", 4, &cell);
	assert_int_equal(cell.octets.length, 4);
	objects_set_text("ab\xC3\xA9", 3, &cell);
	assert_int_equal(cell.octets.length, 2);
	objects_set_text("\xE2\x80\xB9\xE2\x80\xB9", 5, &cell);
	assert_int_equal(cell.octets.length, 3);
	objects_set_text("", 3, &cell);
	assert_int_equal(cell.octets.length, 0);
}

static void events_of_several_servers_follow_each_other(void **state)
{
	struct row *servers[] = {judged_row(*state), judged_row(*state)};
	struct objects_view view = {.rows = servers, .row_count = 2};
	servers[1]->server = memory_copy(servers[1], "EXCH02");
	for (uint32_t i = 0; i < 3; i++)
		servers[1]->events[i] = (struct row_event){.number = 10 * i + 1, .id = i};
	servers[1]->event_count = 3;
	const struct column *column;
	struct table_name name = {.length = 0}, next;
	struct cell cell;
	uint32_t seen = 0;
	while (table_next(&objects_events, &view, name.ids, name.length, false, NOW,
		       &next, &column, &cell) &&
		column->id == 2) {
		assert_int_equal(next.ids[next.length - 1], 10 * seen + 1);
		assert_int_equal(cell.number, seen++);
		name = next;
	}
	assert_int_equal(seen, 3);
}

static void empty_tables_have_nothing(void **state)
{
	(void)state;
	struct objects_view view = {.totals = {.version = "1", .reloaded_at = NO_TIME}};
	for (size_t i = 1; i < sizeof(tables) / sizeof(tables[0]); i++) {
		static const oid start[] = {1};
		const struct column *column;
		struct table_name name;
		struct cell cell;
		assert_false(table_next(
			tables[i], &view, start, 1, false, NOW, &name, &column, &cell));
	}
}

static uint32_t sum(const struct objects_view *view, const char *name)
{
	struct cell cell;
	assert_true(get_from(&objects_scalars, view, name, &cell));
	return cell.number;
}

static void sums_are_those_of_the_rows_at_any_moment(void **state)
{
	struct row *rows[] = {new_row(*state), judged_row(*state), judged_row(*state)};
	struct objects_view view = {.rows = rows, .row_count = 3};
	struct cell cell;
	for (enum status status = STATUS_OK; status < STATUSES; status++) {
		rows[2]->status = status;
		assert_int_equal(sum(&view, "imcServerCount"), 3);
		assert_int_equal(sum(&view, "imcServersOk"), 1 + (status == STATUS_OK));
		assert_int_equal(
			sum(&view, "imcServersWarning"), status == STATUS_WARNING);
		assert_int_equal(
			sum(&view, "imcServersCritical"), status == STATUS_CRITICAL);
		assert_int_equal(
			sum(&view, "imcServersUnknown"), 1 + (status == STATUS_UNKNOWN));
		assert_true(
			get_from(&objects_scalars, &view, "imcWorstStatus", &cell));
		assert_int_equal(cell.integer, status_worst(status, STATUS_UNKNOWN));
	}
}

/* It may be that the configuration was not read again: no all-clear. */
static void no_server_at_all_is_unknown(void **state)
{
	(void)state;
	struct objects_view view = {.row_count = 0};
	struct cell cell;
	assert_int_equal(sum(&view, "imcServerCount"), 0);
	assert_true(get_from(&objects_scalars, &view, "imcWorstStatus", &cell));
	assert_int_equal(cell.integer, STATUS_UNKNOWN);
}

/* At its longest, as SNMP would send it; AgentX takes a little more. */
static void notification_always_has_all_values_and_stays_small(void **state)
{
	struct row *row = new_row(*state);
	static char long_text[2000];
	memset(long_text, 'x', sizeof(long_text) - 1);
	row->server = memory_copy(row, "a.name.of.thirty-two.bytes.12345");
	struct notice notice = {NOTICE_CONTACT_LOST, REASON_RESENT, row, NO_TIME, 1};
	for (int round = 0; round < 2; round++) {
		netsnmp_variable_list *list = objects_notification(&notice, NOW);
		size_t count = 0, size = 0;
		for (const netsnmp_variable_list *at = list; at != NULL;
			at = at->next_variable, count++)
			size += at->name_length + 16 + at->val_len;
		assert_int_equal(count, 9);
		assert_true(size < 1024);
		snmp_free_varbind(list);
		row->is_judged = true;
		row->text = long_text;
	}
	row->text = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(server_that_was_not_polled_is_unknown_and_never_well),
		sentence(what_was_not_read_is_a_hole),
		sentence(failure_is_shown_beside_the_last_verdict),
		sentence(moments_are_eleven_octets_in_utc),
		sentence(long_texts_are_cut_between_characters),
		sentence(events_of_several_servers_follow_each_other),
		sentence(empty_tables_have_nothing),
		sentence(sums_are_those_of_the_rows_at_any_moment),
		sentence(no_server_at_all_is_unknown),
		sentence(notification_always_has_all_values_and_stays_small),
	};
	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
