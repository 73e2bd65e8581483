/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempt.h"

#include "memory.h"

/* A start attempt's events come within two minutes of its first. */
enum { RUN_SECONDS = 2 * WHEN_MINUTE, RUN_FAILURES = 8 };

/* A run of events that is being gathered; an attempt where it has a start or a failure.
 */
struct run {
	struct attempt attempt;
	bool is_open;
	bool shows_running; /* a runtime event or a stop */
	uint16_t failures[RUN_FAILURES];
	unsigned failure_count;
};

/* What the walk over the events knows at one of them. */
struct walk {
	struct history *history;
	const struct log *log;
	bool is_stopped_now;      /* the server says so, nobody inferred it */
	const struct boot *boot;  /* the newest not later than the event */
	int64_t first_after_boot; /* time of that boot's first event; NO_TIME */
	int64_t last_start;       /* newest 1000; NO_TIME */
	int64_t last_stop_time;   /* of the newest stop; NO_TIME */
	int64_t latest;           /* newest time so far; NO_TIME */
	bool is_started;          /* a 1000 since the last stop or boot */
	bool knows_stop;          /* a stop or a boot was seen at all */
	struct run run;
};

static const char *const trigger_names[TRIGGERS] = {
	[TRIGGER_NONE] = "none",
	[TRIGGER_AUTOMATIC] = "automatic",
	[TRIGGER_MANUAL] = "manual",
	[TRIGGER_UNKNOWN] = "unknown",
	[TRIGGER_MIXED] = "mixed",
};

const char *trigger_name(enum trigger trigger)
{
	return trigger_names[trigger];
}

/* --- attempts --- */

const struct boot *history_last_boot(const struct history *history)
{
	return history->boot_count == 0 ? NULL : &history->boots[history->boot_count - 1];
}

static bool is_near(int64_t a, int64_t b)
{
	return a - b <= RUN_SECONDS && b - a <= RUN_SECONDS;
}

/* Some start-fatal ids are logged by a running service, too. */
static enum role role_of(const struct walk *walk, const struct event *event)
{
	const struct catalogue_entry *entry = catalogue_find(event->id);
	if (entry == NULL)
		return ROLE_RUNTIME;
	if (entry->role != ROLE_START_FATAL || !entry->also_runtime)
		return entry->role;
	bool is_at_boot =
		walk->boot != NULL && is_near(event->time, walk->first_after_boot);
	bool is_at_start =
		walk->last_start != NO_TIME && is_near(event->time, walk->last_start);
	bool is_down = walk->knows_stop && !walk->is_started;
	return is_at_boot || is_at_start || is_down ? ROLE_START_FATAL : ROLE_RUNTIME;
}

static void finish_run(struct walk *walk)
{
	struct run *run = &walk->run;
	struct history *history = walk->history;
	const struct attempt *attempt = &run->attempt;
	if (attempt->has_start || attempt->failed_at != NO_TIME)
		history->attempts[history->attempt_count++] = *attempt;
	else if (run->shows_running && history->attempt_count > 0)
		history->attempts[history->attempt_count - 1].ran_later = true;
}

static void begin_run(struct walk *walk, const struct event *event)
{
	walk->run = (struct run){
		.is_open = true,
		.attempt = {.time = event->time,
			.record = event->record,
			.stop_before = walk->last_stop_time,
			.failed_at = NO_TIME},
	};
}

static bool has_failed_with(const struct run *run, uint16_t id)
{
	for (unsigned i = 0; i < run->failure_count; i++) {
		if (run->failures[i] == id)
			return true;
	}
	return run->failure_count == RUN_FAILURES;
}

/* 4071 is the cause where there is one, else the first catalogued failure. */
static void add_failure(struct run *run, const struct event *event)
{
	struct attempt *attempt = &run->attempt;
	uint16_t id = event->id & 0xFFFF;
	if (run->failure_count < RUN_FAILURES)
		run->failures[run->failure_count++] = id;
	if (attempt->failed_at != NO_TIME &&
		(attempt->is_4071 || id != EVENT_NO_ADMIN_MAILBOX))
		return;
	attempt->failed_at = event->time;
	attempt->failed_id = event->id;
	attempt->record = event->record;
	attempt->is_4071 = id == EVENT_NO_ADMIN_MAILBOX;
}

/*
 * Nobody knows whether a start that fails with 4071 logs 1000 as well, before or after.
 * So where the server says that the service is stopped, a 1000 right after the failure is
 * no start of its own unless something later shows that the service ran.
 */
