/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "scene.h"

struct world {
	struct evidence *evidence;
	struct policy policy;
};

struct row {
	const char *label;
	enum service_state state;
	const char *events;
	void (*tweak)(struct world *world);
	enum status status;
	const char *keys; /* separated by blanks, in the table's order */
	enum condition condition;
	enum trigger trigger;
};

static char *keys_of(void *parent, const struct verdict *verdict)
{
	char *keys = memory_copy(parent, "");
	for (enum key key = 0; key < KEYS; key++) {
		if (verdict->keys[key])
			keys = memory_format(parent, "%s%s%s", keys,
				keys[0] == '\0' ? "" : " ", key_name(key));
	}
	return keys;
}

static void check_row(void *parent, const struct row *row)
{
	test_row("%s", row->label);
	struct world world = {scene(parent, row->state, row->events), policy_default()};
	if (row->tweak != NULL)
		row->tweak(&world);
	struct verdict *verdict = judge(parent, world.evidence, &world.policy, SCENE_NOW);
	assert_string_equal(keys_of(parent, verdict), row->keys);
	assert_string_equal(status_name(verdict->status), status_name(row->status));
	assert_string_equal(
		condition_name(verdict->condition), condition_name(row->condition));
	assert_string_equal(trigger_name(verdict->trigger), trigger_name(row->trigger));
	assert_true(verdict->text[0] != '\0');
	talloc_free(verdict);
	talloc_free(world.evidence);
}

#define check_rows(state, rows)                                                          \
	for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)                    \
	check_row(*(state), &(rows)[i])

/* --- tweaks --- */

static void disabled(struct world *world)
{
	world->evidence->service.start_type = START_DISABLED;
}

static void fixed_in_an_hour(struct world *world)
{
	world->policy.fixed_since = SCENE_NOW + WHEN_HOUR;
}

static void by_hand(struct world *world)
{
	world->evidence->service.start_type = START_MANUAL;
}

static void never_tried(struct world *world)
{
	world->evidence->service.win32_exit = EXIT_NEVER_STARTED;
}

static void maintenance(struct world *world)
{
	world->policy.is_maintenance = true;
}

static void fixed_an_hour_ago(struct world *world)
{
	world->policy.fixed_since = SCENE_NOW - WHEN_HOUR;
}

static void lose(struct world *world, enum part part)
{
	struct failure why;
	fail_at(&why, FAIL_DENIED, STAGE_SERVICE, "access denied");
	evidence_failed(world->evidence, part, &why);
}

static void lose_config(struct world *world)
{
	lose(world, PART_CONFIG);
	world->evidence->service.start_type = START_UNKNOWN;
}

static void lose_application(struct world *world)
{
	lose(world, PART_APPLICATION);
}

static void lose_system(struct world *world)
{
	lose(world, PART_SYSTEM);
}

static void lose_state(struct world *world)
{
	lose(world, PART_STATE);
	world->evidence->service.state = SERVICE_UNKNOWN;
}

static void lose_all(struct world *world)
{
	lose_state(world);
	lose_config(world);
	lose_application(world);
	lose_system(world);
}

static void lose_memory(struct world *world)
{
	lose(world, PART_MEMORY);
}

static void offer_no_logs(struct world *world)
{
	world->evidence->parts[PART_APPLICATION].knowledge = NOT_OFFERED;
	world->evidence->parts[PART_SYSTEM].knowledge = NOT_OFFERED;
	world->evidence->parts[PART_CONFIG].knowledge = NOT_OFFERED;
}

static void damage(struct world *world, int64_t age)
{
	world->evidence->logs[LOG_APPLICATION].damaged = 1;
	world->evidence->logs[LOG_APPLICATION].damage_time = SCENE_NOW - age;
}

static void damage_an_hour_ago(struct world *world)
{
	damage(world, WHEN_HOUR);
}

static void damage_three_days_ago(struct world *world)
{
	damage(world, 3 * WHEN_DAY);
}

static void damage_last_year(struct world *world)
{
	damage(world, 300 * (int64_t)WHEN_DAY);
}

static void clear_application(struct world *world)
{
	world->evidence->logs[LOG_APPLICATION].was_cleared = true;
}

static void clear_system(struct world *world)
{
	world->evidence->logs[LOG_SYSTEM].was_cleared = true;
}

