/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/row.h"
#include "core/judge.h"
#include "far_rows.h"
#include "scene.h"
#include "source/far_claim.h"

/* What an imc-agentd publishes is believed, whatever it learned or lost, and nothing of
 * the verdict changes on the way. */

enum loss {
	LOSE_STATE = 1 << 0,
	LOSE_CONFIG = 1 << 1,
	LOSE_APPLICATION = 1 << 2,
	LOSE_SYSTEM = 1 << 3,
	LOSE_MEMORY = 1 << 4,
	DAMAGE_LOG = 1 << 5,
	HAVE_NO_LOGS = 1 << 6,
	DISABLE = 1 << 7,
	NEVER_START = 1 << 8,
	LOSSES = 1 << 9
};

static const char *const histories[] = {
	"",
	"boot@5m",
	"boot@2h 1000@119m",
	"boot@2h 4071@119m",
	"boot@2h 4071@119m 1000@1h",
	"boot@9h 1000@8h 1001@3h 4071@2h 1000@1h",
	"boot@3d 4071@71h boot@2h 1000@119m",
	"boot@30d 4071@20d 1000@10d",
	"boot@2h 4071@119m 4056@1h",
	"boot@2h 1000@119m scm7031@1h",
	"4071@119m 1000@1h",
};

static void lose(struct evidence *evidence, enum part part)
{
	struct failure why;
	fail_at(&why, FAIL_DENIED, STAGE_SERVICE, "it did not work");
	evidence_failed(evidence, part, &why);
}

static void lose_all_of(struct evidence *evidence, unsigned losses)
{
	static const enum part parts[] = {
		PART_STATE, PART_CONFIG, PART_APPLICATION, PART_SYSTEM, PART_MEMORY};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (losses & 1U << i)
			lose(evidence, parts[i]);
	}
	if (losses & LOSE_STATE)
		evidence->service.state = SERVICE_UNKNOWN;
	if (losses & LOSE_CONFIG)
		evidence->service.start_type = START_UNKNOWN;
	if (losses & DISABLE)
		evidence->service.start_type = START_DISABLED;
	if (losses & NEVER_START)
		evidence->service.win32_exit = EXIT_NEVER_STARTED;
	if (losses & DAMAGE_LOG) {
		evidence->logs[LOG_APPLICATION].damaged = 1;
		evidence->logs[LOG_APPLICATION].damage_time = SCENE_NOW - WHEN_HOUR;
	}
	if (losses & HAVE_NO_LOGS)
		evidence->parts[PART_APPLICATION].knowledge =
			evidence->parts[PART_SYSTEM].knowledge = NOT_OFFERED;
}

/* What objects_servers.c makes of a row. */
static struct far_row *published(void *parent, const struct row *row)
{
	struct far_row *far = fresh_row(parent);
	far->cells[FAR_STATUS] = integer(row->status);
	far->cells[FAR_STATUS_TEXT] = words(row->text);
	far->cells[FAR_KEYS] = words(row->keys);
	far->cells[FAR_SERVICE_STATE] = integer(row->service_state);
	far->cells[FAR_CONDITION] = integer(row->condition + 1);
	far->cells[FAR_TRIGGER] = integer(row->trigger + 1);
	far->cells[FAR_START_TYPE] = integer(row->start_type);
	far->cells[FAR_LAST_POLL] = clock_at(far, 8, 59);
	far->cells[FAR_AGE] = gauge(10);
	if (row->has_events_4071)
		far->cells[FAR_EVENTS_4071] = gauge(row->events_4071);
	return far;
}

static void assert_told_unchanged(
	void *parent, const struct row *row, const struct verdict *verdict)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "agent");
	struct policy policy = policy_default();
	struct failure why = {.text = ""};
	if (!far_row_tell(published(parent, row), FAR_NOW, evidence, &why))
		fail_msg("refused: %s", why.text);
	struct verdict *told = judge(parent, evidence, &policy, FAR_NOW);
	assert_int_equal(told->status, verdict->status);
	assert_int_equal(told->condition, verdict->condition);
	assert_memory_equal(told->keys, verdict->keys, sizeof(told->keys));
	assert_string_equal(told->text, row->text);
}

static void pass_on(enum service_state state, const char *history, unsigned losses,
	bool is_maintenance)
{
	void *scratch = memory_required(talloc_new(NULL));
	struct target *target = target_new(scratch);
	target->server = memory_copy(target, "EXCH01");
	target->policy.is_maintenance = is_maintenance;
	struct evidence *evidence = scene(scratch, state, history);
	lose_all_of(evidence, losses);
	struct verdict *verdict = judge(scratch, evidence, &target->policy, SCENE_NOW);
	struct row *row = row_new(scratch, target, SCENE_NOW);
	row_take(row, verdict, SCENE_NOW);
	test_row("state %s, history \"%s\", losses %x: %s, condition %s",
		service_state_name(state), history, losses, row->keys,
		condition_name(verdict->condition));
	assert_told_unchanged(scratch, row, verdict);
	talloc_free(scratch);
}