static bool belongs_to_failure(const struct walk *walk, size_t index)
{
	const struct log *log = walk->log;
	int64_t failed_at = walk->run.attempt.failed_at;
	const struct event *death = walk->history->last_death;
	if (!walk->is_stopped_now || !is_near(log->events[index].time, failed_at))
		return false;
	if (death != NULL && death->time > failed_at && !is_near(death->time, failed_at))
		return false; /* what died that late had been running */
	for (size_t i = index + 1; i < log->event_count; i++) {
		if (log->events[i].origin != FROM_IMC)
			continue;
		switch (catalogue_role(log->events[i].id)) {
		case ROLE_RUNTIME:
			return false;
		case ROLE_STOP:
			return is_near(log->events[i].time, failed_at);
		case ROLE_START:
		case ROLE_START_FATAL:
			return true;
		case ROLE_COMPANION:
			break;
		}
	}
	return true;
}

/* Does the event at `index` begin a run of its own? */
static bool begins_run(const struct walk *walk, size_t index, enum role role)
{
	const struct event *event = &walk->log->events[index];
	const struct run *run = &walk->run;
	if (!run->is_open)
		return true;
	if (role == ROLE_START && run->attempt.failed_at != NO_TIME)
		return !belongs_to_failure(walk, index);
	if (!is_near(event->time, run->attempt.time))
		return true;
	return role == ROLE_START_FATAL && has_failed_with(run, event->id & 0xFFFF);
}

static void add_to_run(struct walk *walk, const struct event *event, enum role role)
{
	struct run *run = &walk->run;
	run->attempt.latest = walk->latest > event->time ? walk->latest : event->time;
	switch (role) {
	case ROLE_START:
		run->attempt.has_start = true;
		walk->last_start = event->time;
		walk->is_started = true;
		break;
	case ROLE_START_FATAL:
		add_failure(run, event);
		break;
	case ROLE_STOP:
		run->shows_running = true;
		run->is_open = false;
		walk->history->last_stop = event;
		walk->last_stop_time = event->time;
		walk->is_started = false;
		walk->knows_stop = true;
		break;
	case ROLE_RUNTIME:
		run->shows_running = true;
		break;
	case ROLE_COMPANION:
		break;
	}
}

/* A stop closes its run, which is finished when the next event comes; a boot ends it. */
static void take_event(struct walk *walk, size_t index)
{
	const struct event *event = &walk->log->events[index];
	const struct boot *boot =
		boot_before(walk->history->boots, walk->history->boot_count, event->time);
	bool has_booted = boot != walk->boot;
	if (has_booted) {
		walk->boot = boot;
		walk->first_after_boot = event->time;
		walk->is_started = false;
		walk->knows_stop = true;
	}
	enum role role = role_of(walk, event);
	if (has_booted || begins_run(walk, index, role)) {
		finish_run(walk);
		begin_run(walk, event);
	}
	add_to_run(walk, event, role);
}

/*
 * Order inside a log is by record number: an event is no older than those before it,
 * though its time may say so where the clock was set back. A time in the future lifts
 * nothing.
 */
static void find_attempts(struct history *history, const struct evidence *evidence,
	int64_t horizon, int64_t future)
{
	const struct log *log = &evidence->logs[LOG_APPLICATION];
	const struct service *service = &evidence->service;
	struct walk walk = {
		.history = history,
		.log = log,
		.is_stopped_now =
			service->state == SERVICE_STOPPED && !service->is_inferred,
		.first_after_boot = NO_TIME,
		.last_start = NO_TIME,
		.last_stop_time = NO_TIME,
		.latest = NO_TIME,
	};
	walk.run.attempt.failed_at = NO_TIME;
	history->attempts = memory_array(history, struct attempt, log->event_count + 1);
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *event = &log->events[i];
		if (event->time > walk.latest && event->time <= future)
			walk.latest = event->time;
		bool is_inside = event->time >= horizon || walk.latest >= horizon;
		if (event->origin == FROM_IMC && is_inside)
			take_event(&walk, i);
	}
	finish_run(&walk);
}

/* --- triggers --- */

static int64_t moment_of(const struct attempt *attempt)
{
	return attempt->failed_at != NO_TIME ? attempt->failed_at : attempt->time;
}

