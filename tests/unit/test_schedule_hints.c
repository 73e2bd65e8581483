/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>

#include "agent/schedule.h"

enum { START = 5000, SECOND = 1000, DAY = 24 * 3600 * SECOND };

struct server {
	char name[16];
	struct turn turn;
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

static void a_hint_is_a_poll_now_and_the_plan_stays(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 0);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t planned = server->turn.next_ms, now = START + 10;
	assert_false(server->turn.is_by_hint);
	schedule_hint(schedule, &server->turn);
	schedule_hint(schedule, &server->turn);
	assert_true(schedule_wake(schedule) <= now);
	poll_once(schedule, server, TURN_WORKED, now);
	assert_true(server->turn.is_by_hint);
	assert_int_equal(server->turn.next_ms, planned);
	assert_int_equal(schedule_wake(schedule), planned);
	assert_null(schedule_take(schedule, planned - 1));
	poll_once(schedule, server, TURN_WORKED, planned);
	assert_false(server->turn.is_by_hint);
}

static void a_hint_waits_for_the_hold_and_for_the_poll_that_is_on_its_way(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 0);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t now = START + 10;
	schedule_hint(schedule, &server->turn);
	assert_ptr_equal(schedule_take(schedule, now), server);
	schedule_hint(schedule, &server->turn);
	schedule_ended(schedule, &server->turn, TURN_FAILED, now + 200);
	assert_null(schedule_take(schedule, now + 200));
	schedule_wait(schedule, &server->turn);
	assert_int_equal(schedule_wake(schedule), now + SCHEDULE_HOLD_MS);
	assert_null(schedule_take(schedule, now + SCHEDULE_HOLD_MS - 1));
	poll_once(schedule, server, TURN_WORKED, now + SCHEDULE_HOLD_MS);
	assert_int_equal(schedule_wake(schedule), server->turn.next_ms);
}

/* The planned one is as good, and uses up nothing. */
static void a_planned_poll_answers_a_hint(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 0);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t planned = server->turn.next_ms;
	schedule_hint(schedule, &server->turn);
	poll_once(schedule, server, TURN_WORKED, planned);
	assert_false(server->turn.is_by_hint);
	assert_null(schedule_take(schedule, planned + SCHEDULE_HOLD_MS));
	schedule_hint(schedule, &server->turn);
	poll_once(schedule, server, TURN_WORKED, planned + 1);
	assert_true(server->turn.is_by_hint);
}

static void a_server_that_leaves_takes_its_hint_along(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 0);
	poll_once(schedule, server, TURN_WORKED, START);
	schedule_hint(schedule, &server->turn);
	schedule_remove(schedule, &server->turn);
	assert_null(schedule_take(schedule, START + DAY));
	assert_true(schedule_wake(schedule) == INT64_MAX);
}

/* An outage that two quick repeats ride out: no trap uses them up or puts them off. */
static void failures_by_hint_leave_the_quick_repeats_as_they_are(void **state)
{
	enum { REPEAT = 5000 };
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 2);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t now = server->turn.next_ms;
	poll_once(schedule, server, TURN_FAILED, now);
	assert_int_equal(server->turn.next_ms, now + REPEAT);
	for (int64_t later = 1; later < REPEAT; later += SCHEDULE_HOLD_MS) {
		schedule_hint(schedule, &server->turn);
		assert_ptr_equal(schedule_take(schedule, now + later), server);
		assert_false(schedule_ended(
			schedule, &server->turn, TURN_FAILED, now + later));
		assert_int_equal(server->turn.failures, 1);
		assert_int_equal(server->turn.next_ms, now + REPEAT);
		schedule_wait(schedule, &server->turn);
	}
	poll_once(schedule, server, TURN_FAILED, now + REPEAT);
	assert_int_equal(server->turn.next_ms, now + 2 * REPEAT);
	schedule_hint(schedule, &server->turn);
	poll_once(schedule, server, TURN_WORKED, now + REPEAT + SCHEDULE_HOLD_MS);
	assert_int_equal(server->turn.failures, 0);
}

/* Else polls by hint that hang could keep a server from ever being found dead. */
static void a_failure_by_hint_that_overran_the_plan_counts_for_it(void **state)
{
	struct schedule *schedule = schedule_new(*state, START);
	struct server *server = add(*state, schedule, "EXCH01", 2);
	poll_once(schedule, server, TURN_WORKED, START);
	int64_t planned = server->turn.next_ms;
	schedule_hint(schedule, &server->turn);
	assert_ptr_equal(schedule_take(schedule, planned - 1), server);
	assert_true(server->turn.is_by_hint);
	assert_true(schedule_ended(schedule, &server->turn, TURN_FAILED, planned));
	assert_int_equal(server->turn.failures, 1);
	assert_true(server->turn.next_ms > planned);
}

