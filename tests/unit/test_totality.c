/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "scene.h"

/*
 * The promise: what could not be read is never shown as health. Everything that can fail,
 * in every way, alone and in pairs, with every state and a few histories.
 */
enum loss {
	LOSE_STATE,
	LOSE_CONFIG,
	LOSE_APPLICATION,
	LOSE_SYSTEM,
	LOSE_MEMORY,
	DAMAGE_APPLICATION,
	DAMAGE_SYSTEM,
	CLEAR_APPLICATION,
	CLEAR_SYSTEM,
	GROW_STALE,
	LOSSES
};

static const char *const histories[] = {
	"",
	"boot@2h 1000@119m",
	"boot@2h 4071@119m",
	"boot@2h 4071@119m 1000@1h",
	"boot@9h 1000@8h 1001@3h 4071@2h 1000@1h",
	"boot@3d 4071@71h boot@2h 1000@119m",
	"boot@2h 1000@119m 1001@1h",
	"boot@2h 1000@119m scm7031@1h",
};

static void lose_part(struct evidence *evidence, enum part part, enum failure_kind kind)
{
	struct failure why;
	fail_at(&why, kind, STAGE_SERVICE, "it did not work");
	evidence_failed(evidence, part, &why);
}

static void damage(struct evidence *evidence, enum log_kind kind)
{
	evidence->logs[kind].damaged = 1;
	evidence->logs[kind].damage_time = SCENE_NOW - WHEN_HOUR;
}

static void lose(struct evidence *evidence, enum loss loss, enum failure_kind kind)
{
	switch (loss) {
	case LOSE_STATE:
		lose_part(evidence, PART_STATE, kind);
		evidence->service.state = SERVICE_UNKNOWN;
		break;
	case LOSE_CONFIG:
		lose_part(evidence, PART_CONFIG, kind);
		evidence->service.start_type = START_UNKNOWN;
		break;
	case LOSE_APPLICATION:
		lose_part(evidence, PART_APPLICATION, kind);
		break;
	case LOSE_SYSTEM:
		lose_part(evidence, PART_SYSTEM, kind);
		break;
	case LOSE_MEMORY:
		lose_part(evidence, PART_MEMORY, kind);
		break;
	case DAMAGE_APPLICATION:
		damage(evidence, LOG_APPLICATION);
		break;
	case DAMAGE_SYSTEM:
		damage(evidence, LOG_SYSTEM);
		break;
	case CLEAR_APPLICATION:
		evidence->logs[LOG_APPLICATION].was_cleared = true;
		break;
	case CLEAR_SYSTEM:
		evidence->logs[LOG_SYSTEM].was_cleared = true;
		break;
	case GROW_STALE:
		evidence->observed_at = SCENE_NOW - WHEN_DAY;
		break;
	case LOSSES:
		break;
	}
}

static void judge_lost(void *parent, enum service_state state, const char *history,
	const enum loss losses[2], enum failure_kind kind)
{
	struct evidence *evidence = scene(parent, state, history);
	lose(evidence, losses[0], kind);
	lose(evidence, losses[1], kind);
	struct policy policy = policy_default();
	struct verdict *verdict = judge(parent, evidence, &policy, SCENE_NOW);
	test_row("state %s, history \"%s\", losses %d and %d, kind %s: %s",
		service_state_name(state), history, losses[0], losses[1],
		failure_kind_name(kind), verdict->text);
	assert_int_not_equal(verdict->status, STATUS_OK);
	talloc_free(verdict);
	talloc_free(evidence);
}

static void nothing_that_was_lost_is_shown_as_health(void **state)
{
	for (enum service_state service = SERVICE_STOPPED; service < SERVICE_STATES;
		service++)
		for (size_t h = 0; h < sizeof(histories) / sizeof(histories[0]); h++)
			for (enum loss a = 0; a < LOSSES; a++)
				for (enum loss b = a; b < LOSSES; b++)
					for (enum failure_kind kind = 0;
						kind < FAILURE_KINDS; kind++)
						judge_lost(*state, service, histories[h],
							(enum loss[]){a, b}, kind);
}

static void only_a_running_service_with_all_parts_read_is_ok(void **state)
{
	for (enum service_state service = SERVICE_STOPPED; service < SERVICE_STATES;
		service++) {
		for (size_t h = 0; h < sizeof(histories) / sizeof(histories[0]); h++) {
			struct evidence *evidence = scene(*state, service, histories[h]);
			struct policy policy = policy_default();
			struct verdict *verdict =
				judge(*state, evidence, &policy, SCENE_NOW);
			test_row("%s, \"%s\"", service_state_name(service), histories[h]);
			if (verdict->status == STATUS_OK)
				assert_int_equal(service, SERVICE_RUNNING);
		}
	}
}

/* Another source's evidence, or a bug: parts that say nothing at all. */
static void parts_that_were_never_touched_are_no_health(void **state)
{
	struct policy policy = policy_default();
	struct evidence *nothing = evidence_new(*state, "EXCH01", "rpc");
	assert_int_equal(
		judge(*state, nothing, &policy, SCENE_NOW)->status, STATUS_UNKNOWN);
	struct evidence *no_state = scene(*state, SERVICE_UNKNOWN, "boot@2h 1000@119m");
	no_state->parts[PART_STATE].knowledge = NOT_OFFERED;
	assert_int_equal(
		judge(*state, no_state, &policy, SCENE_NOW)->status, STATUS_UNKNOWN);
}

/* Neither makes a verdict better or worse; they are told under -v. */
static void a_lost_clock_changes_nothing_but_what_is_said(void **state)
{
	struct policy policy = policy_default();
	for (size_t h = 0; h < sizeof(histories) / sizeof(histories[0]); h++) {
		struct evidence *evidence = scene(*state, SERVICE_STOPPED, histories[h]);
		enum status before = judge(*state, evidence, &policy, SCENE_NOW)->status;
		lose_part(evidence, PART_CLOCK, FAIL_DENIED);
		lose_part(evidence, PART_DEPENDENCIES, FAIL_DENIED);
		assert_int_equal(
			judge(*state, evidence, &policy, SCENE_NOW)->status, before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(nothing_that_was_lost_is_shown_as_health),
		sentence(only_a_running_service_with_all_parts_read_is_ok),
		sentence(parts_that_were_never_touched_are_no_health),
		sentence(a_lost_clock_changes_nothing_but_what_is_said),
	};
	return cmocka_run_group_tests_name("totality", tests, NULL, NULL);
}
