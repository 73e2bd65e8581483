/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/harvest.h"
#include "evt_writer.h"

enum { NOW = 1000000000, DAY = 86400, ID_4071 = (int)0xC0000FE7 };

static const char *const names[] = {"Microsoft Exchange Internet Mail Service",
	"Microsoft Exchange Internet Mail Connector"};
static const struct watch watch = {"MSExchangeIMC", names, 2};

static struct harvest_plan plan_for(enum log_kind kind)
{
	return (struct harvest_plan){
		.kind = kind,
		.watch = &watch,
		.now = NOW,
		.cutoff = NOW - 7 * DAY,
		.needs_boot = kind == LOG_SYSTEM,
	};
}

/* An event of the service, `age` seconds old. */
static struct made_event imc(uint32_t number, uint32_t id, uint32_t age)
{
	return (struct made_event){
		.number = number, .id = id, .time = NOW - age, .source = "MSExchangeIMC"};
}

static bool take(struct harvest *harvest, struct made_event event)
{
	struct bytes bytes = made_record(harvest, &event);
	bool goes_on = harvest_take(harvest, bytes);
	talloc_free((void *)bytes.data);
	return goes_on;
}

static struct log finish(struct harvest *harvest, enum harvest_end end, void *owner)
{
	struct log log;
	harvest_finish(harvest, end, owner, &log);
	return log;
}

/* Reads the whole of a log whose events are given from the oldest to the newest. */
static struct log harvest_all(void *parent, const struct harvest_plan *plan,
	const struct made_event *events, size_t count)
{
	struct harvest *harvest = harvest_new(parent, plan);
	enum harvest_end end = HARVEST_OLDEST;
	for (size_t i = count; i > 0 && end == HARVEST_OLDEST; i--) {
		if (!take(harvest, events[i - 1]))
			end = HARVEST_ENOUGH;
	}
	return finish(harvest, end, parent);
}

/* Bookmark of the record, as a run that ended with it would have set it. */
static struct bookmark bookmark_at(void *parent, struct made_event event)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	return harvest_all(parent, &plan, &event, 1).newest;
}

struct kept_row {
	struct made_event event;
	enum origin origin; /* ORIGINS: it is not kept */
};

static void check_kept(
	void *parent, enum log_kind kind, const struct kept_row *rows, size_t count)
{
	struct harvest_plan plan = plan_for(kind);
	for (size_t i = 0; i < count; i++) {
		struct made_event event = rows[i].event;
		test_row("%zu: %s %u", i, event.source, event.id & 0xFFFF);
		event.number = 1;
		event.time = NOW - 60;
		struct log log = harvest_all(parent, &plan, &event, 1);
		assert_int_equal(log.event_count, rows[i].origin == ORIGINS ? 0 : 1);
		assert_int_equal(log.damaged, 0);
		if (log.event_count > 0)
			assert_int_equal(log.events[0].origin, rows[i].origin);
	}
}

static void of_the_application_log_only_events_that_matter_are_kept(void **state)
{
	static const struct kept_row rows[] = {
		{{.source = "MSExchangeIMC", .id = ID_4071}, FROM_IMC},
		{{.source = "msexchangeimc", .id = 1}, FROM_IMC},
		{{.source = "MSExchangeMTA", .id = ID_4071}, ORIGINS},
		{{.source = "DrWatson", .strings = {"x", "C:\\bin\\MSEXCIMC.exe"}},
			FROM_DRWATSON},
		{{.source = "DrWatson", .strings = {"store.exe"}}, ORIGINS},
		{{.source = "DrWatson"}, ORIGINS},
		{{.source = "EventLog", .id = 6005}, ORIGINS},
	};
	check_kept(*state, LOG_APPLICATION, rows, sizeof(rows) / sizeof(rows[0]));
}