/* A made-up day: polls that take their time, hints at any moment, and what must hold. */
struct traffic {
	struct schedule *schedule;
	uint64_t random;
	int64_t now;
	struct watched {
		struct turn turn;
		int64_t ends_ms;    /* of the poll on its way; 0: none */
		int64_t hinted_ms;  /* that has had no poll yet; 0: none */
		int64_t by_hint_ms; /* the newest poll that a hint began */
	} servers[40];
	int64_t by_hint_ms[SCHEDULE_HINTED]; /* of all; a ring */
	unsigned by_hint_count, hint_count;
};

enum { WATCHED = 40, EPOCH = 1000000 };

static uint64_t draw(struct traffic *traffic, uint64_t below)
{
	traffic->random = traffic->random * 6364136223846793005 + 1442695040888963407;
	return (traffic->random >> 33) % below;
}

static void begin_poll(struct traffic *traffic, struct watched *server)
{
	int64_t now = traffic->now;
	assert_int_equal(server->ends_ms, 0);
	server->ends_ms = now + 1 + (int64_t)draw(traffic, 700);
	server->hinted_ms = 0;
	if (!server->turn.is_by_hint)
		return;
	assert_true(now - server->by_hint_ms >= SCHEDULE_HOLD_MS);
	server->by_hint_ms = now;
	int64_t *oldest =
		&traffic->by_hint_ms[traffic->by_hint_count++ % SCHEDULE_HINTED];
	assert_true(now - *oldest >= SECOND);
	*oldest = now;
}

static void end_polls(struct traffic *traffic)
{
	for (int i = 0; i < WATCHED; i++) {
		struct watched *server = &traffic->servers[i];
		if (server->ends_ms == 0 || server->ends_ms > traffic->now)
			continue;
		server->ends_ms = 0;
		schedule_ended(traffic->schedule, &server->turn,
			(enum turn_end)draw(traffic, 3), traffic->now);
		schedule_wait(traffic->schedule, &server->turn);
	}
}

static void give_hints(struct traffic *traffic, uint64_t count)
{
	for (; count > 0; count--) {
		struct watched *server = &traffic->servers[draw(traffic, WATCHED)];
		schedule_hint(traffic->schedule, &server->turn);
		if (server->hinted_ms == 0)
			server->hinted_ms = traffic->now;
		traffic->hint_count++;
	}
}

static void take_all(struct traffic *traffic)
{
	struct watched *server;
	while ((server = schedule_take(traffic->schedule, traffic->now)) != NULL)
		begin_poll(traffic, server);
	assert_true(schedule_wake(traffic->schedule) > traffic->now);
}

static void start_traffic(struct traffic *traffic, void *parent, uint64_t seed)
{
	*traffic = (struct traffic){
		.schedule = schedule_new(parent, EPOCH), .random = seed, .now = EPOCH};
	for (int i = 0; i < WATCHED; i++) {
		char name[16];
		struct watched *server = &traffic->servers[i];
		snprintf(name, sizeof(name), "EXCH%d", i);
		schedule_add(&server->turn, server, name, 3600, 2);
		schedule_soon(traffic->schedule, &server->turn, i, WATCHED, EPOCH);
		schedule_wait(traffic->schedule, &server->turn);
	}
}

/* So long may a hint wait where all servers are hinted at: for the poll on its way, the
 * hold, and the others. */
static void any_hints_are_bounded_and_none_is_lost(void **state)
{
	enum {
		STEPS = 20000,
		LONGEST = 700 + SCHEDULE_HOLD_MS + WATCHED * SECOND / SCHEDULE_HINTED +
			SECOND
	};
	struct traffic *traffic = memory_new(*state, struct traffic);
	for (uint64_t seed = 1; seed <= 5; seed++) {
		start_traffic(traffic, *state, seed);
		for (int step = 0; step < STEPS; step++) {
			traffic->now += (int64_t)draw(traffic, 40);
			end_polls(traffic);
			give_hints(traffic, draw(traffic, 2 + seed));
			take_all(traffic);
			for (int i = 0; i < WATCHED; i++)
				assert_true(traffic->servers[i].hinted_ms == 0 ||
					traffic->now - traffic->servers[i].hinted_ms <=
						LONGEST);
		}
		int64_t end = traffic->now + LONGEST;
		for (; traffic->now < end; traffic->now++) {
			end_polls(traffic);
			take_all(traffic);
		}
		for (int i = 0; i < WATCHED; i++)
			assert_int_equal(traffic->servers[i].hinted_ms, 0);
		assert_true(traffic->by_hint_count > 0);
		assert_true(traffic->by_hint_count < traffic->hint_count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_hint_is_a_poll_now_and_the_plan_stays),
		sentence(a_hint_waits_for_the_hold_and_for_the_poll_that_is_on_its_way),
		sentence(a_planned_poll_answers_a_hint),
		sentence(a_server_that_leaves_takes_its_hint_along),
		sentence(failures_by_hint_leave_the_quick_repeats_as_they_are),
		sentence(a_failure_by_hint_that_overran_the_plan_counts_for_it),
		sentence(any_hints_are_bounded_and_none_is_lost),
	};
	return cmocka_run_group_tests_name("schedule of hints", tests, NULL, NULL);
}