static void wrap(struct world *world)
{
	world->evidence->logs[LOG_APPLICATION].is_wrapped = true;
	world->evidence->logs[LOG_APPLICATION].reaches_back_to = SCENE_NOW - WHEN_HOUR;
}

static void grow_old(struct world *world)
{
	world->evidence->observed_at = SCENE_NOW - 2 * WHEN_HOUR;
}

static void warn_above_one(struct world *world)
{
	world->policy.has_warning = range_parse("1", &world->policy.warning, NULL);
}

static void critical_above_one(struct world *world)
{
	world->policy.has_critical = range_parse("1", &world->policy.critical, NULL);
	warn_above_one(world);
}

static void seen_since(struct world *world, int64_t age)
{
	world->evidence->state_since = SCENE_NOW - age;
}

static void seen_since_299(struct world *world)
{
	seen_since(world, 299);
}

static void seen_since_300(struct world *world)
{
	seen_since(world, 300);
}

static void seen_since_900(struct world *world)
{
	seen_since(world, 900);
}

static void check_point_moves(struct world *world)
{
	world->evidence->service.check_point_moved = true;
}

static void absent_dependency(struct world *world)
{
	static struct dependency down = {"MSExchangeIS", SERVICE_STOPPED};
	world->evidence->service.dependencies = &down;
	world->evidence->service.dependency_count = 1;
}

static void pending_is_ok(struct world *world)
{
	assert_true(policy_set_severities(
		&world->policy, "pending=ok,stopped=warning", NULL));
}

static void skew_an_hour(struct world *world)
{
	world->evidence->clock_skew = WHEN_HOUR;
	evidence_learned(world->evidence, PART_CLOCK);
}

/* --- the tables --- */