static void of_the_system_log_only_events_that_matter_are_kept(void **state)
{
	static const char scm[] = "Service Control Manager";
	const struct kept_row rows[] = {
		{{.source = "MSExchangeIMC", .id = ID_4071}, ORIGINS},
		{{.source = "EventLog", .id = 0x80001775}, FROM_EVENTLOG},
		{{.source = "Eventlog", .id = 6005}, FROM_EVENTLOG},
		{{.source = "Event Log", .id = 6005}, FROM_EVENTLOG},
		{{.source = "EventLog", .id = 0x80001776}, FROM_EVENTLOG},
		{{.source = "EventLog", .id = 6008}, ORIGINS},
		{{.source = scm, .id = 0xC0001B58, .strings = {names[0], "%%1053"}},
			FROM_SCM},
		{{.source = "service control manager",
			 .id = 7009,
			 .strings = {"120000",
				 "MICROSOFT Exchange Internet mail connector  "}},
			FROM_SCM},
		{{.source = scm, .id = 7034, .strings = {"msexchangeimc"}}, FROM_SCM},
		{{.source = scm, .id = 7024, .strings = {"The MSExchangeIMC service"}},
			ORIGINS},
		{{.source = scm, .id = 7024, .strings = {"Microsoft Exchange"}}, ORIGINS},
		{{.source = scm, .id = 7036, .strings = {"MSExchangeIMC", "running"}},
			ORIGINS},
		{{.source = scm, .id = 7000}, ORIGINS},
	};
	check_kept(*state, LOG_SYSTEM, rows, sizeof(rows) / sizeof(rows[0]));
}

static void each_listed_service_control_manager_id_is_kept(void **state)
{
	static const uint32_t ids[] = {
		7000, 7001, 7003, 7009, 7011, 7022, 7023, 7024, 7031, 7034};
	struct harvest_plan plan = plan_for(LOG_SYSTEM);
	for (uint32_t id = 6990; id < 7050; id++) {
		bool is_listed = false;
		for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
			is_listed = is_listed || ids[i] == id;
		struct made_event event = {.number = 1,
			.time = NOW,
			.id = 0xC0000000 | id,
			.source = "Service Control Manager",
			.strings = {names[0]}};
		test_row("%u", id);
		struct log log = harvest_all(*state, &plan, &event, 1);
		assert_int_equal(log.event_count, is_listed ? 1 : 0);
	}
}

static void an_event_is_kept_with_all_that_judge_needs(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct made_event event = imc(77, ID_4071, 60);
	event.type = 1;
	event.strings[0] = "first";
	event.strings[1] = "";
	event.strings[2] = "third";
	struct log log = harvest_all(*state, &plan, &event, 1);
	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.events[0].record, 77);
	assert_int_equal(log.events[0].time, NOW - 60);
	assert_int_equal(log.events[0].id, (uint32_t)ID_4071);
	assert_int_equal(log.events[0].type, 1);
	assert_int_equal(log.events[0].generation, 0);
	assert_string_equal(log.events[0].detail, "first  third");

	event.strings[0] = NULL;
	assert_null(harvest_all(*state, &plan, &event, 1).events[0].detail);
}

static void a_long_detail_is_cut(void **state)
{
	char text[401];
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	for (size_t length = 250; length <= 260; length++) {
		struct made_event event = imc(1, 1000, 0);
		char *first = talloc_strndup(*state, text, length);
		event.strings[0] = first;
		event.strings[1] = "bbbbbbbbbbbb";
		struct log log = harvest_all(*state, &plan, &event, 1);
		size_t whole = length + 1 + 12;
		size_t got = strlen(log.events[0].detail);
		assert_true(got <= HARVEST_MAX_DETAIL && got >= HARVEST_MAX_DETAIL - 1);
		assert_true(got <= whole);
	}
}

static void events_come_out_in_order_and_reach_back_to_the_oldest_record(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct made_event events[] = {imc(5, 1000, 500), imc(6, ID_4071, 400),
		{.number = 7, .time = NOW - 300}, imc(8, 1001, 200)};
	struct log log = harvest_all(*state, &plan, events, 4);
	assert_int_equal(log.event_count, 3);
	assert_int_equal(log.events[0].record, 5);
	assert_int_equal(log.events[2].record, 8);
	assert_int_equal(log.reaches_back_to, NOW - 500);
	assert_true(log.is_wrapped);
	assert_true(log.newest.is_set);
	assert_int_equal(log.newest.record, 8);
	assert_int_equal(log.newest.time, NOW - 200);
	assert_false(log.was_cleared || log.is_cut || log.stopped_at_bookmark);

	events[0].number = 1;
	assert_false(harvest_all(*state, &plan, events, 4).is_wrapped);
}

