/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/judge.h"
#include "scene.h"
#include "start/decide.h"

/* A boot three hours ago, 4071 in its first minute. */
#define AUTOMATIC "boot@3h 4071@2h59m"

struct world {
	struct target *target;
	struct evidence *evidence;
	struct circumstances circumstances;
};

struct row {
	const char *label;
	enum service_state state;
	const char *events;
	void (*tweak)(struct world *world);
	enum decision decision;
	const char *word; /* in the ruling's text */
};

static void depend_on(struct world *world, const char *name, enum service_state state)
{
	struct service *service = &world->evidence->service;
	service->dependencies = memory_array(world->evidence, struct dependency, 1);
	service->dependency_count = 1;
	service->dependencies[0] =
		(struct dependency){memory_copy(world->evidence, name), state};
}

static struct world make_world(void *parent, enum service_state state, const char *events)
{
	struct world world = {target_new(parent), scene(parent, state, events), {0}};
	world.target->source = "rpc";
	world.evidence->source = "rpc";
	world.circumstances = (struct circumstances){.target = world.target,
		.is_fresh = true,
		.attempted_at = NO_TIME,
		.now = SCENE_NOW};
	evidence_learned(world.evidence, PART_CLOCK);
	evidence_learned(world.evidence, PART_DEPENDENCIES);
	depend_on(&world, "MSExchangeIS", SERVICE_RUNNING);
	return world;
}

static void rule_on(void *parent, struct world *world, struct ruling *ret)
{
	world->circumstances.verdict =
		judge(parent, world->evidence, &world->target->policy, SCENE_NOW);
	decide(&world->circumstances, ret);
}

/* --- tweaks --- */

static void lose(struct world *world, enum part part)
{
	struct failure why;
	fail_at(&why, FAIL_DENIED, STAGE_SERVICE, "nobody may read that");
	evidence_failed(world->evidence, part, &why);
}

static void without_state(struct world *world)
{
	lose(world, PART_STATE);
	world->evidence->service.state = SERVICE_UNKNOWN;
}

static void without_application(struct world *world)
{
	lose(world, PART_APPLICATION);
}

static void without_system(struct world *world)
{
	lose(world, PART_SYSTEM);
}

static void without_config(struct world *world)
{
	lose(world, PART_CONFIG);
}

static void without_clock(struct world *world)
{
	lose(world, PART_CLOCK);
}

static void without_dependencies(struct world *world)
{
	lose(world, PART_DEPENDENCIES);
}

static void damaged(struct world *world)
{
	struct log *log = &world->evidence->logs[LOG_APPLICATION];
	log->damaged = 1;
	log->damage_time = SCENE_NOW - 60;
}

static void wrapped(struct world *world)
{
	struct log *log = &world->evidence->logs[LOG_APPLICATION];
	log->is_whole = false;
	log->is_wrapped = true;
	log->reaches_back_to = SCENE_NOW - 3 * 3600 + 30;
}

/* By somebody, after the boot: numbers begin anew. */
static void cleared_since(struct world *world)
{
	wrapped(world);
	world->evidence->logs[LOG_APPLICATION].is_whole = true;
	world->evidence->logs[LOG_APPLICATION].is_wrapped = false;
}

static void never_started(struct world *world)
{
	world->evidence->service.has_exit_codes = true;
	world->evidence->service.win32_exit = EXIT_NEVER_STARTED;
}

static void slow(struct world *world)
{
	world->circumstances.is_fresh = false;
}

/* The last record before the boot, and events of that time, are later than the boot. */
static void clock_behind(struct world *world)
{
	struct log *system = &world->evidence->logs[LOG_SYSTEM];
	const struct event *boot = log_last_boot(system);
	const struct clock_fall fall = {.generation = boot->generation,
		.record = boot->record,
		.from = boot->time + 3600,
		.to = boot->time};
	log_add_fall(world->evidence, system, &fall);
}

static void clock_behind_per_application_log(struct world *world)
{
	struct log *log = &world->evidence->logs[LOG_APPLICATION];
	const struct event *boot = log_last_boot(&world->evidence->logs[LOG_SYSTEM]);
	const struct clock_fall fall = {
		.record = 1, .from = boot->time + 3600, .to = boot->time + 30};
	log_add_fall(world->evidence, log, &fall);
}

static void cut(struct world *world)
{
	world->evidence->logs[LOG_SYSTEM].is_cut = true;
}

