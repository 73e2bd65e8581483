/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/infer.h"
#include "scene.h"

static struct evidence *copied_logs(void *parent, const char *events)
{
	struct evidence *evidence = scene(parent, SERVICE_UNKNOWN, events);
	evidence->parts[PART_STATE].knowledge = NOT_OFFERED;
	evidence->parts[PART_CONFIG].knowledge = NOT_OFFERED;
	evidence->service.start_type = START_UNKNOWN;
	return evidence;
}

static void the_newest_telling_event_after_the_boot_is_the_state(void **state)
{
	static const struct {
		const char *events;
		enum service_state state;
	} rows[] = {
		{"boot@2h 1000@119m", SERVICE_RUNNING},
		{"boot@2h 4071@119m", SERVICE_STOPPED},
		{"boot@2h 4071@119m 1000@1h", SERVICE_RUNNING},
		{"boot@2h 1000@119m 1001@1h", SERVICE_STOPPED},
		{"boot@2h 1000@119m 4102@1h", SERVICE_STOPPED},
		{"boot@2h 1000@119m scm7031@1h", SERVICE_STOPPED},
		{"boot@2h 1000@119m scm7034@1h", SERVICE_STOPPED},
		{"boot@2h 1000@119m drwatson@1h", SERVICE_STOPPED},
		{"boot@2h scm7031@119m 1000@1h", SERVICE_RUNNING},
		{"boot@2h 1000@1h scm7024@1h", SERVICE_STOPPED},
		{"boot@2h 1000@119m 2003@1h", SERVICE_RUNNING},
		{"boot@2h 1000@119m 4072@1h", SERVICE_RUNNING},
		{"1000@3h boot@2h", SERVICE_UNKNOWN},
		{"1000@3h", SERVICE_UNKNOWN},
		{"boot@2h 2003@1h", SERVICE_UNKNOWN},
		{"", SERVICE_UNKNOWN},
		/* An id that a running service logs, too, but here right after the start.
		 */
		{"boot@2h 1000@119m 100@7130s", SERVICE_STOPPED},
		{"boot@2h 1000@119m 100@1h", SERVICE_RUNNING},
		/* By record number, though the clock was set back. */
		{"boot@51m 1000@50m 4057@16m 1001@2h", SERVICE_STOPPED},
		/* The clock was set back after the boot: what came later bears earlier
		   times. */
		{"boot@2h 1000@119m fall@118m>5h 4071@4h", SERVICE_STOPPED},
		/* Before the boot: what came earlier bears later times. */
		{"boot@9h 1000@110m fall@1h>2h boot@2h", SERVICE_UNKNOWN},
		{"boot@9h 1000@110m fall@1h>2h boot@2h 1000@59m", SERVICE_RUNNING},
		/* Between the two: which is the newer one? */
		{"boot@5h 1000@2h fall@119m>3h scm7031@170m", SERVICE_STOPPED},
		/* The machine is off. */
		{"boot@2h 1000@119m shutdown@1h", SERVICE_UNKNOWN},
		{"boot@9h shutdown@3h boot@2h 1000@119m", SERVICE_RUNNING},
	};
	struct policy policy = policy_default();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("\"%s\"", rows[i].events);
		struct evidence *evidence = copied_logs(*state, rows[i].events);
		infer_service_state(evidence, &policy, SCENE_NOW);
		assert_int_equal(evidence->service.state, rows[i].state);
		bool is_known = rows[i].state != SERVICE_UNKNOWN;
		assert_int_equal(evidence_has(evidence, PART_STATE), is_known);
		assert_int_equal(evidence->service.is_inferred, is_known);
	}
}

static void without_a_system_log_nothing_is_inferred(void **state)
{
	struct policy policy = policy_default();
	struct evidence *evidence = copied_logs(*state, "boot@2h 1000@1h");
	evidence->parts[PART_SYSTEM].knowledge = NOT_OFFERED;
	infer_service_state(evidence, &policy, SCENE_NOW);
	assert_int_equal(evidence->service.state, SERVICE_UNKNOWN);
	assert_int_equal(evidence->parts[PART_STATE].knowledge, NOT_LEARNED);
}

static void logs_that_broke_off_tell_no_state(void **state)
{
	struct policy policy = policy_default();
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		struct evidence *evidence = copied_logs(*state, "boot@2h 1000@1h");
		evidence->parts[part_of_log(kind)].knowledge = NOT_LEARNED;
		infer_service_state(evidence, &policy, SCENE_NOW);
		assert_int_equal(evidence->service.state, SERVICE_UNKNOWN);
	}
}

static void a_state_that_the_server_told_is_left_alone(void **state)
{
	struct policy policy = policy_default();
	struct evidence *evidence = scene(*state, SERVICE_PAUSED, "boot@2h 4071@1h");
	infer_service_state(evidence, &policy, SCENE_NOW);
	assert_int_equal(evidence->service.state, SERVICE_PAUSED);
	assert_false(evidence->service.is_inferred);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(the_newest_telling_event_after_the_boot_is_the_state),
		sentence(without_a_system_log_nothing_is_inferred),
		sentence(logs_that_broke_off_tell_no_state),
		sentence(a_state_that_the_server_told_is_left_alone),
	};
	return cmocka_run_group_tests_name("infer", tests, NULL, NULL);
}