static void an_empty_log_is_no_finding(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct log log = harvest_all(*state, &plan, NULL, 0);
	assert_int_equal(log.event_count, 0);
	assert_true(log.reaches_back_to == NO_TIME && log.damage_time == NO_TIME);
	assert_false(log.newest.is_set || log.is_wrapped || log.was_cleared);
	plan.bookmark = (struct bookmark){true, 5, NOW, 1};
	assert_true(harvest_all(*state, &plan, NULL, 0).was_cleared);
}

static void reading_ends_after_many_old_records_in_a_row(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct harvest *harvest = harvest_new(*state, &plan);
	uint32_t number = 10000;
	for (unsigned i = 0; i < HARVEST_OLD_RECORDS - 1; i++)
		assert_true(take(harvest, imc(number--, 1000, 8 * DAY)));
	assert_true(
		take(harvest, imc(number--, 1000, 6 * DAY))); /* the clock was wrong */
	for (unsigned i = 0; i < HARVEST_OLD_RECORDS - 1; i++)
		assert_true(take(harvest, imc(number--, 1000, 8 * DAY)));
	assert_false(take(harvest, imc(number, 1000, 8 * DAY)));
	struct log log = finish(harvest, HARVEST_ENOUGH, *state);
	assert_false(log.is_wrapped);
	assert_int_equal(log.reaches_back_to, NOW - 8 * DAY);
}

static void the_system_log_is_read_on_to_a_boot(void **state)
{
	struct harvest_plan plan = plan_for(LOG_SYSTEM);
	struct harvest *harvest = harvest_new(*state, &plan);
	uint32_t number = 10000;
	struct made_event event = {.number = 0, .time = NOW - 9 * DAY};
	for (unsigned i = 0; i < 3 * HARVEST_OLD_RECORDS; i++) {
		event.number = number--;
		assert_true(take(harvest, event));
	}
	event.number = number;
	event.source = "EventLog";
	event.id = 6005;
	assert_false(take(harvest, event));
	struct log log = finish(harvest, HARVEST_ENOUGH, *state);
	assert_non_null(log_last_boot(&log));
}

static void a_fall_of_the_clock_is_noted_between_neighbours(void **state)
{
	static const struct {
		uint32_t older, newer; /* ages */
		bool falls;
	} rows[] = {
		{100, 90, false}, {100, 100, false},
		{100, 110, false}, /* two processes wrote at the same time */
		{100, 111, true}, {100, NOW - 315532800, true}, /* 1980 */
	};
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%u then %u", rows[i].older, rows[i].newer);
		struct made_event events[] = {
			imc(1, 1000, rows[i].older), imc(2, 1000, rows[i].newer)};
		struct log log = harvest_all(*state, &plan, events, 2);
		assert_int_equal(log.fall_count, rows[i].falls ? 1 : 0);
		if (!rows[i].falls)
			continue;
		assert_int_equal(log.falls[0].record, 2);
		assert_int_equal(log.falls[0].from, NOW - rows[i].older);
		assert_int_equal(log.falls[0].to, NOW - (int64_t)rows[i].newer);
	}
}

static void the_largest_and_newest_falls_are_kept_of_too_many(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct harvest *harvest = harvest_new(*state, &plan);
	for (uint32_t number = 2000; number > 0; number--) {
		int64_t small = number % 2 == 0 ? 1000 : 0;
		assert_true(take(harvest, imc(number, 1000, number == 2 ? 5000 : small)));
	}
	struct log log = finish(harvest, HARVEST_OLDEST, *state);
	assert_int_equal(log.fall_count, HARVEST_MAX_FALLS);
	assert_int_equal(log.falls[0].record, 2);
	assert_int_equal(log.falls[1].record, 2000 - 2 * (HARVEST_MAX_FALLS - 2));
	assert_int_equal(log.falls[HARVEST_MAX_FALLS - 1].record, 2000);
}

