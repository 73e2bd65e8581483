/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "severity.h"

#include <string.h>

static bool has(const struct verdict *verdict, enum part part)
{
	return evidence_has(verdict->evidence, part);
}

static enum service_state state_of(const struct verdict *verdict)
{
	return verdict->evidence->service.state;
}

static bool has_current_trigger(const struct verdict *verdict, enum trigger trigger)
{
	const struct history *history = verdict->history;
	for (size_t i = 0; i < history->attempt_count; i++) {
		if (attempt_is_current_4071(&history->attempts[i]) &&
			history->attempts[i].trigger == trigger)
			return true;
	}
	return false;
}

static bool is_unreachable(const struct verdict *verdict)
{
	return !has(verdict, PART_STATE) && !has(verdict, PART_CONFIG) &&
		!has(verdict, PART_APPLICATION) && !has(verdict, PART_SYSTEM);
}

static bool is_disabled(const struct verdict *verdict)
{
	return state_of(verdict) == SERVICE_STOPPED &&
		verdict->evidence->service.start_type == START_DISABLED;
}

static bool is_active(const struct verdict *verdict)
{
	return verdict->condition == CONDITION_ACTIVE && !is_disabled(verdict);
}

static bool is_absent(const struct verdict *verdict)
{
	return state_of(verdict) == SERVICE_ABSENT;
}

static bool is_state_unreadable(const struct verdict *verdict)
{
	return !has(verdict, PART_STATE) || state_of(verdict) == SERVICE_UNKNOWN;
}

static bool is_booting(const struct verdict *verdict)
{
	const struct service *service = &verdict->evidence->service;
	return service->state == SERVICE_STOPPED && service->has_exit_codes &&
		service->win32_exit == EXIT_NEVER_STARTED &&
		service->start_type == START_AUTOMATIC && verdict->boot_time != NO_TIME &&
		verdict->server_now + WHEN_MINUTE >= verdict->boot_time &&
		verdict->server_now - verdict->boot_time <= verdict->policy->boot_window;
}

static bool is_stopped(const struct verdict *verdict)
{
	return state_of(verdict) == SERVICE_STOPPED;
}

static bool is_pending(const struct verdict *verdict)
{
	return service_state_is_pending(state_of(verdict));
}

static bool is_paused(const struct verdict *verdict)
{
	return state_of(verdict) == SERVICE_PAUSED;
}

static bool is_recovered_automatic(const struct verdict *verdict)
{
	return verdict->condition == CONDITION_RECOVERED &&
		has_current_trigger(verdict, TRIGGER_AUTOMATIC);
}

static bool is_recovered_unknown(const struct verdict *verdict)
{
	return verdict->condition == CONDITION_RECOVERED &&
		has_current_trigger(verdict, TRIGGER_UNKNOWN);
}

static bool is_recovered_manual(const struct verdict *verdict)
{
	return verdict->condition == CONDITION_RECOVERED;
}

static bool is_cleared(const struct verdict *verdict)
{
	return verdict->condition == CONDITION_CLEARED;
}

/* Running with condition none; or unknown, which the added row of the log then says. */
static bool is_running(const struct verdict *verdict)
{
	return state_of(verdict) == SERVICE_RUNNING;
}

static const struct {
	enum key key;
	bool (*holds)(const struct verdict *verdict);
} state_rows[] = {
	{KEY_UNREACHABLE, is_unreachable},
	{KEY_ABSENT, is_absent},
	{KEY_ACTIVE, is_active},
	{KEY_STATE_UNREADABLE, is_state_unreadable},
	{KEY_DISABLED, is_disabled},
	{KEY_BOOTING, is_booting},
	{KEY_STOPPED, is_stopped},
	{KEY_PENDING, is_pending},
	{KEY_PAUSED, is_paused},
	{KEY_RECOVERED_AUTOMATIC, is_recovered_automatic},
	{KEY_RECOVERED_UNKNOWN, is_recovered_unknown},
	{KEY_RECOVERED_MANUAL, is_recovered_manual},
	{KEY_CLEARED, is_cleared},
	{KEY_RUNNING, is_running},
};

static enum key state_row(const struct verdict *verdict)
{
	for (size_t i = 0; i < sizeof(state_rows) / sizeof(state_rows[0]); i++) {
		if (state_rows[i].holds(verdict))
			return state_rows[i].key;
	}
	/* Every state has a row above; a state from nowhere is no health. */
	return KEY_STATE_UNREADABLE;
}

static bool was_not_read(const struct verdict *verdict, enum part part)
{
	return verdict->evidence->parts[part].knowledge == NOT_LEARNED;
}

static bool is_log_unreadable(const struct verdict *verdict)
{
	return was_not_read(verdict, PART_APPLICATION);
}

static bool is_system_unreadable(const struct verdict *verdict)
{
	return was_not_read(verdict, PART_SYSTEM);
}

static bool is_config_unreadable(const struct verdict *verdict)
{
	return was_not_read(verdict, PART_CONFIG);
}

static bool is_log_not_offered(const struct verdict *verdict)
{
	return verdict->evidence->parts[PART_APPLICATION].knowledge == NOT_OFFERED;
}

static bool is_log_damaged(const struct verdict *verdict)
{
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		const struct log *log = &verdict->evidence->logs[kind];
		if (has(verdict, part_of_log(kind)) && log->damaged > 0 &&
			log->damage_time >= verdict->history->horizon)
			return true;
	}
	return false;
}

