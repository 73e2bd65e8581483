/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdlib.h>

#include "core/harvest.h"
#include "core/judge.h"
#include "core/state_text.h"
#include "evt_writer.h"
#include "scene.h"

/*
 * Random histories of a server, watched by two readers: one that keeps a state file and
 * stops at its bookmarks, and one that was told of every record that was there at any
 * check. Whatever is cleared, wrapped or rebooted in between: both must come to the same
 * verdict.
 */
enum { LOG_ROOM = 400, KNOWN_ROOM = 4000 };

struct fake_log {
	struct made_event events[LOG_ROOM];
	unsigned count, capacity; /* the oldest goes when it is full */
	uint32_t next_number, generation;
};

struct fake_server {
	uint64_t seed;
	int64_t clock;
	struct fake_log logs[LOGS];
	/* What a reader with a perfect memory knows. */
	struct event known[LOGS][KNOWN_ROOM];
	unsigned known_count[LOGS];
	enum service_state state;
};

static const char *const display_names[] = {"Microsoft Exchange Internet Mail Service"};
static const struct watch watch = {"MSExchangeIMC", display_names, 1};

static uint32_t draw(struct fake_server *server, uint32_t below)
{
	server->seed = server->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(server->seed >> 33) % below;
}

static void append(
	struct fake_server *server, enum log_kind kind, struct made_event event)
{
	struct fake_log *log = &server->logs[kind];
	if (log->count == log->capacity)
		memmove(log->events, log->events + 1,
			--log->count * sizeof(*log->events));
	event.number = log->next_number++;
	event.time = (uint32_t)server->clock;
	log->events[log->count++] = event;
}

static void clear(struct fake_server *server, enum log_kind kind)
{
	server->logs[kind].count = 0;
	server->logs[kind].next_number = 1;
	server->logs[kind].generation++;
}

static void happen(struct fake_server *server)
{
	static const uint32_t ids[] = {
		4071, 4071, 4071, 1000, 1000, 1001, 4072, 4086, 2003, 2004};
	static const int64_t gaps[] = {0, 1, 20, 110, 130, 800, 4000, 90000, 300000};
	server->clock += gaps[draw(server, sizeof(gaps) / sizeof(gaps[0]))];
	switch (draw(server, 12)) {
	case 0:
		append(server, LOG_SYSTEM,
			(struct made_event){.source = "EventLog", .id = 0x80001775});
		break;
	case 1:
		append(server, LOG_SYSTEM,
			(struct made_event){.source = "Service Control Manager",
				.id = 0xC0001B77,
				.strings = {display_names[0], "1"}});
		break;
	case 2:
		append(server, LOG_APPLICATION, (struct made_event){.id = 7});
		append(server, LOG_SYSTEM, (struct made_event){.id = 8});
		break;
	case 3:
		if (draw(server, 6) == 0)
			clear(server,
				draw(server, 2) == 0 ? LOG_APPLICATION : LOG_SYSTEM);
		break;
	default:
		append(server, LOG_APPLICATION,
			(struct made_event){.source = "MSExchangeIMC",
				.id = 0xC0000000U |
					ids[draw(server, sizeof(ids) / sizeof(ids[0]))]});
		break;
	}
}

static bool is_relevant(const struct made_event *made, struct event *ret)
{
	*ret = (struct event){.record = made->number, .time = made->time, .id = made->id};
	if (made->source == NULL)
		return false;
	if (strcmp(made->source, "MSExchangeIMC") == 0)
		ret->origin = FROM_IMC;
	else
		ret->origin =
			strcmp(made->source, "EventLog") == 0 ? FROM_EVENTLOG : FROM_SCM;
	return true;
}

static bool is_known(
	const struct fake_server *server, enum log_kind kind, const struct event *event)
{
	for (unsigned i = 0; i < server->known_count[kind]; i++) {
		const struct event *known = &server->known[kind][i];
		if (known->generation == event->generation &&
			known->record == event->record)
			return true;
	}
	return false;
}

/* The perfect memory takes in the newest `limit` records that are there now. */
static void learn(struct fake_server *server, enum log_kind kind, unsigned limit)
{
	const struct fake_log *log = &server->logs[kind];
	for (unsigned i = log->count > limit ? log->count - limit : 0; i < log->count;
		i++) {
		struct event event;
		if (!is_relevant(&log->events[i], &event))
			continue;
		event.generation = log->generation;
		if (is_known(server, kind, &event))
			continue;
		assert_true(server->known_count[kind] < KNOWN_ROOM);
		server->known[kind][server->known_count[kind]++] = event;
	}
}

static struct evidence *fresh_evidence(void *parent, const struct fake_server *server)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "rpc");
	evidence->observed_at = server->clock;
	evidence->service.state = server->state;
	evidence->service.start_type = START_AUTOMATIC;
	for (enum part part = 0; part < PART_DEPENDENCIES; part++)
		evidence_learned(evidence, part);
	return evidence;
}