static void a_bookmark_ends_the_reading_where_it_is_recognised(void **state)
{
	struct made_event events[] = {imc(1, 1000, 500), imc(2, 1001, 400),
		imc(3, ID_4071, 300), imc(4, 1000, 200)};
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	plan.bookmark = bookmark_at(*state, events[1]);
	plan.stops_at_bookmark = true;
	struct log log = harvest_all(*state, &plan, events, 4);
	assert_true(log.stopped_at_bookmark);
	assert_int_equal(log.event_count, 3);
	assert_int_equal(log.newest.record, 4);
	assert_false(log.was_cleared || log.is_wrapped);

	plan.stops_at_bookmark = false;
	log = harvest_all(*state, &plan, events, 4);
	assert_false(log.stopped_at_bookmark || log.was_cleared);
	assert_int_equal(log.event_count, 4);
}

static void a_cleared_log_is_found_out(void **state)
{
	struct made_event remembered = imc(3, 1001, 300);
	struct made_event other_bytes = remembered, other_time = remembered;
	other_bytes.strings[0] = "x";
	other_time.time++;
	const struct {
		const char *what;
		struct made_event now[2];
		size_t count;
		bool is_cleared;
	} rows[] = {
		{"the same record", {imc(3, 1001, 300), imc(4, 1000, 5)}, 2, false},
		{"it is the newest", {imc(2, 1001, 300), remembered}, 2, false},
		{"other bytes", {other_bytes, imc(4, 1000, 5)}, 2, true},
		{"another time", {other_time, imc(4, 1000, 5)}, 2, true},
		{"lower numbers", {imc(1, 1000, 9), imc(2, 1000, 5)}, 2, true},
		{"its number is gone by wrapping", {imc(8, 1000, 9), imc(9, 1000, 5)}, 2,
			false},
		{"nothing there", {{0}}, 0, true},
	};
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	plan.bookmark = bookmark_at(*state, remembered);
	plan.stops_at_bookmark = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].what);
		struct log log = harvest_all(*state, &plan, rows[i].now, rows[i].count);
		assert_int_equal(log.was_cleared, rows[i].is_cleared);
		assert_false(log.was_cleared && log.stopped_at_bookmark);
	}
}

static void a_reading_that_broke_off_leaves_the_bookmark_alone(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	plan.bookmark = bookmark_at(*state, imc(3, 1001, 300));
	struct harvest *harvest = harvest_new(*state, &plan);
	assert_true(take(harvest, imc(9, ID_4071, 5)));
	struct log log = finish(harvest, HARVEST_CUT, *state);
	assert_true(log.is_cut);
	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.newest.record, 3);
	assert_int_equal(log.newest.hash, plan.bookmark.hash);
	assert_false(log.is_wrapped);

	harvest = harvest_new(*state, &plan);
	assert_true(take(harvest, imc(2, ID_4071, 5)));
	log = finish(harvest, HARVEST_CUT, *state);
	assert_true(log.was_cleared);
	assert_false(log.newest.is_set);
}

static void damage_is_counted_and_dated_by_the_next_newer_record(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	static const uint8_t rubbish[64];
	struct harvest *harvest = harvest_new(*state, &plan);
	assert_true(take(harvest, imc(9, 1000, 50)));
	assert_true(harvest_take(harvest, (struct bytes){rubbish, sizeof(rubbish)}));
	harvest_damage(harvest);
	assert_true(take(harvest, imc(9, ID_4071, 40))); /* its number does not fall */
	assert_true(take(harvest, imc(8, ID_4071, 60)));
	struct log log = finish(harvest, HARVEST_OLDEST, *state);
	assert_int_equal(log.damaged, 3);
	assert_int_equal(log.damage_time, NOW - 50);
	assert_int_equal(log.event_count, 2);

	harvest = harvest_new(*state, &plan);
	harvest_damage(harvest);
	log = finish(harvest, HARVEST_OLDEST, *state);
	assert_int_equal(log.damage_time, NOW);
	assert_false(log.was_cleared || log.newest.is_set);
}