static const struct row state_rows[] = {
	{"runs, nothing logged", SERVICE_RUNNING, "boot@3h 1000@2h59m", NULL, STATUS_OK,
		"running", CONDITION_NONE, TRIGGER_NONE},
	{"failed at the automatic start", SERVICE_STOPPED, "boot@2h 4071@1h59m", NULL,
		STATUS_CRITICAL, "active", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
	{"failed, and is being started again", SERVICE_START_PENDING,
		"boot@2h 4071@1h59m", NULL, STATUS_CRITICAL, "active", CONDITION_ACTIVE,
		TRIGGER_AUTOMATIC},
	{"failed, and is stopping", SERVICE_STOP_PENDING, "boot@2h 4071@1h59m", NULL,
		STATUS_CRITICAL, "active", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
	{"failed, state denied", SERVICE_UNKNOWN, "boot@2h 4071@1h59m", lose_state,
		STATUS_CRITICAL, "active", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
	{"nothing logged, state denied", SERVICE_UNKNOWN, "boot@2h", lose_state,
		STATUS_UNKNOWN, "state-unreadable", CONDITION_NONE, TRIGGER_NONE},
	{"nothing at all", SERVICE_UNKNOWN, "", lose_all, STATUS_UNKNOWN, "unreachable",
		CONDITION_UNKNOWN, TRIGGER_NONE},
	{"no such service", SERVICE_ABSENT, "boot@2h", NULL, STATUS_UNKNOWN, "absent",
		CONDITION_NONE, TRIGGER_NONE},
	{"disabled", SERVICE_STOPPED, "boot@2h", disabled, STATUS_WARNING, "disabled",
		CONDITION_NONE, TRIGGER_NONE},
	{"disabled after 4071", SERVICE_STOPPED, "boot@2h 4071@1h59m", disabled,
		STATUS_WARNING, "disabled", CONDITION_ACTIVE, TRIGGER_UNKNOWN},
	{"booted just now", SERVICE_STOPPED, "boot@5m", never_tried, STATUS_WARNING,
		"booting", CONDITION_NONE, TRIGGER_NONE},
	{"booted 15 minutes ago", SERVICE_STOPPED, "boot@15m", never_tried,
		STATUS_WARNING, "booting", CONDITION_NONE, TRIGGER_NONE},
	{"booted long ago, never tried", SERVICE_STOPPED, "boot@901s", never_tried,
		STATUS_CRITICAL, "stopped", CONDITION_NONE, TRIGGER_NONE},
	{"stopped with exit code 0", SERVICE_STOPPED, "boot@2d", NULL, STATUS_CRITICAL,
		"stopped", CONDITION_NONE, TRIGGER_NONE},
	{"paused", SERVICE_PAUSED, "boot@2d", NULL, STATUS_WARNING, "paused",
		CONDITION_NONE, TRIGGER_NONE},
	{"paused after 4071", SERVICE_PAUSED, "boot@2h 4071@1h59m 1000@1h", NULL,
		STATUS_WARNING, "paused", CONDITION_RECOVERED, TRIGGER_AUTOMATIC},
	{"recovered by hand", SERVICE_RUNNING, "boot@2h 4071@1h59m 1000@1h", NULL,
		STATUS_WARNING, "recovered-automatic", CONDITION_RECOVERED,
		TRIGGER_AUTOMATIC},
	{"automatic worked, a later one failed, the last worked", SERVICE_RUNNING,
		"boot@5h 1000@4h59m 1001@2h 4071@1h59m 1000@1h", NULL, STATUS_OK,
		"recovered-manual", CONDITION_RECOVERED, TRIGGER_MANUAL},
	{"late first failure", SERVICE_RUNNING, "boot@5h 4071@2h 1000@1h", NULL,
		STATUS_WARNING, "recovered-unknown", CONDITION_RECOVERED,
		TRIGGER_UNKNOWN},
	{"automatic and manual failures", SERVICE_RUNNING,
		"boot@5h 4071@4h59m 4071@2h 1000@1h", NULL, STATUS_WARNING,
		"recovered-automatic", CONDITION_RECOVERED, TRIGGER_MIXED},
	{"4071 before the last boot", SERVICE_RUNNING,
		"boot@3d 4071@71h boot@5h 1000@4h59m", NULL, STATUS_OK, "cleared",
		CONDITION_CLEARED, TRIGGER_UNKNOWN},
	{"4071 before the last boot, stopped", SERVICE_STOPPED,
		"boot@3d 4071@71h boot@5h 1000@4h59m 1001@1h", NULL, STATUS_CRITICAL,
		"stopped", CONDITION_CLEARED, TRIGGER_UNKNOWN},
	{"worked later and was stopped", SERVICE_STOPPED,
		"boot@5h 4071@4h59m 1000@2h 1001@1h", NULL, STATUS_CRITICAL, "stopped",
		CONDITION_PAST, TRIGGER_AUTOMATIC},
	{"failed later for another cause", SERVICE_STOPPED, "boot@5h 4071@4h59m 4086@1h",
		NULL, STATUS_CRITICAL, "stopped", CONDITION_PAST, TRIGGER_AUTOMATIC},
	{"no boot known", SERVICE_STOPPED, "4071@2h", NULL, STATUS_CRITICAL, "active",
		CONDITION_ACTIVE, TRIGGER_UNKNOWN},
	{"4071 outside the lookback", SERVICE_RUNNING, "boot@30d 4071@29d boot@10d", NULL,
		STATUS_OK, "running", CONDITION_NONE, TRIGGER_NONE},
	{"boot before the lookback", SERVICE_STOPPED, "boot@30d 4071@719h55m", NULL,
		STATUS_CRITICAL, "active", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
};

static void every_row_of_the_state_table_has_its_status(void **state)
{
	check_rows(state, state_rows);
}

#define RECOVERED "boot@2h 4071@1h59m 1000@1h"

static const struct row added_rows[] = {
	{"no Application log", SERVICE_RUNNING, "boot@2h", lose_application,
		STATUS_UNKNOWN, "running log-unreadable", CONDITION_UNKNOWN,
		TRIGGER_NONE},
	{"no System log", SERVICE_RUNNING, "1000@2h", lose_system, STATUS_UNKNOWN,
		"running system-unreadable", CONDITION_NONE, TRIGGER_NONE},
	{"no start type", SERVICE_RUNNING, "boot@2h", lose_config, STATUS_UNKNOWN,
		"running config-unreadable", CONDITION_NONE, TRIGGER_NONE},
	{"no start type, automatic 4071", SERVICE_STOPPED, "boot@2h 4071@1h59m",
		lose_config, STATUS_CRITICAL, "active config-unreadable",
		CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
	{"logs not offered", SERVICE_RUNNING, "", offer_no_logs, STATUS_OK,
		"running log-not-offered", CONDITION_UNKNOWN, TRIGGER_NONE},
	{"damage since the boot", SERVICE_RUNNING, "boot@2h", damage_an_hour_ago,
		STATUS_UNKNOWN, "running log-damaged", CONDITION_UNKNOWN, TRIGGER_NONE},
	{"damage before the boot", SERVICE_RUNNING, "boot@2h", damage_three_days_ago,
		STATUS_UNKNOWN, "running log-damaged", CONDITION_NONE, TRIGGER_NONE},
	{"damage outside the horizon", SERVICE_RUNNING, "boot@2h", damage_last_year,
		STATUS_OK, "running", CONDITION_NONE, TRIGGER_NONE},
	{"Application log cleared", SERVICE_RUNNING, "boot@2h", clear_application,
		STATUS_WARNING, "running log-cleared", CONDITION_NONE, TRIGGER_NONE},
	{"System log cleared", SERVICE_RUNNING, "boot@2h", clear_system, STATUS_WARNING,
		"running log-cleared", CONDITION_NONE, TRIGGER_NONE},
	{"wrapped since the boot", SERVICE_RUNNING, "boot@2h", wrap, STATUS_OK,
		"running log-short", CONDITION_NONE, TRIGGER_NONE},
	{"wrapped before the boot", SERVICE_RUNNING, "boot@30m", wrap, STATUS_OK,
		"running", CONDITION_NONE, TRIGGER_NONE},
	{"would not start at boot", SERVICE_RUNNING, "boot@2h", by_hand, STATUS_WARNING,
		"running start-type", CONDITION_NONE, TRIGGER_NONE},
	{"runs, but disabled", SERVICE_RUNNING, "boot@2h", disabled, STATUS_WARNING,
		"running start-type", CONDITION_NONE, TRIGGER_NONE},
	{"old evidence", SERVICE_RUNNING, "boot@2h", grow_old, STATUS_UNKNOWN,
		"running stale", CONDITION_NONE, TRIGGER_NONE},
	{"bad state file", SERVICE_RUNNING, "boot@2h", lose_memory, STATUS_UNKNOWN,
		"running state-file", CONDITION_NONE, TRIGGER_NONE},
	{"-w", SERVICE_RUNNING, "boot@9h 4071@8h 4071@7h 1000@6h boot@5h", warn_above_one,
		STATUS_WARNING, "cleared events", CONDITION_CLEARED, TRIGGER_MIXED},
	{"-c", SERVICE_RUNNING, "boot@9h 4071@8h 4071@7h 1000@6h boot@5h",
		critical_above_one, STATUS_CRITICAL, "cleared events", CONDITION_CLEARED,
		TRIGGER_MIXED},
	{"-w not reached", SERVICE_RUNNING, "boot@9h 4071@8h 1000@6h boot@5h",
		warn_above_one, STATUS_OK, "cleared", CONDITION_CLEARED, TRIGGER_UNKNOWN},
	{"maintenance", SERVICE_STOPPED, "boot@2h 4071@1h59m", maintenance, STATUS_OK,
		"maintenance", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
	{"put right since", SERVICE_RUNNING, RECOVERED, fixed_an_hour_ago, STATUS_OK,
		"cleared", CONDITION_CLEARED, TRIGGER_AUTOMATIC},
	{"to be put right", SERVICE_RUNNING, RECOVERED, fixed_in_an_hour, STATUS_WARNING,
		"recovered-automatic", CONDITION_RECOVERED, TRIGGER_AUTOMATIC},
	{"put right, not started yet", SERVICE_STOPPED, "boot@3h 4071@2h",
		fixed_an_hour_ago, STATUS_CRITICAL, "stopped", CONDITION_CLEARED,
		TRIGGER_UNKNOWN},
	{"put right, failed again", SERVICE_STOPPED, "boot@3h 4071@2h 4071@30m",
		fixed_an_hour_ago, STATUS_CRITICAL, "active", CONDITION_ACTIVE,
		TRIGGER_MANUAL},
};

static void added_rows_can_only_make_it_worse(void **state)
{
	check_rows(state, added_rows);
}

static void a_pending_state_is_judged_by_its_age(void **state)
{
	static const struct row rows[] = {
		{"first seen 299 s ago", SERVICE_START_PENDING, "boot@2h", seen_since_299,
			STATUS_OK, "pending", CONDITION_NONE, TRIGGER_NONE},
		{"first seen 300 s ago", SERVICE_STOP_PENDING, "boot@2h", seen_since_300,
			STATUS_WARNING, "pending", CONDITION_NONE, TRIGGER_NONE},
		{"first seen 900 s ago", SERVICE_CONTINUE_PENDING, "boot@2h",
			seen_since_900, STATUS_CRITICAL, "pending", CONDITION_NONE,
			TRIGGER_NONE},
		{"first seen before the boot", SERVICE_START_PENDING, "boot@2m",
			seen_since_900, STATUS_OK, "pending", CONDITION_NONE,
			TRIGGER_NONE},
		{"booted 4 minutes ago", SERVICE_START_PENDING, "boot@4m", NULL,
			STATUS_OK, "pending", CONDITION_NONE, TRIGGER_NONE},
		{"age not known", SERVICE_PAUSE_PENDING, "boot@2h", NULL, STATUS_WARNING,
			"pending", CONDITION_NONE, TRIGGER_NONE},
		{"age not known, moves", SERVICE_START_PENDING, "boot@2h",
			check_point_moves, STATUS_OK, "pending", CONDITION_NONE,
			TRIGGER_NONE},
		{"young, but 4071 since the boot", SERVICE_START_PENDING,
			"boot@2h 4071@1h59m 1000@1m", seen_since_299, STATUS_WARNING,
			"pending", CONDITION_PAST, TRIGGER_AUTOMATIC},
		{"graded by the operator", SERVICE_START_PENDING, "boot@2h",
			pending_is_ok, STATUS_OK, "pending", CONDITION_NONE,
			TRIGGER_NONE},
	};
	check_rows(state, rows);
}

static void the_trigger_is_made_from_boots_and_what_lies_between(void **state)
{
	static const struct row rows[] = {
		{"at the edge of the boot window", SERVICE_STOPPED, "boot@2h 4071@105m",
			NULL, STATUS_CRITICAL, "active", CONDITION_ACTIVE,
			TRIGGER_AUTOMATIC},
		{"a second later", SERVICE_STOPPED, "boot@2h 4071@6299s", NULL,
			STATUS_CRITICAL, "active", CONDITION_ACTIVE, TRIGGER_UNKNOWN},
		{"start type is manual now", SERVICE_STOPPED, "boot@2h 4071@1h59m",
			by_hand, STATUS_CRITICAL, "active", CONDITION_ACTIVE,
			TRIGGER_UNKNOWN},
		{"second failure after the boot", SERVICE_STOPPED,
			"boot@2h 4071@1h59m 4071@1h", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_MIXED},
		{"a start that worked lies between", SERVICE_STOPPED,
			"boot@2h 1000@119m 4071@115m", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_MANUAL},
		{"a stop lies between", SERVICE_STOPPED, "boot@2h 1001@119m 4071@115m",
			NULL, STATUS_CRITICAL, "active", CONDITION_ACTIVE,
			TRIGGER_MANUAL},
		{"another failure lies between", SERVICE_STOPPED,
			"boot@2h 4086@119m 4071@115m", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_MANUAL},
		{"1000 before 4071 in one attempt", SERVICE_STOPPED,
			"boot@2h 1000@7140s 4071@7100s", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"companions belong to the attempt", SERVICE_STOPPED,
			"boot@2h 4071@7140s 4072@7139s", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"a late companion is no attempt", SERVICE_STOPPED,
			"boot@2h 4071@7140s 4072@6h", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"clock stepped back after the boot", SERVICE_STOPPED,
			"boot@2h fall@115m>5h 4071@4h", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_UNKNOWN},
		{"clock stepped, told by the Application log", SERVICE_STOPPED,
			"boot@2h appfall@115m>5h 4071@4h", NULL, STATUS_CRITICAL,
			"active", CONDITION_ACTIVE, TRIGGER_UNKNOWN},
		{"clock stepped before the boot", SERVICE_STOPPED,
			"fall@1h>3h boot@2h 4071@1h59m", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"server's clock an hour ahead", SERVICE_STOPPED, "boot@+55m 4071@+56m",
			skew_an_hour, STATUS_CRITICAL, "active", CONDITION_ACTIVE,
			TRIGGER_AUTOMATIC},
	};
	check_rows(state, rows);
}

static void a_1000_after_the_failure_counts_only_if_the_service_ran(void **state)
{
	static const struct row rows[] = {
		{"stopped now, 1000 right after", SERVICE_STOPPED,
			"boot@2h 4071@7140s 1000@7130s", NULL, STATUS_CRITICAL, "active",
			CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"and a stop with it", SERVICE_STOPPED,
			"boot@2h 4071@7140s 1000@7130s 1001@7120s", NULL, STATUS_CRITICAL,
			"active", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"a later stop shows that it ran", SERVICE_STOPPED,
			"boot@2h 4071@7140s 1000@7130s 1001@1h", NULL, STATUS_CRITICAL,
			"stopped", CONDITION_PAST, TRIGGER_AUTOMATIC},
		{"a runtime event shows that it ran", SERVICE_STOPPED,
			"boot@2h 4071@7140s 1000@7130s 2003@1h", NULL, STATUS_CRITICAL,
			"stopped", CONDITION_PAST, TRIGGER_AUTOMATIC},
		{"a runtime event without 1000, too", SERVICE_STOPPED,
			"boot@2h 4071@7140s 2003@1h", NULL, STATUS_CRITICAL, "stopped",
			CONDITION_PAST, TRIGGER_AUTOMATIC},
		{"1000 later than two minutes", SERVICE_STOPPED,
			"boot@2h 4071@7140s 1000@7000s", NULL, STATUS_CRITICAL, "stopped",
			CONDITION_PAST, TRIGGER_AUTOMATIC},
		{"died hours later", SERVICE_STOPPED,
			"boot@5h 4071@299m 1000@298m scm7031@2h", NULL, STATUS_CRITICAL,
			"stopped", CONDITION_PAST, TRIGGER_AUTOMATIC},
		{"died with it", SERVICE_STOPPED,
			"boot@5h 4071@299m 1000@298m scm7031@298m", NULL, STATUS_CRITICAL,
			"active", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"another failure, a boot and a minute later", SERVICE_STOPPED,
			"boot@1h 4071@3590s boot@3560s 4086@3500s", NULL, STATUS_CRITICAL,
			"stopped", CONDITION_CLEARED, TRIGGER_AUTOMATIC},
		{"running now", SERVICE_RUNNING, "boot@2h 4071@7140s 1000@7130s", NULL,
			STATUS_WARNING, "recovered-automatic", CONDITION_RECOVERED,
			TRIGGER_AUTOMATIC},
	};
	check_rows(state, rows);
}

static void no_more_is_claimed_than_the_log_holds(void **state)
{
	struct world world = {
		scene(*state, SERVICE_RUNNING, "boot@2h"), policy_default()};
	struct verdict *verdict = judge(*state, world.evidence, &world.policy, SCENE_NOW);
	assert_string_equal(verdict->text, "service running, no event 4071 in 7d");
	wrap(&world);
	verdict = judge(*state, world.evidence, &world.policy, SCENE_NOW);
	assert_string_equal(verdict->text,
		"service running, no event 4071 in the 1h that the log holds");
}

static enum cause cause_of(
	void *parent, const char *events, void (*tweak)(struct world *))
{
	struct world world = {scene(parent, SERVICE_STOPPED, events), policy_default()};
	if (tweak != NULL)
		tweak(&world);
	return judge(parent, world.evidence, &world.policy, SCENE_NOW)->cause;
}

static void a_stopped_service_has_its_cause_named(void **state)
{
	void *here = *state;
	assert_int_equal(cause_of(here, "boot@2h 4086@1h", NULL), CAUSE_START_FAILURE);
	assert_int_equal(cause_of(here, "boot@2h", never_tried), CAUSE_NEVER_TRIED);
	assert_int_equal(
		cause_of(here, "boot@2h 1000@1h 1001@5m", NULL), CAUSE_STOPPED_CLEANLY);
	assert_int_equal(cause_of(here, "boot@2h 1000@1h scm7031@5m", NULL), CAUSE_DIED);
	assert_int_equal(cause_of(here, "boot@2h 1000@1h scm7034@5m", NULL), CAUSE_DIED);
	assert_int_equal(cause_of(here, "boot@2h 1000@1h drwatson@5m", NULL), CAUSE_DIED);
	assert_int_equal(cause_of(here, "boot@2h", absent_dependency), CAUSE_DEPENDENCY);
	assert_int_equal(cause_of(here, "boot@2h 1000@1h", NULL), CAUSE_UNKNOWN);
}

static void a_runtime_id_is_a_start_failure_only_around_a_start(void **state)
{
	void *here = *state;
	/* 4037 and the like are not start-fatal at all; 4007 can be both. */
	const struct catalogue_entry *both = NULL;
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(&count);
	for (size_t i = 0; i < count; i++) {
		if (entries[i].role == ROLE_START_FATAL && entries[i].also_runtime)
			both = &entries[i];
	}
	assert_non_null(both);
	char *at_boot = memory_format(here, "boot@2h %u@119m", both->id);
	char *at_start = memory_format(here, "boot@2h 1000@1h %u@3500s", both->id);
	char *long_after = memory_format(here, "boot@2h 1000@119m %u@1h", both->id);
	assert_int_equal(cause_of(here, at_boot, NULL), CAUSE_START_FAILURE);
	assert_int_equal(cause_of(here, at_start, NULL), CAUSE_START_FAILURE);
	assert_int_equal(cause_of(here, long_after, NULL), CAUSE_UNKNOWN);
	char *after_stop = memory_format(here, "boot@9h 1000@8h 1001@2h %u@1h", both->id);
	assert_int_equal(cause_of(here, after_stop, NULL), CAUSE_START_FAILURE);
}

static void counts_and_times_are_those_of_the_lookback(void **state)
{
	struct evidence *evidence = scene(
		*state, SERVICE_RUNNING, "boot@20d 4071@19d 4071@3d 4071@2h 1000@1h");
	struct policy policy = policy_default();
	struct verdict *verdict = judge(*state, evidence, &policy, SCENE_NOW);
	assert_int_equal(verdict->events_4071, 2);
	assert_int_equal(verdict->first_4071, SCENE_NOW - 3 * WHEN_DAY);
	assert_int_equal(verdict->last_4071, SCENE_NOW - 2 * WHEN_HOUR);
	assert_int_equal(verdict->boot_time, SCENE_NOW - 20 * WHEN_DAY);
}

static void fixed_two_hours_ago(struct world *world)
{
	world->policy.fixed_since = SCENE_NOW - 2 * WHEN_HOUR;
}

static void fixed_and_the_server_is_behind(struct world *world)
{
	fixed_two_hours_ago(world);
	world->evidence->clock_skew = -3 * WHEN_HOUR;
	evidence_learned(world->evidence, PART_CLOCK);
}

static void order_by_record_survives_clocks_that_are_set(void **state)
{
	static const struct row rows[] = {
		{"clock was behind at boot", SERVICE_RUNNING,
			"1000@90m boot@2h 4071@119m 1000@10m", NULL, STATUS_WARNING,
			"recovered-unknown", CONDITION_RECOVERED, TRIGGER_UNKNOWN},
		{"set back while it ran, then 4071", SERVICE_RUNNING,
			"boot@51m 1000@50m 1001@20m 4071@3h 1000@2m", NULL,
			STATUS_WARNING, "recovered-unknown", CONDITION_RECOVERED,
			TRIGGER_UNKNOWN},
		{"set back by ten days", SERVICE_STOPPED, "boot@51m 1000@50m 4071@10d",
			NULL, STATUS_CRITICAL, "active", CONDITION_ACTIVE,
			TRIGGER_UNKNOWN},
		{"a record from the future lifts nothing", SERVICE_RUNNING,
			"boot@4d 4071@95h59m 2003@+30d 1000@94h boot@5h 1000@4h59m", NULL,
			STATUS_OK, "cleared", CONDITION_CLEARED, TRIGGER_AUTOMATIC},
		{"fixed before, by the operator's clock", SERVICE_RUNNING,
			"boot@4h10m 4071@4h9m 1000@4h", fixed_and_the_server_is_behind,
			STATUS_WARNING, "recovered-automatic", CONDITION_RECOVERED,
			TRIGGER_AUTOMATIC},
		{"1000 soon after the failure, late in the run", SERVICE_STOPPED,
			"boot@52m 1000@51m 4071@50m 1000@2910s", NULL, STATUS_CRITICAL,
			"active", CONDITION_ACTIVE, TRIGGER_AUTOMATIC},
		{"pending, server ahead, clock not read", SERVICE_START_PENDING,
			"boot@+20m", NULL, STATUS_WARNING, "pending", CONDITION_NONE,
			TRIGGER_NONE},
		{"never tried, server ahead, clock not read", SERVICE_STOPPED,
			"boot@+20m", never_tried, STATUS_CRITICAL, "stopped",
			CONDITION_NONE, TRIGGER_NONE},
	};
	check_rows(state, rows);
}

/* A hostile log must not make the judging slow: this takes minutes where it is quadratic.
 */
static void many_boots_and_failures_are_judged_at_once(void **state)
{
	struct evidence *evidence = scene(*state, SERVICE_STOPPED, "");
	for (uint32_t i = 0; i < 60000; i++) {
		struct event boot = {.origin = FROM_EVENTLOG,
			.record = i + 1,
			.time = SCENE_NOW - 400000 + 5 * i,
			.id = 0x80001775};
		struct event failure = boot;
		failure.origin = FROM_IMC;
		failure.id = 0xC0000FE7;
		failure.time++;
		log_add_event(evidence, &evidence->logs[LOG_SYSTEM], &boot);
		log_add_event(evidence, &evidence->logs[LOG_APPLICATION], &failure);
	}
	struct policy policy = policy_default();
	struct verdict *verdict = judge(*state, evidence, &policy, SCENE_NOW);
	assert_int_equal(verdict->events_4071, 60000);
	assert_int_equal(verdict->trigger, TRIGGER_AUTOMATIC);
}

static const char *advice_of(void *parent, enum service_state state, const char *events)
{
	struct policy *policy = memory_new(parent, struct policy);
	*policy = policy_default();
	return judge(parent, scene(parent, state, events), policy, SCENE_NOW)->advice;
}

static void the_advice_is_about_what_keeps_it_down_now(void **state)
{
	void *here = *state;
	assert_string_equal(advice_of(here, SERVICE_STOPPED, "boot@5h 4071@4h59m"),
		catalogue_advice_4071(true));
	assert_string_equal(advice_of(here, SERVICE_STOPPED, "boot@5h 4071@2h"),
		catalogue_advice_4071(false));
	assert_string_equal(
		advice_of(here, SERVICE_RUNNING, "boot@5h 4071@4h59m 1000@1h"),
		catalogue_advice_4071(false));
	assert_string_equal(
		advice_of(here, SERVICE_STOPPED, "boot@5h 4071@4h59m 4086@1h"),
		catalogue_find(4086)->advice);
	assert_null(advice_of(here, SERVICE_RUNNING, "boot@5h 1000@4h59m"));
}

static void judging_twice_says_the_same(void **state)
{
	struct evidence *evidence = scene(
		*state, SERVICE_STOPPED, "boot@2h 4071@1h59m 4072@1h59m scm7024@1h59m");
	struct policy policy = policy_default();
	struct verdict *first = judge(*state, evidence, &policy, SCENE_NOW);
	struct verdict *second = judge(*state, evidence, &policy, SCENE_NOW);
	assert_string_equal(first->text, second->text);
	assert_string_equal(first->text,
		"service stopped, event 4071 at the automatic start 1h 59m ago (1 in "
		"7d)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(every_row_of_the_state_table_has_its_status),
		sentence(added_rows_can_only_make_it_worse),
		sentence(a_pending_state_is_judged_by_its_age),
		sentence(the_trigger_is_made_from_boots_and_what_lies_between),
		sentence(a_1000_after_the_failure_counts_only_if_the_service_ran),
		sentence(no_more_is_claimed_than_the_log_holds),
		sentence(a_stopped_service_has_its_cause_named),
		sentence(a_runtime_id_is_a_start_failure_only_around_a_start),
		sentence(counts_and_times_are_those_of_the_lookback),
		sentence(the_advice_is_about_what_keeps_it_down_now),
		sentence(order_by_record_survives_clocks_that_are_set),
		sentence(many_boots_and_failures_are_judged_at_once),
		sentence(judging_twice_says_the_same),
	};
	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
