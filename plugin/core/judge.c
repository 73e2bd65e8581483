/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "judge.h"

#include "memory.h"
#include "sentence.h"
#include "severity.h"
#include "told.h"

static bool has(const struct verdict *verdict, enum part part)
{
	return evidence_has(verdict->evidence, part);
}

static enum service_state state_of(const struct verdict *verdict)
{
	return verdict->evidence->service.state;
}

/* --- the 4071 condition --- */

static bool has_any_4071(const struct history *history)
{
	for (size_t i = 0; i < history->attempt_count; i++) {
		if (history->attempts[i].is_4071)
			return true;
	}
	return false;
}

static bool newest_ended_in_4071(const struct history *history)
{
	const struct attempt *newest = history_newest(history);
	return newest != NULL && attempt_is_current_4071(newest) && !newest->ran_later;
}

/* Was the Application log not read, or is it damaged, since the last boot? */
static bool is_log_doubtful(const struct verdict *verdict)
{
	const struct log *log = &verdict->evidence->logs[LOG_APPLICATION];
	const struct boot *boot = history_last_boot(verdict->history);
	int64_t since = boot == NULL ? verdict->history->horizon : boot->counts_from;
	return !has(verdict, PART_APPLICATION) ||
		(log->damaged > 0 && log->damage_time >= since);
}

static enum condition condition_of(const struct verdict *verdict)
{
	const struct history *history = verdict->history;
	bool is_current = history_has_current_4071(history);
	switch (state_of(verdict)) {
	case SERVICE_STOPPED:
	case SERVICE_START_PENDING:
	case SERVICE_STOP_PENDING:
	case SERVICE_UNKNOWN:
		if (newest_ended_in_4071(history))
			return CONDITION_ACTIVE;
		break;
	case SERVICE_RUNNING:
	case SERVICE_PAUSED:
	case SERVICE_CONTINUE_PENDING:
	case SERVICE_PAUSE_PENDING:
		if (is_current)
			return CONDITION_RECOVERED;
		break;
	case SERVICE_ABSENT:
	case SERVICE_STATES:
		break;
	}
	if (is_current)
		return CONDITION_PAST;
	if (is_log_doubtful(verdict))
		return CONDITION_UNKNOWN;
	return has_any_4071(history) ? CONDITION_CLEARED : CONDITION_NONE;
}

/* One kind, mixed, or none: of the current 4071 attempts, else of all in the horizon. */
static enum trigger trigger_of(const struct history *history)
{
	bool only_current = history_has_current_4071(history);
	enum trigger trigger = TRIGGER_NONE;
	for (size_t i = 0; i < history->attempt_count; i++) {
		const struct attempt *attempt = &history->attempts[i];
		if (!attempt->is_4071 ||
			(only_current && !attempt_is_current_4071(attempt)))
			continue;
		if (trigger == TRIGGER_NONE)
			trigger = attempt->trigger;
		else if (trigger != attempt->trigger)
			trigger = TRIGGER_MIXED;
	}
	return trigger;
}

static void count_4071(struct verdict *verdict)
{
	int64_t from = verdict->server_now - verdict->policy->lookback;
	const struct history *history = verdict->history;
	verdict->first_4071 = verdict->last_4071 = NO_TIME;
	for (size_t i = 0; i < history->attempt_count; i++) {
		const struct attempt *attempt = &history->attempts[i];
		if (!attempt->is_4071)
			continue;
		verdict->last_4071 = attempt->failed_at;
		verdict->last_4071_record = attempt->record;
		if (attempt->failed_at < from)
			continue;
		if (verdict->events_4071++ == 0)
			verdict->first_4071 = attempt->failed_at;
	}
}

/* --- why it is down --- */

static const struct dependency *dependency_down(const struct service *service)
{
	for (size_t i = 0; i < service->dependency_count; i++) {
		if (service->dependencies[i].state != SERVICE_RUNNING &&
			service->dependencies[i].state != SERVICE_UNKNOWN)
			return &service->dependencies[i];
	}
	return NULL;
}

static bool is_later(const struct event *event, const struct event *than)
{
	return event != NULL && (than == NULL || event->time > than->time);
}

static void find_cause(struct verdict *verdict)
{
	const struct history *history = verdict->history;
	const struct service *service = &verdict->evidence->service;
	const struct attempt *newest = history_newest(history);
	const struct dependency *dependency = dependency_down(service);

	verdict->cause = CAUSE_UNKNOWN;
	if (newest != NULL && newest->failed_at != NO_TIME && newest->is_since_boot &&
		!newest->ran_later) {
		verdict->cause = CAUSE_START_FAILURE;
		verdict->cause_event = newest->failed_id;
	} else if (dependency != NULL) {
		verdict->cause = CAUSE_DEPENDENCY;
		verdict->cause_name = dependency->name;
	} else if (service->has_exit_codes && service->win32_exit == EXIT_NEVER_STARTED) {
		verdict->cause = CAUSE_NEVER_TRIED;
	} else if (is_later(history->last_death, history->last_stop)) {
		verdict->cause = CAUSE_DIED;
		verdict->cause_event = history->last_death->id;
	} else if (service->has_exit_codes && service->win32_exit != 0) {
		verdict->cause = CAUSE_EXIT_CODE;
	} else if (history->last_stop != NULL) {
		verdict->cause = CAUSE_STOPPED_CLEANLY;
		verdict->cause_event = history->last_stop->id;
	}
}

/* Ages in the server's clock, where that is known; a moment in the future has age 0. */
static void set_times(struct verdict *verdict, int64_t now)
{
	const struct evidence *evidence = verdict->evidence;
	verdict->server_now = now + evidence->clock_skew;
	int64_t observed_at =
		evidence->observed_at == NO_TIME ? now : evidence->observed_at;
	verdict->evidence_age = now > observed_at ? now - observed_at : 0;
	verdict->state_since = evidence->state_since;
}

struct verdict *judge(void *parent, const struct evidence *evidence,
	const struct policy *policy, int64_t now)
{
	if (evidence->told != NULL)
		return told_judge(parent, evidence, policy, now);
	struct verdict *verdict = memory_new(parent, struct verdict);
	verdict->evidence = evidence;
	verdict->policy = policy;
	set_times(verdict, now);
	verdict->history = history_of(verdict, evidence, policy, verdict->server_now);
	const struct boot *boot = history_last_boot(verdict->history);
	verdict->boot_time = boot == NULL ? evidence->booted_at : boot->counts_from;
	verdict->condition = verdict->condition_by_log = condition_of(verdict);
	verdict->trigger = trigger_of(verdict->history);
	count_4071(verdict);
	if (state_of(verdict) == SERVICE_STOPPED ||
		verdict->condition == CONDITION_ACTIVE)
		find_cause(verdict);
	severity_apply(verdict);
	sentence_write(verdict);
	return verdict;
}
