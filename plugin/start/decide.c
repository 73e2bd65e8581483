/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/when.h"

enum { DURATION_ROOM = 64 };

/* Returns true, so that `return rule(ret, DECIDE_NOT, "...");` ends a guard. */
static bool rule(struct ruling *ret, enum decision decision, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static bool rule(struct ruling *ret, enum decision decision, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(ret->text, sizeof(ret->text), format, arguments);
	va_end(arguments);
	ret->decision = decision;
	return true;
}

static const char *duration(int64_t seconds, char *room)
{
	char *text = when_format_duration(NULL, seconds);
	snprintf(room, DURATION_ROOM, "%s", text);
	talloc_free(text);
	return room;
}

/* --- before the server is asked --- */

/* An event handler is called for every change; a failure that has lasted for all checks
 * that Nagios makes of it is HARD. */
static bool is_no_occasion(const struct asker *asker, struct ruling *ret)
{
	const struct handler_call *call = &asker->call;
	if (!call->has_state || (call->state == STATUS_CRITICAL && call->is_hard))
		return false;
	return rule(ret, DECIDE_NOT,
		"an event handler acts on CRITICAL HARD alone, and this is %s",
		asker->occasion);
}

void decide_before(
	const struct target *target, const struct asker *asker, struct ruling *ret)
{
	*ret = (struct ruling){.decision = DECIDE_START};
	if (is_no_occasion(asker, ret))
		return;
	if (!target->allows_start)
		rule(ret, DECIDE_NOT, "allow_start is not set to yes for it");
	else if (target->policy.is_maintenance)
		rule(ret, DECIDE_NOT, "it is in maintenance");
	else if (target->source == NULL || strcmp(target->source, "rpc") != 0)
		rule(ret, DECIDE_NOT,
			"its source is %s, and only what source rpc reads is evidence "
			"enough for a start",
			target->source != NULL ? target->source : "not known");
	else if (target->start_credentials == NULL)
		rule(ret, DECIDE_NOT,
			"start_credentials, the account that may start the service, is "
			"not set for it");
}

static const char *reason(const struct part_report *report)
{
	return report->knowledge == NOT_LEARNED ? report->why.text : "nobody tells it";
}

/* --- after: each guard speaks against a start, or lets it pass --- */

typedef bool guard(const struct circumstances *circumstances, struct ruling *ret);

static const struct service *service_of(const struct circumstances *circumstances)
{
	return &circumstances->verdict->evidence->service;
}

static bool guard_state(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct evidence *evidence = circumstances->verdict->evidence;
	const char *name = service_state_name(evidence->service.state);
	if (!evidence_has(evidence, PART_STATE))
		return rule(ret, DECIDE_UNKNOWN, "the service's state is not known: %s",
			evidence->parts[PART_STATE].why.text);
	switch (evidence->service.state) {
	case SERVICE_STOPPED:
		return false;
	case SERVICE_RUNNING:
		if (!circumstances->is_fresh || evidence_has_timed_out(evidence))
			return rule(ret, DECIDE_UNKNOWN,
				"the service ran when it was asked for, and then the "
				"server answered slowly, or not at all");
		return rule(ret, DECIDE_RUNS, "it runs, and is left alone: %s",
			circumstances->verdict->text);
	case SERVICE_ABSENT:
		return rule(ret, DECIDE_NOT, "there is no service %s",
			circumstances->target->watch.service);
	case SERVICE_PAUSED:
		return rule(ret, DECIDE_NOT, "the service is paused, not stopped");
	case SERVICE_START_PENDING:
	case SERVICE_STOP_PENDING:
	case SERVICE_CONTINUE_PENDING:
	case SERVICE_PAUSE_PENDING:
		return rule(ret, DECIDE_NOT,
			"the service is %s: it is on its way, and left alone", name);
	case SERVICE_UNKNOWN:
	case SERVICE_STATES:
		break;
	}
	return rule(ret, DECIDE_UNKNOWN, "the service's state is not known");
}

/* The parts without which nothing is known for certain. */
static bool guard_parts(const struct circumstances *circumstances, struct ruling *ret)
{
	static const struct {
		enum part part;
		const char *name;
	} parts[] = {
		{PART_APPLICATION, "the Application log"},
		{PART_SYSTEM, "the System log"},
		{PART_CONFIG, "the service's start type"},
		{PART_CLOCK, "the server's clock"},
	};
	const struct evidence *evidence = circumstances->verdict->evidence;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct part_report *report = &evidence->parts[parts[i].part];
		if (report->knowledge != LEARNED)
			return rule(ret, DECIDE_UNKNOWN, "%s could not be read: %s",
				parts[i].name, reason(report));
	}
	return false;
}