static void disabled(struct world *world)
{
	world->evidence->service.start_type = START_DISABLED;
}

static void tried_once(struct world *world)
{
	world->circumstances.attempts = 1;
	world->circumstances.attempted_at = SCENE_NOW - 120;
}

static void tried_once_of_two(struct world *world)
{
	tried_once(world);
	world->target->start_attempts = 2;
}

static void even_manual(struct world *world)
{
	world->circumstances.allows_manual = true;
}

static void dependency_down(struct world *world)
{
	depend_on(world, "MSExchangeIS", SERVICE_STOPPED);
}

static void dependency_gone(struct world *world)
{
	depend_on(world, "MSExchangeMTA", SERVICE_ABSENT);
}

static void dependency_starting(struct world *world)
{
	depend_on(world, "MSExchangeIS", SERVICE_START_PENDING);
}

static void dependency_unknown(struct world *world)
{
	depend_on(world, "MSExchangeIS", SERVICE_UNKNOWN);
}

static void group_dependency(struct world *world)
{
	world->evidence->service.has_other_dependencies = true;
}

static void no_dependencies(struct world *world)
{
	world->evidence->service.dependency_count = 0;
}

static void long_delay(struct world *world)
{
	world->target->start_delay = 4 * 3600;
}

static void put_right(struct world *world)
{
	world->target->policy.fixed_since = SCENE_NOW - 60;
}

