/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>

#include "agent/schedule.h"

enum { START = 5000, SECOND = 1000, INTERVAL = 60 * SECOND, DAY = 24 * 3600 * SECOND };

/* A server, and what came of it. */
struct server {
	char name[16];
	struct turn turn;
	int64_t planned; /* when it has to be polled next */
	unsigned polls;
};

static struct server *add(
	void *parent, struct schedule *schedule, const char *name, unsigned retries)
{
	struct server *server = memory_new(parent, struct server);
	snprintf(server->name, sizeof(server->name), "%s", name);
	schedule_add(&server->turn, server, server->name, 60, retries);
	schedule_soon(schedule, &server->turn, 0, 1, START);
	schedule_wait(schedule, &server->turn);
	return server;
}

static void poll_once(
	struct schedule *schedule, struct server *server, enum turn_end end, int64_t now)
{
	assert_ptr_equal(schedule_take(schedule, now), server);
	schedule_ended(schedule, &server->turn, end, now);
	schedule_wait(schedule, &server->turn);
}

static void each_server_is_polled_at_its_place_all_day(void **state)
{
	enum { SERVERS = 1000, TOOK = 130 };
	struct schedule *schedule = schedule_new(*state, START);
	struct server *servers = memory_array(*state, struct server, SERVERS);
	for (size_t i = 0; i < SERVERS; i++) {
		struct server *server = &servers[i];
		snprintf(server->name, sizeof(server->name), "EXCH%zu", i);
		schedule_add(&server->turn, server, server->name, 60, 2);
		schedule_soon(schedule, &server->turn, i, SERVERS, START);
		schedule_wait(schedule, &server->turn);
	}
	size_t size = talloc_total_size(*state);
	int64_t now;
	while ((now = schedule_wake(schedule)) < START + DAY) {
		struct server *server = schedule_take(schedule, now);
		if (server->polls >= 2)
			assert_int_equal(now, server->planned + INTERVAL);
		if (server->polls >= 1)
			assert_int_equal(
				(now - START - server->turn.place_ms) % INTERVAL, 0);
		server->planned = now;
		server->polls++;
		schedule_ended(schedule, &server->turn, TURN_WORKED, now + TOOK);
		schedule_wait(schedule, &server->turn);
	}
	for (size_t i = 0; i < SERVERS; i++)
		assert_in_range(servers[i].polls, DAY / INTERVAL, DAY / INTERVAL + 1);
	assert_int_equal(talloc_total_size(*state), size);
}

static void places_are_spread_over_the_interval(void **state)
{
	enum { SERVERS = 6000, PARTS = 60 };
	(void)state;
	unsigned counts[PARTS] = {0};
	for (int i = 0; i < SERVERS; i++) {
		char name[16];
		struct turn turn = {.retries = 0};
		snprintf(name, sizeof(name), "mail%d", i);
		schedule_add(&turn, NULL, name, 60, 0);
		counts[turn.place_ms / SECOND]++;
	}
	for (int i = 0; i < PARTS; i++)
		assert_in_range(counts[i], 50, 150);
}

static void first_round_is_quick_for_few_and_slow_for_many(void **state)
{
	static const struct {
		size_t count;
		int64_t last, step;
	} rows[] = {
		{1, 0, 0},
		{10, 225, 25},
		{200, 4975, 25},
		{1000, 9990, 10},
		{10000, 49995, 5},
	};
	struct schedule *schedule = schedule_new(*state, START);
	struct turn turn = {.retries = 0};
	schedule_add(&turn, NULL, "EXCH01", 60, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu servers", rows[i].count);
		turn.next_ms = INT64_MAX;
		schedule_soon(schedule, &turn, rows[i].count - 1, rows[i].count, START);
		assert_int_equal(turn.next_ms - START, rows[i].last);
		if (rows[i].count < 2)
			continue;
		schedule_soon(schedule, &turn, 1, rows[i].count, START);
		assert_int_equal(turn.next_ms - START, rows[i].step);
	}
}