/* What was read, but not as a whole. */
static bool guard_wholeness(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct verdict *verdict = circumstances->verdict;
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		const struct log *log = &verdict->evidence->logs[kind];
		const char *fault = log->is_cut ? "was read in part"
			: log->was_cleared      ? "was cleared meanwhile"
			: log->damaged > 0      ? "is damaged"
						: NULL;
		if (fault != NULL)
			return rule(ret, DECIDE_UNKNOWN, "the %s log %s", log_name(kind),
				fault);
	}
	return false;
}

static bool guard_boot(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct verdict *verdict = circumstances->verdict;
	if (verdict->boot_time != NO_TIME &&
		log_last_boot(&verdict->evidence->logs[LOG_SYSTEM]) != NULL)
		return false;
	return rule(ret, DECIDE_UNKNOWN,
		"the System log does not tell when the server booted");
}

/* It wrapped, or was cleared since: what is gone may have been a start by hand. */
static bool guard_reach(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct verdict *verdict = circumstances->verdict;
	const struct log *log = &verdict->evidence->logs[LOG_APPLICATION];
	return log->reaches_back_to != NO_TIME &&
		log->reaches_back_to > verdict->boot_time &&
		rule(ret, DECIDE_UNKNOWN,
			"the Application log does not reach back to the last boot");
}

/* Where the clock was behind at the boot, what was before the boot has later times. */
static bool guard_clock(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct verdict *verdict = circumstances->verdict;
	const struct log *logs = verdict->evidence->logs;
	const struct event *boot = log_last_boot(&logs[LOG_SYSTEM]);
	int64_t booted = verdict->boot_time;
	bool is_doubtful = false;
	for (size_t i = 0; i < logs[LOG_SYSTEM].fall_count; i++) {
		const struct clock_fall *fall = &logs[LOG_SYSTEM].falls[i];
		const struct event at = {
			.generation = fall->generation, .record = fall->record};
		is_doubtful |= fall->from >= booted && !event_before(boot, &at);
	}
	for (size_t i = 0; i < logs[LOG_APPLICATION].fall_count; i++) {
		const struct clock_fall *fall = &logs[LOG_APPLICATION].falls[i];
		is_doubtful |= fall->from >= booted &&
			fall->to <= booted + verdict->policy->boot_window;
	}
	return is_doubtful &&
		rule(ret, DECIDE_UNKNOWN,
			"the server's clock was behind when it booted, so that times do "
			"not tell what came after the boot");
}

/* The service's own word against the log's. */
static bool guard_exit_code(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct service *service = service_of(circumstances);
	return service->has_exit_codes && service->win32_exit == EXIT_NEVER_STARTED &&
		rule(ret, DECIDE_UNKNOWN,
			"its exit code 1077 says that nobody has tried to start it since "
			"the last boot: %s",
			circumstances->verdict->text);
}

static bool guard_start_type(
	const struct circumstances *circumstances, struct ruling *ret)
{
	return service_of(circumstances)->start_type == START_DISABLED &&
		rule(ret, DECIDE_NOT, "the service is disabled, on purpose most likely");
}

static bool guard_condition(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct verdict *verdict = circumstances->verdict;
	if (verdict->condition == CONDITION_ACTIVE)
		return false;
	if (verdict->condition == CONDITION_UNKNOWN)
		return rule(ret, DECIDE_UNKNOWN,
			"it is not known whether event 4071 came: %s", verdict->text);
	return rule(ret, DECIDE_NOT, "the condition of event 4071 is %s, not active: %s",
		condition_name(verdict->condition), verdict->text);
}