static enum trigger trigger_of(const struct history *history, size_t index,
	const struct evidence *evidence, int64_t window)
{
	const struct attempt *attempt = &history->attempts[index];
	const struct boot *boot =
		boot_before(history->boots, history->boot_count, attempt->failed_at);
	if (boot == NULL || boot->is_stepped)
		return TRIGGER_UNKNOWN;
	int64_t previous = index > 0 ? moment_of(&history->attempts[index - 1]) : NO_TIME;
	int64_t before =
		previous > attempt->stop_before ? previous : attempt->stop_before;
	if (before > attempt->failed_at)
		return TRIGGER_UNKNOWN; /* the clock was set back in between */
	if (before >= boot->counts_from)
		return before > boot->doubtful_until ? TRIGGER_MANUAL : TRIGGER_UNKNOWN;
	enum start_type type = evidence->service.start_type;
	bool may_be_automatic = type == START_AUTOMATIC || type == START_UNKNOWN;
	return may_be_automatic && attempt->failed_at - boot->time <= window &&
			attempt->latest - boot->time <= window
		? TRIGGER_AUTOMATIC
		: TRIGGER_UNKNOWN;
}

static void find_last_death(
	struct history *history, const struct evidence *evidence, int64_t horizon)
{
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		const struct log *log = &evidence->logs[kind];
		for (size_t i = 0; i < log->event_count; i++) {
			const struct event *event = &log->events[i];
			if (event_is_death(event) && event->time >= horizon &&
				(history->last_death == NULL ||
					event->time >= history->last_death->time))
				history->last_death = event;
		}
	}
}

/* How far back events count: to the last boot, and at least the lookback. */
static int64_t horizon_of(const struct history *history, int64_t lookback_start)
{
	const struct boot *boot = history_last_boot(history);
	return boot != NULL && boot->counts_from < lookback_start ? boot->counts_from
								  : lookback_start;
}

/* By the server's own clock the last boot is still to come: that was set back since. When
 * it booted is not known, so the horizon counts, as without a boot. */
static void doubt_last_boot(
	struct history *history, const struct evidence *evidence, int64_t server_now)
{
	if (history->boot_count == 0 || !evidence_has(evidence, PART_CLOCK))
		return;
	struct boot *last = &history->boots[history->boot_count - 1];
	if (last->counts_from <= server_now + WHEN_MINUTE)
		return;
	last->is_stepped = true;
	last->counts_from = history->horizon;
	for (size_t i = 0; i < history->boot_count; i++) {
		struct boot *boot = &history->boots[i];
		if (boot->none_before > last->counts_from)
			boot->none_before = last->counts_from;
	}
}

/* Said by the operator's clock. What is to be put right later is not so yet. */
static int64_t fixed_before(
	const struct policy *policy, const struct evidence *evidence, int64_t server_now)
{
	if (policy->fixed_since == NO_TIME)
		return NO_TIME;
	int64_t moment = policy->fixed_since + evidence->clock_skew;
	return moment > server_now ? NO_TIME : moment;
}

struct history *history_of(void *parent, const struct evidence *evidence,
	const struct policy *policy, int64_t server_now)
{
	struct history *history = memory_new(parent, struct history);
	int64_t window = policy->boot_window;
	int64_t lookback_start = server_now - policy->lookback;
	history->boots = boots_find(
		history, evidence, window, lookback_start - window, &history->boot_count);
	history->horizon = horizon_of(history, lookback_start);
	doubt_last_boot(history, evidence, server_now);
	find_last_death(history, evidence, history->horizon);
	find_attempts(history, evidence, history->horizon, server_now + window);

	int64_t fixed_since = fixed_before(policy, evidence, server_now);
	const struct boot *last = history_last_boot(history);
	for (size_t i = 0; i < history->attempt_count; i++) {
		struct attempt *attempt = &history->attempts[i];
		attempt->is_since_boot =
			last == NULL || attempt->latest >= last->counts_from;
		if (attempt->failed_at == NO_TIME)
			continue;
		attempt->is_excused =
			attempt->is_4071 && attempt->failed_at < fixed_since;
		attempt->trigger = trigger_of(history, i, evidence, window);
	}
	return history;
}

const struct attempt *history_newest(const struct history *history)
{
	return history->attempt_count == 0
		? NULL
		: &history->attempts[history->attempt_count - 1];
}

bool attempt_is_current_4071(const struct attempt *attempt)
{
	return attempt->is_4071 && attempt->is_since_boot && !attempt->is_excused;
}

bool history_has_current_4071(const struct history *history)
{
	for (size_t i = 0; i < history->attempt_count; i++) {
		if (attempt_is_current_4071(&history->attempts[i]))
			return true;
	}
	return false;
}
