/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/slots.h"

enum { WORKERS = 4, SUSPECTS = 16, TOTAL = WORKERS + SUSPECTS, JOBS = 300 };

/* Slots with time; jobs of one account but where a test says otherwise. */
struct world {
	struct slots *slots;
	int64_t ms;
	struct job jobs[JOBS];
	size_t job_count;
};

static struct world *world_new(void *parent)
{
	struct world *world = memory_new(parent, struct world);
	world->slots = slots_new(world);
	world->ms = 1000;
	slots_resize(world->slots, WORKERS, SUSPECTS);
	return world;
}

static struct job *wait_with(struct world *world, enum trust trust, const char *account)
{
	struct job *job = &world->jobs[world->job_count++];
	job->trust = trust;
	slots_wait(
		world->slots, job, slots_lane(world->slots, "rpc", account), world->ms);
	return job;
}

static void wait_many(struct world *world, enum trust trust, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wait_with(world, trust, "monitor");
}

/* Starts all that may be; returns how many. */
static size_t start_all(struct world *world)
{
	size_t count = 0;
	struct job *job;
	while ((job = slots_next(world->slots, world->ms)) != NULL) {
		slots_start(world->slots, job, world->ms);
		count++;
	}
	return count;
}

static size_t put_back_all(struct world *world)
{
	size_t count = 0;
	struct job *job;
	while ((job = slots_look(world->slots, world->ms)) != NULL) {
		slots_put_back(world->slots, job, world->ms);
		count++;
	}
	return count;
}

static void each_kind_has_its_slots(void **state)
{
	static const struct {
		size_t well, new, suspect;
		size_t started;
	} rows[] = {
		{0, 0, 0, 0},
		{1, 0, 0, 1},
		{100, 0, 0, WORKERS},
		{0, 100, 0, WORKERS},
		{100, 100, 0, WORKERS},
		{0, 0, 100, SUSPECTS},
		{100, 0, 100, TOTAL},
		{0, 100, 100, TOTAL - WORKERS / 2},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		struct world *world = world_new(*state);
		wait_many(world, TRUST_SUSPECT, rows[i].suspect);
		wait_many(world, TRUST_NEW, rows[i].new);
		wait_many(world, TRUST_WELL, rows[i].well);
		assert_int_equal(start_all(world), rows[i].started);
		talloc_free(world);
	}
}

static void suspects_that_hang_leave_the_well_their_slots(void **state)
{
	struct world *world = world_new(*state);
	wait_many(world, TRUST_SUSPECT, 100);
	start_all(world);
	for (int i = 0; i < 100; i++) {
		struct job *job = wait_with(world, TRUST_WELL, "monitor");
		assert_ptr_equal(slots_next(world->slots, world->ms), job);
		slots_start(world->slots, job, world->ms);
		world->ms += 50;
		slots_leave(world->slots, job);
		assert_null(slots_next(world->slots, world->ms));
	}
}

static void poll_that_hangs_frees_its_slot(void **state)
{
	struct world *world = world_new(*state);
	wait_many(world, TRUST_WELL, 2 * WORKERS);
	assert_int_equal(start_all(world), WORKERS);
	world->ms += 400;
	assert_int_equal(start_all(world), 0);
	slots_leave(world->slots, &world->jobs[0]);
	assert_int_equal(start_all(world), 1);
	world->ms += 1100;
	assert_int_equal(put_back_all(world), 0);
	assert_true(world->jobs[1].is_among_suspects);
	assert_false(world->jobs[WORKERS].is_among_suspects);
	assert_int_equal(start_all(world), WORKERS - 1);
}

static void job_that_waits_for_us_does_not_hang(void **state)
{
	struct world *world = world_new(*state);
	struct job *job = wait_with(world, TRUST_WELL, "monitor");
	start_all(world);
	slots_pause(job, world->ms + 100);
	world->ms += 60000;
	put_back_all(world);
	assert_false(job->is_among_suspects);
	slots_go_on(job, world->ms);
	world->ms += 1500;
	put_back_all(world);
	assert_true(job->is_among_suspects);
}

/* All of 100 hang, 100 answer in 50 ms; nothing is known of any of them. */
static void hundred_that_hang_do_not_hold_up_hundred_that_answer(void **state)
{
	struct world *world = world_new(*state);
	size_t answered = 0;
	wait_many(world, TRUST_NEW, 200);
	for (int64_t end = world->ms + 7000; world->ms < end; world->ms += 50) {
		for (size_t i = 1; i < 200; i += 2) {
			if (!world->jobs[i].is_running)
				continue;
			slots_leave(world->slots, &world->jobs[i]);
			answered++;
		}
		put_back_all(world);
		start_all(world);
	}
	assert_int_equal(answered, 100);
}

static void job_that_is_bound_is_not_stopped(void **state)
{
	struct world *world = world_new(*state);
	wait_many(world, TRUST_WELL, 2 * TOTAL);
	start_all(world);
	world->ms += 500;
	assert_int_equal(start_all(world), SUSPECTS);
	world->jobs[0].is_bound = true;
	world->ms += 500;
	assert_int_equal(put_back_all(world), WORKERS - 1);
	assert_true(world->jobs[0].is_running);
	assert_int_equal(world->jobs[1].trust, TRUST_NEW);
	assert_int_equal(start_all(world), WORKERS - 1);
}

static void accounts_share_fairly(void **state)
{
	struct world *world = world_new(*state);
	wait_many(world, TRUST_WELL, 100);
	struct job *job = wait_with(world, TRUST_WELL, "other");
	for (int i = 0; i < 2; i++)
		slots_start(world->slots, slots_next(world->slots, world->ms), world->ms);
	assert_true(job->is_running);
	assert_true(world->jobs[0].is_running);
	assert_string_equal(slots_account(job->lane), "other");
	assert_int_equal(start_all(world), WORKERS - 2);
}

static void account_with_a_worker_goes_before_who_came_a_little_earlier(void **state)
{
	struct world *world = world_new(*state);
	struct job *first = wait_with(world, TRUST_WELL, "first");
	world->ms += 100;
	struct job *second = wait_with(world, TRUST_WELL, "second");
	assert_ptr_equal(slots_next(world->slots, world->ms), first);
	slots_add_idle(second->lane, 1);
	assert_ptr_equal(slots_next(world->slots, world->ms), second);
	slots_add_idle(second->lane, -1);
	assert_ptr_equal(slots_next(world->slots, world->ms), first);
}

static void fewer_slots_disturb_nobody(void **state)
{
	struct world *world = world_new(*state);
	wait_many(world, TRUST_WELL, 10);
	start_all(world);
	slots_resize(world->slots, 1, 4);
	assert_int_equal(start_all(world), 0);
	for (size_t i = 0; i < WORKERS; i++)
		slots_leave(world->slots, &world->jobs[i]);
	assert_int_equal(start_all(world), 1);
	slots_leave(world->slots, &world->jobs[9]); /* one that waits */
	slots_leave(world->slots, &world->jobs[9]);
	slots_leave(world->slots, &world->jobs[4]);
	slots_resize(world->slots, 10, 40);
	assert_int_equal(start_all(world), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(each_kind_has_its_slots),
		sentence(suspects_that_hang_leave_the_well_their_slots),
		sentence(poll_that_hangs_frees_its_slot),
		sentence(job_that_waits_for_us_does_not_hang),
		sentence(hundred_that_hang_do_not_hold_up_hundred_that_answer),
		sentence(job_that_is_bound_is_not_stopped),
		sentence(accounts_share_fairly),
		sentence(account_with_a_worker_goes_before_who_came_a_little_earlier),
		sentence(fewer_slots_disturb_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