static const struct row rows[] = {
	{"automatic", SERVICE_STOPPED, AUTOMATIC, NULL, DECIDE_START, "4071"},
	{"without dependencies", SERVICE_STOPPED, AUTOMATIC, no_dependencies,
		DECIDE_START, "4071"},
	{"twice, again after a boot", SERVICE_STOPPED, "boot@9h 4071@8h59m " AUTOMATIC,
		NULL, DECIDE_START, "4071"},
	{"a second one of two", SERVICE_STOPPED, AUTOMATIC, tried_once_of_two,
		DECIDE_START, "4071"},
	{"a second one of two, after the first failed", SERVICE_STOPPED,
		AUTOMATIC " 1000@3m 4071@2m", tried_once_of_two, DECIDE_START, "4071"},
	{"by hand, as told to", SERVICE_STOPPED, AUTOMATIC " 1000@1h 4071@59m",
		even_manual, DECIDE_START, "4071"},

	{"runs", SERVICE_RUNNING, AUTOMATIC, NULL, DECIDE_RUNS, "left alone"},
	{"start-pending", SERVICE_START_PENDING, AUTOMATIC, NULL, DECIDE_NOT,
		"start-pending"},
	{"stop-pending", SERVICE_STOP_PENDING, AUTOMATIC, NULL, DECIDE_NOT,
		"stop-pending"},
	{"continue-pending", SERVICE_CONTINUE_PENDING, AUTOMATIC, NULL, DECIDE_NOT,
		"continue-pending"},
	{"pause-pending", SERVICE_PAUSE_PENDING, AUTOMATIC, NULL, DECIDE_NOT,
		"pause-pending"},
	{"paused", SERVICE_PAUSED, AUTOMATIC, NULL, DECIDE_NOT, "paused"},
	{"absent", SERVICE_ABSENT, AUTOMATIC, NULL, DECIDE_NOT, "MSExchangeIMC"},
	{"state not learned", SERVICE_STOPPED, AUTOMATIC, without_state, DECIDE_UNKNOWN,
		"nobody may read that"},
	{"Application log", SERVICE_STOPPED, AUTOMATIC, without_application,
		DECIDE_UNKNOWN, "nobody may read that"},
	{"System log", SERVICE_STOPPED, AUTOMATIC, without_system, DECIDE_UNKNOWN,
		"nobody may read that"},
	{"start type", SERVICE_STOPPED, AUTOMATIC, without_config, DECIDE_UNKNOWN,
		"nobody may read that"},
	{"clock", SERVICE_STOPPED, AUTOMATIC, without_clock, DECIDE_UNKNOWN,
		"nobody may read that"},
	{"damaged", SERVICE_STOPPED, AUTOMATIC, damaged, DECIDE_UNKNOWN,
		"Application log is damaged"},
	{"wrapped after the boot", SERVICE_STOPPED, AUTOMATIC, wrapped, DECIDE_UNKNOWN,
		"does not reach back"},
	{"cleared after the boot", SERVICE_STOPPED, AUTOMATIC, cleared_since,
		DECIDE_UNKNOWN, "does not reach back"},
	{"1077", SERVICE_STOPPED, AUTOMATIC, never_started, DECIDE_UNKNOWN, "1077"},
	{"ran, and the server hung", SERVICE_RUNNING, AUTOMATIC, slow, DECIDE_UNKNOWN,
		"ran when it was asked"},
	{"clock behind at the boot", SERVICE_STOPPED, AUTOMATIC, clock_behind,
		DECIDE_UNKNOWN, "clock was behind"},
	{"the same, per the Application log", SERVICE_STOPPED, AUTOMATIC,
		clock_behind_per_application_log, DECIDE_UNKNOWN, "clock was behind"},
	{"broke off", SERVICE_STOPPED, AUTOMATIC, cut, DECIDE_UNKNOWN,
		"System log was read in part"},
	{"no boot", SERVICE_STOPPED, "4071@2h59m", NULL, DECIDE_UNKNOWN, "booted"},
	{"disabled", SERVICE_STOPPED, AUTOMATIC, disabled, DECIDE_NOT, "disabled"},
	{"no 4071", SERVICE_STOPPED, "boot@3h", NULL, DECIDE_NOT, ", not active"},
	{"another failure", SERVICE_STOPPED, "boot@3h 4086@2h59m", NULL, DECIDE_NOT,
		", not active"},
	{"before the boot", SERVICE_STOPPED, "4071@5h boot@3h", NULL, DECIDE_NOT,
		", not active"},
	{"stopped since", SERVICE_STOPPED, AUTOMATIC " 1000@2h 1001@1h", NULL, DECIDE_NOT,
		", not active"},
	{"put right since", SERVICE_STOPPED, AUTOMATIC, put_right, DECIDE_NOT,
		", not active"},
	{"tried", SERVICE_STOPPED, AUTOMATIC, tried_once, DECIDE_NOT,
		"1 attempt since its last boot, the last one 2m ago"},
	{"by hand", SERVICE_STOPPED, "boot@3h 1000@2h59m 1001@2h 4071@1h", NULL,
		DECIDE_NOT, "manual"},
	{"by hand, besides the one from here", SERVICE_STOPPED,
		AUTOMATIC " 1000@1h 4071@59m 1000@3m 4071@2m", tried_once_of_two,
		DECIDE_NOT, "mixed"},
	{"by hand, too", SERVICE_STOPPED, AUTOMATIC " 1000@1h 4071@59m", NULL, DECIDE_NOT,
		"mixed"},
	{"long after the boot", SERVICE_STOPPED, "boot@3h 4071@1h", NULL, DECIDE_NOT,
		"unknown"},
	{"dependency stopped", SERVICE_STOPPED, AUTOMATIC, dependency_down, DECIDE_NOT,
		"MSExchangeIS, which is stopped"},
	{"dependency absent", SERVICE_STOPPED, AUTOMATIC, dependency_gone, DECIDE_NOT,
		"MSExchangeMTA, and there is no such"},
	{"dependency starting", SERVICE_STOPPED, AUTOMATIC, dependency_starting,
		DECIDE_NOT, "MSExchangeIS, which is start-pending"},
	{"dependency unknown", SERVICE_STOPPED, AUTOMATIC, dependency_unknown,
		DECIDE_UNKNOWN, "MSExchangeIS"},
	{"dependencies not asked", SERVICE_STOPPED, AUTOMATIC, without_dependencies,
		DECIDE_UNKNOWN, "nobody may read that"},
	{"a group", SERVICE_STOPPED, AUTOMATIC, group_dependency, DECIDE_UNKNOWN,
		"group"},
	{"too soon", SERVICE_STOPPED, AUTOMATIC, long_delay, DECIDE_WAIT,
		"3h ago, and start_delay is 4h"},
	/* What is certain goes before what passes by itself. */
	{"too soon, and by hand", SERVICE_STOPPED, "boot@3h 4071@1h", long_delay,
		DECIDE_NOT, "unknown"},
};

static void each_guard_rules_in_its_own_words(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct ruling ruling;
		test_row("%s", row->label);
		struct world world = make_world(*state, row->state, row->events);
		if (row->tweak != NULL)
			row->tweak(&world);
		rule_on(*state, &world, &ruling);
		if (ruling.decision != row->decision ||
			strstr(ruling.text, row->word) == NULL)
			fail_msg("%d, not %d: %s", ruling.decision, row->decision,
				ruling.text);
	}
}

