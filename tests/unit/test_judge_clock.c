/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "scene.h"

/* Clocks that are set: what came after the boot, and who started it, is told only as far
 * as it can be known, and what cannot be known is no OK. */

struct row {
	const char *label;
	enum service_state state;
	const char *events;
	enum status status;
	enum condition condition;
	enum trigger trigger;
};

static void check_row(void *parent, const struct row *row, bool knows_clock)
{
	test_row("%s", row->label);
	struct policy policy = policy_default();
	struct evidence *evidence = scene(parent, row->state, row->events);
	if (knows_clock)
		evidence_learned(evidence, PART_CLOCK);
	struct verdict *verdict = judge(parent, evidence, &policy, SCENE_NOW);
	assert_string_equal(
		condition_name(verdict->condition), condition_name(row->condition));
	assert_string_equal(trigger_name(verdict->trigger), trigger_name(row->trigger));
	assert_string_equal(status_name(verdict->status), status_name(row->status));
	test_row("%s", "");
}

static void what_lies_between_a_boot_and_a_failure_may_have_come_before_it(void **state)
{
	static const struct row rows[] = {
		{"set back while it was off, a stop from before", SERVICE_RUNNING,
			"boot@3d 1000@71h 1001@2h fall@119m>3h boot@3h 4071@178m "
			"1000@170m",
			STATUS_WARNING, CONDITION_RECOVERED, TRIGGER_UNKNOWN},
		{"a start from before", SERVICE_RUNNING,
			"boot@3d 1000@178m fall@172m>3h boot@3h 4071@175m 1000@2h",
			STATUS_WARNING, CONDITION_RECOVERED, TRIGGER_UNKNOWN},
		{"a start from after what is doubtful", SERVICE_RUNNING,
			"boot@3d fall@172m>3h boot@3h 1000@171m 4071@2h 1000@1h",
			STATUS_OK, CONDITION_RECOVERED, TRIGGER_MANUAL},
		{"set back before the boot before", SERVICE_RUNNING,
			"fall@1h>4d boot@3d boot@3h 1000@178m 4071@2h 1000@1h", STATUS_OK,
			CONDITION_RECOVERED, TRIGGER_MANUAL},
		{"told by the Application log, from just before the boot",
			SERVICE_RUNNING,
			"boot@8d 1001@182m appfall@182m>5h boot@3h 4071@298m 1000@270m",
			STATUS_WARNING, CONDITION_RECOVERED, TRIGGER_UNKNOWN},
		{"set back long before the boot, told by the Application log",
			SERVICE_RUNNING,
			"boot@8d appfall@5h>6h 4071@299m boot@3h 1000@178m", STATUS_OK,
			CONDITION_CLEARED, TRIGGER_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(*state, &rows[i], false);
}

static void a_start_by_hand_that_was_moved_to_the_boot_is_not_automatic(void **state)
{
	static const struct row rows[] = {
		{"told by the System log", SERVICE_STOPPED,
			"boot@3h fall@1h>175m 4071@174m", STATUS_CRITICAL,
			CONDITION_ACTIVE, TRIGGER_UNKNOWN},
		{"told by the Application log", SERVICE_STOPPED,
			"boot@3h 1016@1h appfall@1h>175m 4071@174m", STATUS_CRITICAL,
			CONDITION_ACTIVE, TRIGGER_UNKNOWN},
		{"moved to some hours later", SERVICE_STOPPED,
			"boot@9h 4071@539m fall@1h>5h", STATUS_CRITICAL, CONDITION_ACTIVE,
			TRIGGER_AUTOMATIC},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(*state, &rows[i], false);
}

/* Its clock was set back since, and no log tells. */
static void a_boot_that_is_still_to_come_counts_from_the_horizon(void **state)
{
	static const struct row rows[] = {
		{"runs", SERVICE_RUNNING, "boot@+20h 4071@2h 1000@1h", STATUS_WARNING,
			CONDITION_RECOVERED, TRIGGER_UNKNOWN},
		{"down", SERVICE_STOPPED, "boot@+20h 4071@2h", STATUS_CRITICAL,
			CONDITION_ACTIVE, TRIGGER_UNKNOWN},
		{"with an older boot", SERVICE_STOPPED, "boot@9d boot@+20h 4071@2h",
			STATUS_CRITICAL, CONDITION_ACTIVE, TRIGGER_UNKNOWN},
		{"a minute is none", SERVICE_RUNNING, "4071@2h boot@+60s 1000@+61s",
			STATUS_OK, CONDITION_CLEARED, TRIGGER_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(*state, &rows[i], true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(what_lies_between_a_boot_and_a_failure_may_have_come_before_it),
		sentence(a_start_by_hand_that_was_moved_to_the_boot_is_not_automatic),
		sentence(a_boot_that_is_still_to_come_counts_from_the_horizon),
	};
	return cmocka_run_group_tests_name("judge_clock", tests, NULL, NULL);
}