static struct verdict *judge_all_known(
	void *parent, const struct fake_server *server, const struct policy *policy)
{
	struct evidence *evidence = fresh_evidence(parent, server);
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		for (unsigned i = 0; i < server->known_count[kind]; i++)
			log_add_event(
				evidence, &evidence->logs[kind], &server->known[kind][i]);
		log_sort(&evidence->logs[kind]);
	}
	return judge(parent, evidence, policy, server->clock);
}

/* Reads a log as a source does, at most `limit` records of it. */
static bool read_log(struct evidence *evidence, const struct fake_server *server,
	enum log_kind kind, const struct state *state, const struct policy *policy,
	unsigned limit)
{
	const struct fake_log *log = &server->logs[kind];
	const struct event *boot = log_last_boot(&evidence->logs[LOG_SYSTEM]);
	if (boot == NULL)
		boot = log_last_boot(&state->logs[LOG_SYSTEM]);
	int64_t cutoff = server->clock - policy->lookback;
	if (kind == LOG_APPLICATION && boot != NULL && boot->time < cutoff)
		cutoff = boot->time;
	struct harvest_plan plan = {.kind = kind,
		.watch = &watch,
		.now = server->clock,
		.cutoff = cutoff - policy->boot_window,
		.needs_boot = kind == LOG_SYSTEM,
		.bookmark = state->logs[kind].newest};
	plan.stops_at_bookmark = state_covers(state, kind, plan.cutoff, plan.needs_boot);
	struct harvest *harvest = harvest_new(NULL, &plan);
	void *records = talloc_new(NULL);
	enum harvest_end end = HARVEST_OLDEST;
	for (unsigned i = log->count; i > 0 && end == HARVEST_OLDEST; i--) {
		if (limit-- == 0)
			end = HARVEST_CUT;
		else if (!harvest_take(
				 harvest, made_record(records, &log->events[i - 1])))
			end = HARVEST_ENOUGH;
	}
	harvest_finish(harvest, end, evidence, &evidence->logs[kind]);
	talloc_free(records);
	return end != HARVEST_CUT;
}

/* What the state file looks like to the next run. */
static struct state *write_and_read(void *parent, struct state *state)
{
	char *text = state_format(parent, "EXCH01", state);
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	struct state *again;
	struct failure why;
	if (!state_parse(parent, "EXCH01.state", "EXCH01", bytes, &again, &why))
		fail_msg("%s", why.text);
	char *second = state_format(parent, "EXCH01", again);
	assert_string_equal(text, second);
	talloc_free(text);
	talloc_free(second);
	talloc_free(state);
	return again;
}

static void assert_same_finding(const struct verdict *a, const struct verdict *b)
{
	assert_string_equal(condition_name(a->condition), condition_name(b->condition));
	assert_string_equal(trigger_name(a->trigger), trigger_name(b->trigger));
	assert_int_equal(a->state_key, b->state_key);
	assert_int_equal(a->events_4071, b->events_4071);
	assert_int_equal(a->first_4071, b->first_4071);
	assert_int_equal(a->last_4071, b->last_4071);
	assert_int_equal(a->boot_time, b->boot_time);
	assert_int_equal(a->cause, b->cause);
}

static void fail_part(struct evidence *evidence, enum part part)
{
	struct failure why;
	fail_at(&why, FAIL_TIMEOUT, STAGE_APPLICATION, "no answer");
	evidence_failed(evidence, part, &why);
}

/* One run of the check; now and then it is cut short, and what it knows is then not
 * judged but must not be lost either. */
static struct state *check_once(
	void *parent, struct fake_server *server, struct state *state)
{
	static const enum service_state states[] = {
		SERVICE_STOPPED, SERVICE_RUNNING, SERVICE_START_PENDING, SERVICE_PAUSED};
	struct policy policy = policy_default();
	void *run = talloc_new(parent);
	server->state = states[draw(server, 4)];
	struct evidence *evidence = fresh_evidence(run, server);
	bool is_whole = true;
	for (enum log_kind i = 0; i < LOGS; i++) {
		enum log_kind kind = LOGS - 1 - i;
		unsigned limit = draw(server, 8) == 0 ? draw(server, 4) : UINT32_MAX;
		if (!read_log(evidence, server, kind, state, &policy, limit)) {
			fail_part(evidence, part_of_log(kind));
			is_whole = false;
		}
		learn(server, kind, limit);
	}
	state_recall(state, evidence, server->clock);
	struct verdict *verdict = judge(run, evidence, &policy, server->clock);
	if (is_whole) {
		struct verdict *expected = judge_all_known(run, server, &policy);
		assert_same_finding(verdict, expected);
	} else {
		assert_true(verdict->status != STATUS_OK);
	}
	struct state *next = state_after(parent, state, evidence, &policy, server->clock);
	talloc_free(run);
	talloc_free(state);
	return write_and_read(parent, next);
}

static void a_history_with_a_state_file_is_judged_as_if_all_were_read(void **state)
{
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		test_row("seed %llu", (unsigned long long)seed);
		struct fake_server *server = memory_new(*state, struct fake_server);
		*server = (struct fake_server){.seed = seed * 977, .clock = 1500000000};
		for (enum log_kind kind = 0; kind < LOGS; kind++) {
			server->logs[kind].next_number = 1;
			server->logs[kind].capacity =
				draw(server, 2) == 0 ? LOG_ROOM : 5 + draw(server, 20);
		}
		struct state *memory = state_new(*state);
		for (unsigned check = 0; check < 30; check++) {
			for (uint32_t events = draw(server, 9); events > 0; events--)
				happen(server);
			memory = check_once(*state, server, memory);
		}
		talloc_free(memory);
		talloc_free(server);
	}
}

