/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/catalogue.h"
#include "core/state.h"
#include "scene.h"
#include "source/request.h"

/* From when on events are needed: where the clock was set back, what came after the boot
 * bears earlier times. */
static void the_last_boot_is_no_later_than_what_came_after_it(void **state)
{
	static const struct {
		const char *events;
		int64_t age; /* -1: no boot is known */
	} rows[] = {
		{"boot@9d boot@2h", 2 * WHEN_HOUR},
		{"boot@2h fall@1h>5h", 5 * WHEN_HOUR},
		{"boot@9d fall@8d>9d boot@2h", 2 * WHEN_HOUR},
		{"boot@2h fall@10m>20m", 2 * WHEN_HOUR},
		{"fall@1h>5h", -1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].events);
		const struct evidence *evidence =
			scene(*state, SERVICE_RUNNING, rows[i].events);
		const struct request request = {.now = SCENE_NOW};
		int64_t boot = request_last_boot(&request, &evidence->logs[LOG_SYSTEM]);
		assert_true(
			boot == (rows[i].age < 0 ? NO_TIME : SCENE_NOW - rows[i].age));
	}
	test_row("%s", "");
}

/* All of a log that holds no boot came after the one that is remembered. */
static void a_remembered_boot_is_no_later_either(void **state)
{
	struct state *memory = state_new(*state);
	struct event boot = {.origin = FROM_EVENTLOG,
		.id = EVENT_LOG_STARTED,
		.generation = 3,
		.record = 900,
		.time = SCENE_NOW - 2 * WHEN_HOUR};
	log_add_event(memory, &memory->logs[LOG_SYSTEM], &boot);
	const struct evidence *evidence =
		scene(*state, SERVICE_RUNNING, "scm7036@1h fall@1h>5h");
	const struct request request = {.now = SCENE_NOW, .state = memory};
	assert_true(request_last_boot(&request, &evidence->logs[LOG_SYSTEM]) ==
		SCENE_NOW - 5 * WHEN_HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(the_last_boot_is_no_later_than_what_came_after_it),
		sentence(a_remembered_boot_is_no_later_either),
	};
	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