static bool is_log_cleared(const struct verdict *verdict)
{
	return verdict->evidence->logs[LOG_APPLICATION].was_cleared ||
		verdict->evidence->logs[LOG_SYSTEM].was_cleared;
}

static bool is_log_short(const struct verdict *verdict)
{
	const struct log *log = &verdict->evidence->logs[LOG_APPLICATION];
	const struct boot *boot = history_last_boot(verdict->history);
	return has(verdict, PART_APPLICATION) && log->is_wrapped &&
		log->reaches_back_to != NO_TIME &&
		(boot == NULL || log->reaches_back_to > boot->counts_from);
}

static bool is_start_type_wrong(const struct verdict *verdict)
{
	enum start_type type = verdict->evidence->service.start_type;
	return state_of(verdict) == SERVICE_RUNNING && has(verdict, PART_CONFIG) &&
		(type == START_MANUAL || type == START_DISABLED);
}

static bool is_stale(const struct verdict *verdict)
{
	return verdict->policy->max_age > 0 &&
		verdict->evidence_age > verdict->policy->max_age;
}

static bool is_told_by_trap(const struct verdict *verdict)
{
	return verdict->evidence->has_hearsay;
}

static bool is_state_file_bad(const struct verdict *verdict)
{
	return was_not_read(verdict, PART_MEMORY);
}

static enum status events_status(const struct verdict *verdict)
{
	const struct policy *policy = verdict->policy;
	if (verdict->events_4071 == 0 && !has(verdict, PART_APPLICATION))
		return STATUS_OK; /* nobody counted: 0 is no number here */
	if (policy->has_critical && range_alerts(&policy->critical, verdict->events_4071))
		return STATUS_CRITICAL;
	if (policy->has_warning && range_alerts(&policy->warning, verdict->events_4071))
		return STATUS_WARNING;
	return STATUS_OK;
}

static bool has_too_many_events(const struct verdict *verdict)
{
	return events_status(verdict) != STATUS_OK;
}

static const struct {
	enum key key;
	bool (*holds)(const struct verdict *verdict);
	bool counts_unreachable; /* says more than that nothing could be learned */
} added_rows[] = {
	{KEY_LOG_UNREADABLE, is_log_unreadable, false},
	{KEY_SYSTEM_UNREADABLE, is_system_unreadable, false},
	{KEY_CONFIG_UNREADABLE, is_config_unreadable, false},
	{KEY_LOG_NOT_OFFERED, is_log_not_offered, false},
	{KEY_LOG_DAMAGED, is_log_damaged, true},
	{KEY_LOG_CLEARED, is_log_cleared, true},
	{KEY_LOG_SHORT, is_log_short, true},
	{KEY_START_TYPE, is_start_type_wrong, true},
	{KEY_STALE, is_stale, true},
	{KEY_STATE_FILE, is_state_file_bad, true},
	{KEY_TOLD_BY_TRAP, is_told_by_trap, true},
	{KEY_EVENTS, has_too_many_events, true},
};

/* By age, which counts from when it was first seen, but not from before the last boot. */
static enum status pending_status(const struct verdict *verdict)
{
	const struct policy *policy = verdict->policy;
	int64_t now = verdict->server_now;
	int64_t since_boot =
		verdict->boot_time == NO_TIME ? INT64_MAX : now - verdict->boot_time;
	int64_t age =
		verdict->state_since == NO_TIME ? INT64_MAX : now - verdict->state_since;
	bool is_bound = since_boot >= 0; /* else the server's clock is ahead, unread */
	bool is_age_known =
		age != INT64_MAX || (is_bound && since_boot < policy->pending_warning);
	if (is_bound && age > since_boot)
		age = since_boot;

	enum status status = STATUS_OK;
	if (!is_age_known)
		status = verdict->evidence->service.check_point_moved ? STATUS_OK
								      : STATUS_WARNING;
	else if (age >= policy->pending_critical)
		status = STATUS_CRITICAL;
	else if (age >= policy->pending_warning)
		status = STATUS_WARNING;
	if (history_has_current_4071(verdict->history))
		status = status_worst(status, STATUS_WARNING);
	return status;
}

static enum status severity_of(const struct verdict *verdict, enum key key)
{
	const struct policy *policy = verdict->policy;
	if (!policy->is_severity_set[key]) {
		if (key == KEY_PENDING)
			return pending_status(verdict);
		if (key == KEY_EVENTS)
			return events_status(verdict);
	}
	return policy->severity[key];
}

void severity_add(struct verdict *verdict, enum key key)
{
	verdict->keys[key] = true;
	verdict->key_status[key] = severity_of(verdict, key);
	verdict->status = status_worst(verdict->status, verdict->key_status[key]);
}

void severity_maintain(struct verdict *verdict)
{
	verdict->status_without_maintenance = verdict->status;
	if (!verdict->policy->is_maintenance)
		return;
	memset(verdict->keys, 0, sizeof(verdict->keys));
	verdict->status = STATUS_OK;
	severity_add(verdict, KEY_MAINTENANCE);
}

void severity_apply(struct verdict *verdict)
{
	verdict->status = STATUS_OK;
	verdict->state_key = state_row(verdict);
	severity_add(verdict, verdict->state_key);
	bool is_learned = verdict->state_key != KEY_UNREACHABLE;
	for (size_t i = 0; i < sizeof(added_rows) / sizeof(added_rows[0]); i++) {
		if ((is_learned || added_rows[i].counts_unreachable) &&
			added_rows[i].holds(verdict))
			severity_add(verdict, added_rows[i].key);
	}
	severity_maintain(verdict);
}