/* The age counts in our clock: the server's may be set while the service hangs. */
static void a_pending_age_survives_a_step_of_the_servers_clock(void **state)
{
	struct policy policy = policy_default();
	struct evidence *first = scene(*state, SERVICE_START_PENDING, "boot@9h");
	struct state *memory = state_new(*state);
	state_recall(memory, first, SCENE_NOW - WHEN_HOUR);
	memory = state_after(*state, memory, first, &policy, SCENE_NOW - WHEN_HOUR);
	struct evidence *second = scene(*state, SERVICE_START_PENDING, "boot@9h");
	second->clock_skew = -2 * WHEN_HOUR;
	second->clock_read_at = SCENE_NOW;
	evidence_learned(second, PART_CLOCK);
	state_recall(memory, second, SCENE_NOW);
	struct verdict *verdict = judge(*state, second, &policy, SCENE_NOW);
	assert_int_equal(verdict->server_now - verdict->state_since, WHEN_HOUR);
	assert_int_equal(verdict->status, STATUS_CRITICAL);
}

/* By this clock, before it was set back: how old the state is, nobody knows. */
static void a_pending_state_that_was_first_seen_in_the_future_has_no_age(void **state)
{
	struct policy policy = policy_default();
	struct evidence *first = scene(*state, SERVICE_START_PENDING, "boot@9h");
	struct state *memory = state_new(*state);
	state_recall(memory, first, SCENE_NOW + WHEN_DAY);
	memory = state_after(*state, memory, first, &policy, SCENE_NOW + WHEN_DAY);
	struct evidence *second = scene(*state, SERVICE_START_PENDING, "boot@9h");
	state_recall(memory, second, SCENE_NOW);
	struct verdict *verdict = judge(*state, second, &policy, SCENE_NOW);
	assert_int_equal(verdict->state_since, NO_TIME);
	assert_int_equal(verdict->status, STATUS_WARNING);

	memory = state_after(*state, memory, second, &policy, SCENE_NOW);
	struct evidence *third = scene(*state, SERVICE_START_PENDING, "boot@9h");
	state_recall(memory, third, SCENE_NOW + WHEN_HOUR);
	verdict = judge(*state, third, &policy, SCENE_NOW + WHEN_HOUR);
	assert_int_equal(verdict->status, STATUS_CRITICAL);
}

/* Of the service that another display name is of. */
static void events_by_a_name_are_forgotten_with_the_name(void **state)
{
	static const char logged[] = "boot@2h 1000@119m scm7031@1h";
	struct policy policy = policy_default();
	struct evidence *first = scene(*state, SERVICE_STOPPED, logged);
	first->watched = 1;
	struct state *memory = state_new(*state);
	state_recall(memory, first, SCENE_NOW);
	memory = state_after(*state, memory, first, &policy, SCENE_NOW);
	for (uint64_t watched = 1; watched <= 2; watched++) {
		struct evidence *second = scene(*state, SERVICE_STOPPED, "");
		second->watched = watched;
		for (enum log_kind kind = 0; kind < LOGS; kind++)
			second->logs[kind].stopped_at_bookmark = true;
		state_recall(memory, second, SCENE_NOW);
		assert_int_equal(second->logs[LOG_SYSTEM].event_count, 3 - watched);
		assert_int_equal(second->logs[LOG_APPLICATION].event_count, 1);
	}
}

static void no_more_events_are_remembered_than_one_reading_keeps(void **state)
{
	struct policy policy = policy_default();
	struct evidence *evidence = scene(*state, SERVICE_RUNNING, "boot@9h");
	for (uint32_t i = 0; i < STATE_MAX_EVENTS + 1000; i++) {
		struct event event = {.origin = FROM_IMC,
			.record = i + 10,
			.time = SCENE_NOW - 100000 + i,
			.id = 0xC0000FE7};
		log_add_event(evidence, &evidence->logs[LOG_APPLICATION], &event);
	}
	struct state *memory =
		state_after(*state, state_new(*state), evidence, &policy, SCENE_NOW);
	const struct log *kept = &memory->logs[LOG_APPLICATION];
	assert_int_equal(kept->event_count, STATE_MAX_EVENTS);
	assert_int_equal(kept->events[0].record, 1010);
	assert_true(kept->is_wrapped);
	assert_false(kept->is_whole);
	assert_int_equal(kept->reaches_back_to, kept->events[0].time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_history_with_a_state_file_is_judged_as_if_all_were_read),
		sentence(a_pending_age_survives_a_step_of_the_servers_clock),
		sentence(a_pending_state_that_was_first_seen_in_the_future_has_no_age),
		sentence(events_by_a_name_are_forgotten_with_the_name),
		sentence(no_more_events_are_remembered_than_one_reading_keeps),
	};
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