static void a_record_of_ours_with_a_broken_inside_is_damage(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct made_event event = imc(9, ID_4071, 50);
	event.strings[0] = "text";
	struct bytes good = made_record(*state, &event);
	uint8_t *data = made_copy(*state, good);
	put_u32(data + 36, RECORD_FIXED); /* the strings lie over the names */
	struct harvest *harvest = harvest_new(*state, &plan);
	assert_true(harvest_take(harvest, (struct bytes){data, good.length}));
	struct log log = finish(harvest, HARVEST_OLDEST, *state);
	assert_int_equal(log.damaged, 1);
	assert_int_equal(log.event_count, 0);
}

static void of_a_series_of_runtime_events_the_ends_are_kept(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct harvest *harvest = harvest_new(*state, &plan);
	uint32_t number = 1000000, count = 2 * HARVEST_MAX_EVENTS;
	for (uint32_t i = 0; i < 100; i++)
		assert_true(take(harvest, imc(number--, 2003, 10)));
	assert_true(take(harvest, imc(number--, ID_4071, 20)));
	struct made_event runtime = imc(0, 2003, 30);
	struct bytes bytes = made_record(harvest, &runtime);
	uint8_t *data = made_copy(harvest, bytes);
	for (uint32_t i = 0; i < count; i++) {
		put_u32(data + 8, number--);
		assert_true(harvest_take(harvest, (struct bytes){data, bytes.length}));
	}
	struct log log = finish(harvest, HARVEST_OLDEST, *state);
	assert_int_equal(log.event_count, 5);
	assert_int_equal(log.events[0].record, number + 1);
	assert_int_equal(log.events[1].record, number + count);
	assert_int_equal(log.events[2].record, number + count + 1);
	assert_int_equal(log.events[4].record, 1000000);
}

static void too_many_events_read_as_a_wrapped_log(void **state)
{
	struct harvest_plan plan = plan_for(LOG_APPLICATION);
	struct harvest *harvest = harvest_new(*state, &plan);
	struct made_event failure = imc(0, ID_4071, 30);
	struct bytes bytes = made_record(harvest, &failure);
	uint8_t *data = made_copy(harvest, bytes);
	uint32_t taken = 0;
	do {
		put_u32(data + 8, 1000000 - taken);
		put_u32(data + 12, NOW - taken);
		taken++;
	} while (harvest_take(harvest, (struct bytes){data, bytes.length}));
	assert_int_equal(taken, HARVEST_MAX_EVENTS);
	struct log log = finish(harvest, HARVEST_ENOUGH, *state);
	assert_int_equal(log.event_count, HARVEST_MAX_EVENTS);
	assert_true(log.is_wrapped);
	assert_int_equal(log.reaches_back_to, NOW - taken + 1);
	assert_int_equal(log.newest.record, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(of_the_application_log_only_events_that_matter_are_kept),
		sentence(of_the_system_log_only_events_that_matter_are_kept),
		sentence(each_listed_service_control_manager_id_is_kept),
		sentence(an_event_is_kept_with_all_that_judge_needs),
		sentence(a_long_detail_is_cut),
		sentence(events_come_out_in_order_and_reach_back_to_the_oldest_record),
		sentence(an_empty_log_is_no_finding),
		sentence(reading_ends_after_many_old_records_in_a_row),
		sentence(the_system_log_is_read_on_to_a_boot),
		sentence(a_fall_of_the_clock_is_noted_between_neighbours),
		sentence(the_largest_and_newest_falls_are_kept_of_too_many),
		sentence(a_bookmark_ends_the_reading_where_it_is_recognised),
		sentence(a_cleared_log_is_found_out),
		sentence(a_reading_that_broke_off_leaves_the_bookmark_alone),
		sentence(damage_is_counted_and_dated_by_the_next_newer_record),
		sentence(a_record_of_ours_with_a_broken_inside_is_damage),
		sentence(of_a_series_of_runtime_events_the_ends_are_kept),
		sentence(too_many_events_read_as_a_wrapped_log),
	};
	return cmocka_run_group_tests_name("harvest", tests, NULL, NULL);
}