static bool guard_attempts(const struct circumstances *circumstances, struct ruling *ret)
{
	const unsigned limit = circumstances->target->start_attempts;
	char ago[DURATION_ROOM];
	if (circumstances->attempts < limit)
		return false;
	return rule(ret, DECIDE_NOT,
		"%u attempt%s since its last boot, the last one %s ago, and "
		"start_attempts is %u: %s",
		circumstances->attempts, circumstances->attempts == 1 ? "" : "s",
		duration(circumstances->now - circumstances->attempted_at, ago), limit,
		circumstances->verdict->text);
}

/* Failed starts that were sent from here are by hand, too; they do not make the boot's
 * own failure another one. */
static bool is_automatic(const struct circumstances *circumstances)
{
	const struct history *history = circumstances->verdict->history;
	unsigned count[TRIGGERS] = {0};
	if (circumstances->verdict->trigger == TRIGGER_AUTOMATIC)
		return true;
	for (size_t i = 0; i < history->attempt_count; i++) {
		if (attempt_is_current_4071(&history->attempts[i]))
			count[history->attempts[i].trigger]++;
	}
	return count[TRIGGER_AUTOMATIC] > 0 && count[TRIGGER_UNKNOWN] == 0 &&
		count[TRIGGER_MANUAL] <= circumstances->attempts;
}

static bool guard_trigger(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct verdict *verdict = circumstances->verdict;
	if (circumstances->allows_manual || is_automatic(circumstances))
		return false;
	return rule(ret, DECIDE_NOT,
		"the trigger of event 4071 is %s, and a start by hand seldom helps where "
		"it was not the automatic start (--even-manual tries it): %s",
		trigger_name(verdict->trigger), verdict->text);
}

/* StartService would start what is down with it, and an Exchange that is down for
 * maintenance has to stay down. */
static bool guard_dependencies(
	const struct circumstances *circumstances, struct ruling *ret)
{
	const struct evidence *evidence = circumstances->verdict->evidence;
	const struct service *service = &evidence->service;
	const struct part_report *report = &evidence->parts[PART_DEPENDENCIES];
	if (report->knowledge != LEARNED)
		return rule(ret, DECIDE_UNKNOWN,
			"what the service depends on could not be asked: %s",
			reason(report));
	for (size_t i = 0; i < service->dependency_count; i++) {
		const struct dependency *one = &service->dependencies[i];
		if (one->state == SERVICE_UNKNOWN)
			return rule(ret, DECIDE_UNKNOWN,
				"it depends on %s, whose state is not known", one->name);
		if (one->state == SERVICE_ABSENT)
			return rule(ret, DECIDE_NOT,
				"it depends on %s, and there is no such service",
				one->name);
		if (one->state != SERVICE_RUNNING)
			return rule(ret, DECIDE_NOT,
				"it depends on %s, which is %s and would be started with "
				"it: start that first",
				one->name, service_state_name(one->state));
	}
	return service->has_other_dependencies &&
		rule(ret, DECIDE_UNKNOWN,
			"it depends on a group of services, or on too many to be asked");
}

/* The rest of the server may still be starting. */
static bool guard_delay(const struct circumstances *circumstances, struct ruling *ret)
{
	const struct verdict *verdict = circumstances->verdict;
	const int64_t delay = circumstances->target->start_delay;
	int64_t since = verdict->server_now - verdict->boot_time;
	char room[DURATION_ROOM], delay_room[DURATION_ROOM];
	if (since >= delay)
		return false;
	ret->wait = delay - since;
	return rule(ret, DECIDE_WAIT, "it booted %s ago, and start_delay is %s",
		duration(since, room), duration(delay, delay_room));
}

void decide(const struct circumstances *circumstances, struct ruling *ret)
{
	static guard *const guards[] = {
		guard_state,
		guard_parts,
		guard_wholeness,
		guard_boot,
		guard_clock,
		guard_reach,
		guard_start_type,
		guard_condition,
		guard_exit_code,
		guard_attempts,
		guard_trigger,
		guard_dependencies,
		guard_delay,
	};
	*ret = (struct ruling){.decision = DECIDE_START};
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		if (guards[i](circumstances, ret))
			return;
	}
	rule(ret, DECIDE_START, "%s", circumstances->verdict->text);
}
