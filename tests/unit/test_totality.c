/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/infer.h"
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

/* --- a source without logs --- */

/* One form of what SNMP can bring back, and of what is remembered. */
struct form {
	enum service_state state; /* SERVICE_UNKNOWN: it was not learned */
	enum failure_kind kind;   /* why not; FAILURE_KINDS: it was not even asked for */
	int64_t booted_at, state_since, observed_at;
	enum knowledge memory;
};

static bool says(const struct verdict *verdict, const char *words)
{
	bool is_said = strstr(verdict->text, words) != NULL;
	for (size_t i = 0; i < verdict->note_count; i++)
		is_said = is_said || strstr(verdict->notes[i], words) != NULL;
	return is_said;
}

static struct evidence *evidence_of(void *parent, const struct form *form)
{
	struct evidence *evidence = scene_without_logs(parent, form->state);
	evidence->booted_at = form->booted_at;
	evidence->state_since = form->state_since;
	evidence->observed_at = form->observed_at;
	evidence->parts[PART_MEMORY].knowledge = form->memory;
	evidence->parts[PART_STATE].knowledge = LEARNED;
	if (form->state != SERVICE_UNKNOWN)
		return evidence;
	if (form->kind == FAILURE_KINDS)
		evidence->parts[PART_STATE].knowledge = NOT_OFFERED;
	else
		lose_part(evidence, PART_STATE, form->kind);
	return evidence;
}

/* A service that continues or pauses is loaded and known to be: that is graded by age. */
static bool is_known_to_be_up(enum service_state state)
{
	return state == SERVICE_RUNNING || service_state_is_pending(state);
}

static void judge_form(void *parent, const struct form *form)
{
	struct evidence *evidence = evidence_of(parent, form);
	struct policy policy = policy_default();
	infer_service_state(evidence, &policy, SCENE_NOW);
	struct verdict *verdict = judge(parent, evidence, &policy, SCENE_NOW);
	test_row("state %s, kind %d, booted %lld, since %lld, observed %lld: %s",
		service_state_name(form->state), form->kind, (long long)form->booted_at,
		(long long)form->state_since, (long long)form->observed_at,
		verdict->text);
	bool is_fresh = form->observed_at == SCENE_NOW && form->memory != NOT_LEARNED;
	if (verdict->status == STATUS_OK)
		assert_true(is_fresh && is_known_to_be_up(form->state));
	if (form->state == SERVICE_RUNNING)
		assert_int_equal(verdict->status == STATUS_OK, is_fresh);
	if (form->state == SERVICE_STOPPED)
		assert_int_equal(verdict->status, STATUS_CRITICAL);
	if (form->state == SERVICE_UNKNOWN)
		assert_int_equal(verdict->status, STATUS_UNKNOWN);
	else
		assert_true(says(verdict, "event log not watched"));
	assert_false(verdict->keys[KEY_LOG_UNREADABLE]);
	assert_int_equal(verdict->condition, CONDITION_UNKNOWN);
	assert_true(verdict->boot_time == form->booted_at);
	talloc_free(verdict);
	talloc_free(evidence);
}

static void judge_forms_of(void *parent, struct form form)
{
	static const int64_t boots[] = {NO_TIME, 0, SCENE_NOW - 30 * WHEN_DAY,
		SCENE_NOW - 2 * WHEN_HOUR, SCENE_NOW - WHEN_MINUTE, SCENE_NOW,
		SCENE_NOW + 20 * WHEN_MINUTE};
	static const int64_t sinces[] = {NO_TIME, 0, SCENE_NOW - 2 * WHEN_HOUR,
		SCENE_NOW - WHEN_MINUTE, SCENE_NOW, SCENE_NOW + WHEN_HOUR};
	static const int64_t observed[] = {SCENE_NOW, SCENE_NOW - WHEN_DAY};
	for (size_t i = 0; i < sizeof(boots) / sizeof(boots[0]); i++)
		for (size_t j = 0; j < sizeof(sinces) / sizeof(sinces[0]); j++)
			for (size_t k = 0; k < sizeof(observed) / sizeof(observed[0]);
				k++)
				for (enum knowledge memory = NOT_OFFERED;
					memory <= LEARNED; memory++) {
					form.booted_at = boots[i];
					form.state_since = sinces[j];
					form.observed_at = observed[k];
					form.memory = memory;
					judge_form(parent, &form);
				}
}

static void without_logs_only_a_service_that_is_up_is_ok(void **state)
{
	for (enum service_state service = SERVICE_STOPPED; service < SERVICE_UNKNOWN;
		service++)
		judge_forms_of(*state, (struct form){.state = service});
	for (enum failure_kind kind = 0; kind <= FAILURE_KINDS; kind++)
		judge_forms_of(
			*state, (struct form){.state = SERVICE_UNKNOWN, .kind = kind});
}

/* When a server was started says nothing of the service. */
static void a_boot_that_is_known_alone_is_no_health(void **state)
{
	struct policy policy = policy_default();
	struct evidence *evidence = evidence_new(*state, "EXCH01", "snmp");
	evidence->booted_at = SCENE_NOW - WHEN_HOUR;
	evidence_learned(evidence, PART_CLOCK);
	struct verdict *verdict = judge(*state, evidence, &policy, SCENE_NOW);
	assert_int_equal(verdict->status, STATUS_UNKNOWN);
	assert_true(verdict->keys[KEY_UNREACHABLE]);
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
		sentence(without_logs_only_a_service_that_is_up_is_ok),
		sentence(a_boot_that_is_known_alone_is_no_health),
		sentence(a_lost_clock_changes_nothing_but_what_is_said),
	};
	return cmocka_run_group_tests_name("totality", tests, NULL, NULL);
}
