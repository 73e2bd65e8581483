/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/server.h"
#include "core/told.h"

enum { NOW = 2000000000 };

static struct target *target_of(void *parent, int64_t interval)
{
	struct target *target = target_new(parent);
	target->server = memory_copy(target, "EXCH01");
	target->address = memory_copy(target, "gateway");
	target->source = "agent";
	target->interval = interval;
	return target;
}

/* A row of a service that runs, as a far imc-agentd tells it. */
static struct evidence *row_told(void *parent, int64_t age, int64_t interval)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "agent");
	struct told *told = memory_new(evidence, struct told);
	*told = (struct told){
		.status = STATUS_OK,
		.keys[KEY_RUNNING] = true,
		.text = memory_copy(told, "service running"),
		.last_4071 = NO_TIME,
		.boot_time = NO_TIME,
		.interval = interval,
		.age = age,
	};
	evidence->told = told;
	evidence->service.state = SERVICE_RUNNING;
	evidence_learned(evidence, PART_STATE);
	return evidence;
}

static void take(struct server *server, struct evidence *evidence, int64_t now)
{
	struct message_result result = {.end = POLL_LEARNED, .backoff_until = NO_TIME};
	uint32_t suppressed = 0;
	evidence->observed_at = now;
	server_take(server, &result, evidence, now, &suppressed);
	server->ended_ms = now * 1000;
	talloc_free(evidence);
}

static void row_is_as_old_as_the_far_poll(void **state)
{
	struct server *server = server_new(*state, target_of(*state, 10), NOW);
	take(server, row_told(server, 100, 60), NOW);
	assert_int_equal(server->row->status, STATUS_OK);
	assert_int_equal(server->row->last_poll, NOW - 100);
}

/* Who reads our row asks whether it is older than three of its intervals. */
static void interval_is_the_longer_one(void **state)
{
	static const struct {
		int64_t ours, theirs, shown;
	} rows[] = {{10, 60, 60}, {60, 10, 60}, {60, 60, 60}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct target *target = target_of(*state, rows[i].ours);
		struct server *server = server_new(*state, target, NOW);
		take(server, row_told(server, 5, rows[i].theirs), NOW);
		assert_int_equal(server->row->interval, rows[i].shown);
	}
}

/* The far side's operator may choose a shorter one. */
static void interval_follows_the_far_side(void **state)
{
	struct server *server = server_new(*state, target_of(*state, 10), NOW);
	take(server, row_told(server, 5, WHEN_HOUR), NOW);
	take(server, row_told(server, 5, 30), NOW + 10);
	assert_int_equal(server->row->interval, 30);
	take(server, row_told(server, 5, 5), NOW + 20);
	assert_int_equal(server->row->interval, 10);
}

/* Nothing was learned there yet: what was known before is no younger for that. */
static void row_without_an_age_makes_nothing_younger(void **state)
{
	struct server *server = server_new(*state, target_of(*state, 60), NOW);
	take(server, row_told(server, 30, 60), NOW);
	take(server, row_told(server, NO_TIME, 60), NOW + 60);
	assert_int_equal(server->row->last_poll, NOW - 30);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
}

/* A and B ask each other, and nobody the server: both are found out. */
static void two_that_ask_each_other_grow_stale(void **state)
{
	struct server *a = server_new(*state, target_of(*state, 60), NOW);
	struct server *b = server_new(*state, target_of(*state, 60), NOW);
	take(a, row_told(a, 0, 60), NOW);
	for (int64_t now = NOW + 30; now <= NOW + 240; now += 60) {
		take(b, row_told(b, now - a->row->last_poll, a->row->interval), now);
		take(a, row_told(a, now + 30 - b->row->last_poll, b->row->interval),
			now + 30);
	}
	assert_int_equal(a->row->last_poll, NOW);
	assert_true(a->row->has_keys[KEY_STALE]);
	assert_true(b->row->has_keys[KEY_STALE]);
	assert_int_equal(a->row->status, STATUS_UNKNOWN);
	assert_int_equal(b->row->status, STATUS_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(row_is_as_old_as_the_far_poll),
		sentence(interval_is_the_longer_one),
		sentence(interval_follows_the_far_side),
		sentence(row_without_an_age_makes_nothing_younger),
		sentence(two_that_ask_each_other_grow_stale),
	};
	return cmocka_run_group_tests_name("server_told", tests, NULL, NULL);
}