static void the_wait_is_what_is_left_of_the_delay(void **state)
{
	struct world world = make_world(*state, SERVICE_STOPPED, AUTOMATIC);
	struct ruling ruling;
	world.target->start_delay = 3 * 3600 + 50;
	rule_on(*state, &world, &ruling);
	assert_int_equal(ruling.decision, DECIDE_WAIT);
	assert_int_equal(ruling.wait, 50);
	world.target->start_delay = 3 * 3600;
	rule_on(*state, &world, &ruling);
	assert_int_equal(ruling.decision, DECIDE_START);
}

/* Whatever part was not learned, for whatever reason, alone or with another one. */
static void nothing_unknown_is_leave_to_start(void **state)
{
	static const enum part parts[] = {PART_STATE, PART_CONFIG, PART_APPLICATION,
		PART_SYSTEM, PART_DEPENDENCIES, PART_CLOCK};
	enum { COUNT = sizeof(parts) / sizeof(parts[0]) };
	for (size_t i = 0; i < COUNT * COUNT * 2; i++) {
		bool is_offered = i % 2 == 0;
		enum part pair[] = {parts[i / 2 % COUNT], parts[i / 2 / COUNT]};
		struct world world = make_world(*state, SERVICE_STOPPED, AUTOMATIC);
		struct ruling ruling;
		world.circumstances.allows_manual = true;
		for (size_t j = 0; j < 2; j++) {
			test_row("%s, %s", part_name(pair[0]), part_name(pair[1]));
			lose(&world, pair[j]);
			if (!is_offered)
				world.evidence->parts[pair[j]].knowledge = NOT_OFFERED;
		}
		rule_on(*state, &world, &ruling);
		assert_int_equal(ruling.decision, DECIDE_UNKNOWN);
	}
}

/* --- before --- */

static enum decision ruling_before(
	struct target *target, const struct handler_call *call, struct ruling *ret)
{
	struct asker asker = {.call = *call, .user = "nagios(117)", .occasion = "that"};
	decide_before(target, &asker, ret);
	return ret->decision;
}

static struct target *willing_target(void *parent)
{
	struct target *target = target_new(parent);
	target->source = "rpc";
	target->allows_start = true;
	target->start_credentials = memory_copy(target, "/starter");
	return target;
}

static void an_event_handler_acts_on_critical_hard_alone(void **state)
{
	struct target *target = willing_target(*state);
	struct ruling ruling;
	for (int status = STATUS_OK; status < STATUSES; status++) {
		for (int is_hard = 0; is_hard < 2; is_hard++) {
			struct handler_call call = {
				true, true, (enum status)status, is_hard == 1, 1};
			bool acts = status == STATUS_CRITICAL && is_hard == 1;
			test_row("%d %d", status, is_hard);
			assert_int_equal(ruling_before(target, &call, &ruling),
				acts ? DECIDE_START : DECIDE_NOT);
		}
	}
}

static void settings_speak_before_anybody_is_asked(void **state)
{
	const struct handler_call by_hand = {0};
	struct target *target = willing_target(*state);
	struct ruling ruling;
	assert_int_equal(ruling_before(target, &by_hand, &ruling), DECIDE_START);

	target->start_credentials = NULL;
	assert_int_equal(ruling_before(target, &by_hand, &ruling), DECIDE_NOT);
	assert_non_null(strstr(ruling.text, "start_credentials"));
	target->source = "snmp";
	assert_int_equal(ruling_before(target, &by_hand, &ruling), DECIDE_NOT);
	assert_non_null(strstr(ruling.text, "source is snmp"));
	target->policy.is_maintenance = true;
	assert_int_equal(ruling_before(target, &by_hand, &ruling), DECIDE_NOT);
	assert_non_null(strstr(ruling.text, "maintenance"));
	target->allows_start = false;
	assert_int_equal(ruling_before(target, &by_hand, &ruling), DECIDE_NOT);
	assert_non_null(strstr(ruling.text, "allow_start"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(each_guard_rules_in_its_own_words),
		sentence(the_wait_is_what_is_left_of_the_delay),
		sentence(nothing_unknown_is_leave_to_start),
		sentence(an_event_handler_acts_on_critical_hard_alone),
		sentence(settings_speak_before_anybody_is_asked),
	};
	return cmocka_run_group_tests_name("start_decide", tests, NULL, NULL);
}
