/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "scene.h"
#include "start/follow.h"

#define FAILED  "boot@3h 4071@2h59m"
#define STARTED FAILED " 1000@10s"
#define AGAIN   STARTED " 4071@5s"

enum { STEPS = 8 };

/* What is seen, second by second; the last step is seen when the time is up. */
struct row {
	const char *label;
	struct step {
		enum service_state state;
		const char *events;
		int64_t at_ms;
	} steps[STEPS];
	bool has_time; /* the last step is not the last one that there is time for */
	enum follow_end end;
};

static const struct row rows[] = {
	{"runs",
		{{SERVICE_START_PENDING, FAILED, 1000}, {SERVICE_RUNNING, STARTED, 2000},
			{SERVICE_RUNNING, STARTED, 12000}},
		true, FOLLOW_RUNS},
	{"runs, at the last moment",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_RUNNING, STARTED, 11000}},
		false, FOLLOW_RUNS},
	{"runs, and the time is up",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_RUNNING, STARTED, 10999}},
		false, FOLLOW_UNSETTLED},
	{"runs, not long enough",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_RUNNING, STARTED, 10999}},
		true, FOLLOW_ON},
	{"runs since it was seen to stop",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_STOPPED, STARTED, 6000},
			{SERVICE_RUNNING, STARTED, 12000}},
		true, FOLLOW_ON},
	{"runs, though 4071 came again",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_RUNNING, AGAIN, 12000}}, true,
		FOLLOW_LOST},
	{"fails again",
		{{SERVICE_START_PENDING, FAILED, 1000}, {SERVICE_STOPPED, AGAIN, 2000}},
		true, FOLLOW_FAILED_AGAIN},
	{"fails again, and hangs", {{SERVICE_START_PENDING, AGAIN, 1000}}, true,
		FOLLOW_FAILED_AGAIN},
	{"the event comes after the stop",
		{{SERVICE_STOPPED, FAILED, 1000}, {SERVICE_STOPPED, AGAIN, 2000}}, true,
		FOLLOW_FAILED_AGAIN},
	{"fails again after it ran",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_STOPPED, AGAIN, 2000}}, true,
		FOLLOW_FAILED_AGAIN},
	{"dies",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_STOPPED, STARTED, 4000},
			{SERVICE_STOPPED, STARTED, 5000}},
		true, FOLLOW_DIED},
	{"flaps",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_STOPPED, STARTED, 2000},
			{SERVICE_RUNNING, STARTED, 3000},
			{SERVICE_STOPPED, STARTED, 4000}},
		true, FOLLOW_DIED},
	{"never runs", {{SERVICE_STOPPED, FAILED, 1000}, {SERVICE_STOPPED, FAILED, 2000}},
		true, FOLLOW_STOPPED},
	{"seen to be stopped once", {{SERVICE_STOPPED, FAILED, 1000}}, true, FOLLOW_ON},
	{"and the time is up", {{SERVICE_STOPPED, FAILED, 1000}}, false, FOLLOW_STOPPED},
	{"hangs",
		{{SERVICE_START_PENDING, FAILED, 1000},
			{SERVICE_START_PENDING, FAILED, 60000}},
		false, FOLLOW_PENDING},
	{"is still on its way", {{SERVICE_START_PENDING, FAILED, 60000}}, true,
		FOLLOW_ON},
	{"was paused by somebody", {{SERVICE_PAUSED, STARTED, 60000}}, false,
		FOLLOW_PENDING},
	{"is lost for a moment",
		{{SERVICE_START_PENDING, FAILED, 1000}, {SERVICE_UNKNOWN, FAILED, 2000},
			{SERVICE_UNKNOWN, FAILED, 3000}},
		true, FOLLOW_ON},
	{"is lost",
		{{SERVICE_UNKNOWN, FAILED, 2000}, {SERVICE_UNKNOWN, FAILED, 3000},
			{SERVICE_UNKNOWN, FAILED, 4000}},
		true, FOLLOW_LOST},
	{"is lost at the end",
		{{SERVICE_START_PENDING, FAILED, 1000}, {SERVICE_UNKNOWN, FAILED, 2000}},
		false, FOLLOW_LOST},
	{"its log is lost",
		{{SERVICE_RUNNING, STARTED, 1000}, {SERVICE_RUNNING, NULL, 12000}}, true,
		FOLLOW_LOST},
};

static struct verdict *seen(
	void *parent, const struct policy *policy, const struct step *step)
{
	struct failure why;
	const char *events = step->events != NULL ? step->events : "boot@3h";
	struct evidence *evidence = scene(parent, step->state, events);
	fail_at(&why, FAIL_REFUSED, STAGE_SERVICE, "gone");
	if (step->state == SERVICE_UNKNOWN)
		evidence_failed(evidence, PART_STATE, &why);
	if (step->events == NULL)
		evidence_failed(evidence, PART_APPLICATION, &why);
	return judge(parent, evidence, policy, SCENE_NOW);
}

static void what_becomes_of_it_is_told_apart(void **state)
{
	const struct policy policy = policy_default();
	const struct step before = {SERVICE_STOPPED, FAILED, 0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct follow follow = {.before = seen(*state, &policy, &before)};
		enum follow_end end = FOLLOW_ON;
		test_row("%s", rows[i].label);
		for (size_t j = 0; j < STEPS && rows[i].steps[j].at_ms != 0; j++) {
			const struct step *step = &rows[i].steps[j];
			bool is_last = j + 1 == STEPS || step[1].at_ms == 0;
			assert_int_equal(end, FOLLOW_ON);
			const struct sight sight = {seen(*state, &policy, step),
				step->at_ms, true, is_last && !rows[i].has_time};
			end = follow_look(&follow, &sight);
		}
		assert_int_equal(end, rows[i].end);
	}
}

/* The server answers the first question, and then hangs until the time is up. */
static void a_stale_state_is_no_success(void **state)
{
	const struct policy policy = policy_default();
	const struct step before = {SERVICE_STOPPED, FAILED, 0};
	const struct step step = {SERVICE_RUNNING, STARTED, 12000};
	struct follow follow = {.before = seen(*state, &policy, &before),
		.is_running = true,
		.has_run = true,
		.running_since_ms = 1000};
	struct sight sight = {seen(*state, &policy, &step), step.at_ms, false, false};
	assert_int_equal(follow_look(&follow, &sight), FOLLOW_ON);
	sight.is_last = true;
	assert_int_equal(follow_look(&follow, &sight), FOLLOW_LOST);
	sight.is_fresh = true;
	assert_int_equal(follow_look(&follow, &sight), FOLLOW_RUNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(what_becomes_of_it_is_told_apart),
		sentence(a_stale_state_is_no_success),
	};
	return cmocka_run_group_tests_name("start_follow", tests, NULL, NULL);
}