static void failed_poll_is_retried_twice_and_then_at_its_place(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 2);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t planned = server->turn.next_ms;
	poll_once(schedule, server, TURN_FAILED, planned);
	assert_int_equal(server->turn.next_ms, planned + 5 * SECOND);
	poll_once(schedule, server, TURN_FAILED, planned + 5 * SECOND);
	assert_int_equal(server->turn.next_ms, planned + 10 * SECOND);
	poll_once(schedule, server, TURN_FAILED, planned + 10 * SECOND);
	assert_int_equal(server->turn.next_ms, planned + INTERVAL);
	poll_once(schedule, server, TURN_FAILED, planned + INTERVAL);
	assert_int_equal(server->turn.next_ms, planned + 2 * INTERVAL);
	poll_once(schedule, server, TURN_WORKED, planned + 2 * INTERVAL);
	poll_once(schedule, server, TURN_FAILED, planned + 3 * INTERVAL);
	assert_int_equal(server->turn.next_ms, planned + 3 * INTERVAL + 5 * SECOND);
}

static void poll_that_was_not_made_changes_nothing(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 1);
	poll_once(schedule, server, TURN_NOT_MADE, START);
	int64_t planned = server->turn.next_ms;
	assert_in_range(planned, START + 1, START + INTERVAL);
	poll_once(schedule, server, TURN_NOT_MADE, planned);
	assert_int_equal(server->turn.next_ms, planned + INTERVAL);
}

static void times_that_were_overrun_are_skipped(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 0);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t planned = server->turn.next_ms;
	assert_ptr_equal(schedule_take(schedule, planned), server);
	assert_null(schedule_take(schedule, planned + INTERVAL));
	schedule_ended(
		schedule, &server->turn, TURN_WORKED, planned + 5 * INTERVAL + SECOND);
	assert_int_equal(server->turn.next_ms, planned + 6 * INTERVAL);
}

static void nobody_is_polled_who_does_not_wait(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 0);
	assert_ptr_equal(schedule_take(schedule, START), server);
	schedule_ended(schedule, &server->turn, TURN_WORKED, START);
	assert_true(schedule_wake(schedule) == INT64_MAX);
	assert_null(schedule_take(schedule, START + DAY));
	schedule_wait(schedule, &server->turn);
	assert_int_equal(schedule_wake(schedule), server->turn.next_ms);
	schedule_remove(schedule, &server->turn);
	assert_null(schedule_take(schedule, START + DAY));
	schedule_remove(schedule, &server->turn);
}

static void reload_keeps_the_time_unless_the_interval_is_new(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 0);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t planned = server->turn.next_ms, now = START + 10 * SECOND;
	schedule_change(schedule, &server->turn, "EXCH01", 60, 3, now);
	assert_int_equal(server->turn.next_ms, planned);
	schedule_change(schedule, &server->turn, "EXCH01", 3600, 3, now);
	assert_in_range(server->turn.next_ms, now + 1, now + 3600 * SECOND);
	assert_int_equal(schedule_wake(schedule), server->turn.next_ms);
	schedule_change(schedule, &server->turn, "EXCH01", 60, 3, now);
	assert_int_equal(schedule_wake(schedule) % INTERVAL, planned % INTERVAL);
}

static void they_come_in_the_order_of_their_times(void **state)
{
	enum { SERVERS = 500 };
	struct schedule *schedule = schedule_new(*state, START);
	struct server *servers = memory_array(*state, struct server, SERVERS);
	for (size_t i = 0; i < SERVERS; i++) {
		struct server *server = &servers[i];
		snprintf(server->name, sizeof(server->name), "%zu", i * 7919);
		schedule_add(&server->turn, server, server->name, 3600, 0);
		schedule_ended(schedule, &server->turn, TURN_WORKED, START);
		schedule_wait(schedule, &server->turn);
	}
	for (size_t i = 0; i < SERVERS; i += 3)
		schedule_remove(schedule, &servers[i].turn);
	int64_t before = START;
	size_t count = 0;
	struct server *server;
	while ((server = schedule_take(schedule, START + DAY)) != NULL) {
		assert_true(server->turn.next_ms >= before);
		before = server->turn.next_ms;
		count++;
	}
	assert_int_equal(count, SERVERS - (SERVERS + 2) / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(each_server_is_polled_at_its_place_all_day),
		sentence(places_are_spread_over_the_interval),
		sentence(first_round_is_quick_for_few_and_slow_for_many),
		sentence(failed_poll_is_retried_twice_and_then_at_its_place),
		sentence(poll_that_was_not_made_changes_nothing),
		sentence(times_that_were_overrun_are_skipped),
		sentence(nobody_is_polled_who_does_not_wait),
		sentence(reload_keeps_the_time_unless_the_interval_is_new),
		sentence(they_come_in_the_order_of_their_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