static void every_verdict_that_judge_makes_is_taken_as_it_is(void **unused)
{
	(void)unused;
	for (enum service_state state = SERVICE_STOPPED; state < SERVICE_STATES; state++)
		for (size_t h = 0; h < sizeof(histories) / sizeof(histories[0]); h++)
			for (unsigned losses = 0; losses < LOSSES; losses++)
				pass_on(state, histories[h], losses, losses % 3 == 1);
	test_row("%s", "");
}

/* A finding of imc-agentd's own joins the keys of a row in maintenance, too. */
static void finding_that_joins_later_is_taken(void **state)
{
	static const enum key keys[] = {KEY_STALE, KEY_STATE_FILE};
	for (int is_maintenance = 0; is_maintenance < 2; is_maintenance++) {
		for (size_t i = 0; i < 2; i++) {
			struct target *target = target_new(*state);
			target->server = memory_copy(target, "EXCH01");
			target->policy.is_maintenance = is_maintenance;
			struct evidence *evidence =
				scene(*state, SERVICE_RUNNING, "boot@2h 1000@119m");
			struct verdict *verdict =
				judge(*state, evidence, &target->policy, SCENE_NOW);
			struct row *row = row_new(*state, target, SCENE_NOW);
			row_take(row, verdict, SCENE_NOW);
			row_add_finding(row, &target->policy, keys[i], "it is so");
			test_row("%s", row->keys);
			verdict->keys[keys[i]] = true;
			verdict->status = row->status;
			assert_told_unchanged(*state, row, verdict);
		}
	}
	test_row("%s", "");
}

/* --- what no judge() says --- */

/* How many pairs of state and condition go with a key, of all that there are. */
static unsigned count_taken(void *parent, enum key key, bool has_open_log)
{
	struct told *told = memory_new(parent, struct told);
	struct failure why;
	unsigned taken = 0;
	told->keys[key] = true;
	told->keys[KEY_LOG_UNREADABLE] = has_open_log;
	for (enum service_state state = SERVICE_STOPPED; state < SERVICE_STATES;
		state++) {
		for (enum condition one = 0; one < CONDITIONS; one++) {
			told->condition = one;
			taken += far_claim_check(told, state, &why);
		}
	}
	return taken;
}

static void each_key_goes_with_few_states_and_conditions(void **state)
{
	static const struct {
		enum key key;
		unsigned taken, with_open_log; /* of 54 */
	} rows[] = {
		{KEY_UNREACHABLE, 3, 3}, {KEY_ABSENT, 3, 4}, {KEY_ACTIVE, 4, 4},
		{KEY_STATE_UNREADABLE, 3, 4}, {KEY_DISABLED, 4, 5}, {KEY_BOOTING, 3, 4},
		{KEY_STOPPED, 3, 4}, {KEY_PENDING, 12, 16}, {KEY_PAUSED, 3, 4},
		{KEY_RECOVERED_AUTOMATIC, 1, 1}, {KEY_RECOVERED_UNKNOWN, 1, 1},
		{KEY_RECOVERED_MANUAL, 1, 1}, {KEY_CLEARED, 1, 1}, {KEY_RUNNING, 1, 2},
		{KEY_LOG_SHORT, 54, 54}, /* and a key of state that is of tomorrow */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", key_name(rows[i].key));
		assert_int_equal(count_taken(*state, rows[i].key, false), rows[i].taken);
		assert_int_equal(
			count_taken(*state, rows[i].key, true), rows[i].with_open_log);
	}
}

static void two_keys_of_state_are_refused(void **state)
{
	for (enum key one = KEY_MAINTENANCE; one <= KEY_RUNNING; one++) {
		for (enum key other = one + 1; other <= KEY_RUNNING; other++) {
			test_row("%s and %s", key_name(one), key_name(other));
			struct told *told = memory_new(*state, struct told);
			told->keys[one] = told->keys[other] = true;
			for (enum condition is = 0; is < CONDITIONS; is++) {
				struct failure why;
				told->condition = is;
				assert_false(
					far_claim_check(told, SERVICE_RUNNING, &why));
				assert_int_equal(why.kind, FAIL_PROTOCOL);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(every_verdict_that_judge_makes_is_taken_as_it_is),
		sentence(finding_that_joins_later_is_taken),
		sentence(each_key_goes_with_few_states_and_conditions),
		sentence(two_keys_of_state_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
