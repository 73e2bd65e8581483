/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sentence.h"

#include "advice.h"
#include "memory.h"

static const char *state_phrase(enum service_state state)
{
	switch (state) {
	case SERVICE_STOPPED:
		return "service stopped";
	case SERVICE_START_PENDING:
		return "service starting";
	case SERVICE_STOP_PENDING:
		return "service stopping";
	case SERVICE_RUNNING:
		return "service running";
	case SERVICE_CONTINUE_PENDING:
		return "service continuing after a pause";
	case SERVICE_PAUSE_PENDING:
		return "service pausing";
	case SERVICE_PAUSED:
		return "service paused";
	case SERVICE_ABSENT:
		return "no such service";
	case SERVICE_UNKNOWN:
	case SERVICE_STATES:
		break;
	}
	return "service state not known";
}

static const char *trigger_phrase(enum trigger trigger)
{
	switch (trigger) {
	case TRIGGER_AUTOMATIC:
		return "at the automatic start";
	case TRIGGER_MANUAL:
		return "at a start by hand";
	case TRIGGER_MIXED:
		return "at starts of both kinds";
	case TRIGGER_NONE:
	case TRIGGER_UNKNOWN:
	case TRIGGERS:
		break;
	}
	return "at a start";
}

/* "2h ago"; what the clocks make future was "just now". */
static char *ago(struct verdict *verdict, int64_t moment)
{
	int64_t age = verdict->server_now - moment;
	if (age < 1)
		return memory_copy(verdict, "just now");
	char *duration = when_format_duration(verdict, age);
	return memory_format(verdict, "%s ago", duration);
}

static bool has_log(const struct verdict *verdict)
{
	return verdict->evidence->parts[PART_APPLICATION].knowledge != NOT_OFFERED;
}

/* Inferred from what the log holds, or from a list of running services without it. */
static char *state_text(struct verdict *verdict)
{
	const struct service *service = &verdict->evidence->service;
	if (service->is_inferred && !has_log(verdict))
		return memory_copy(verdict, "service not among the running ones");
	return memory_format(verdict, "%s%s", state_phrase(service->state),
		service->is_inferred ? " (per log)" : "");
}

/* "event 4071 at the automatic start 2h ago (3 in 7d)" */
static char *event_text(struct verdict *verdict)
{
	char *when = ago(verdict, verdict->last_4071);
	char *lookback = when_format_duration(verdict, verdict->policy->lookback);
	const char *how = trigger_phrase(verdict->trigger);
	if (verdict->evidence->has_hearsay)
		return memory_format(
			verdict, "event 4071 %s, told by a trap %s", how, when);
	if (verdict->events_4071 == 0)
		return memory_format(verdict, "event 4071 %s %s", how, when);
	return memory_format(verdict, "event 4071 %s %s (%u in %s)", how, when,
		verdict->events_4071, lookback);
}

static char *cause_text(struct verdict *verdict)
{
	const struct service *service = &verdict->evidence->service;
	unsigned id = verdict->cause_event & 0xFFFF;
	const struct catalogue_entry *entry = catalogue_find(verdict->cause_event);
	const struct exit_code_entry *exit = exit_code_find(service->win32_exit);
	switch (verdict->cause) {
	case CAUSE_START_FAILURE:
		return memory_format(verdict, "the last start failed with event %u%s%s",
			id, entry != NULL ? ": " : "",
			entry != NULL ? entry->meaning : "");
	case CAUSE_DEPENDENCY:
		return memory_format(verdict, "%s, which it needs, is not running",
			verdict->cause_name);
	case CAUSE_NEVER_TRIED:
		return memory_copy(verdict, "no start was tried since the last boot");
	case CAUSE_DIED:
		return memory_copy(verdict, "its process died");
	case CAUSE_STOPPED_CLEANLY:
		return memory_format(verdict, "it was stopped %s",
			ago(verdict, verdict->history->last_stop->time));
	case CAUSE_EXIT_CODE:
		if (service->win32_exit == EXIT_SERVICE_SPECIFIC)
			return memory_format(verdict,
				"exit code 1066, service-specific %u",
				service->specific_exit);
		return memory_format(verdict, "exit code %u%s%s", service->win32_exit,
			exit != NULL ? ": " : "", exit != NULL ? exit->meaning : "");
	case CAUSE_NONE:
	case CAUSE_UNKNOWN:
		break;
	}
	return memory_copy(verdict,
		has_log(verdict)
			? "no cause found in the logs"
			: "stopped, starting, not installed, or named otherwise");
}

/* The first failure, of the state before the logs: what to look at first. */
static char *unreachable_text(struct verdict *verdict)
{
	for (enum part part = 0; part < PARTS; part++) {
		const struct part_report *report = &verdict->evidence->parts[part];
		const struct failure *why = &report->why;
		if (report->knowledge != NOT_LEARNED || part == PART_MEMORY)
			continue;
		if (why->stage == STAGE_NONE)
			return memory_format(
				verdict, "nothing could be learned: %s", why->text);
		return memory_format(verdict, "nothing could be learned (%s): %s",
			stage_name(why->stage), why->text);
	}
	return memory_copy(verdict, "nothing could be learned: the source told nothing");
}

static const char *failure_text(const struct verdict *verdict, enum part part)
{
	const struct part_report *report = &verdict->evidence->parts[part];
	return report->knowledge == NOT_LEARNED ? report->why.text : "it was not told";
}

static char *pending_text(struct verdict *verdict)
{
	char *state = state_text(verdict);
	if (verdict->state_since == NO_TIME)
		return memory_format(verdict, "%s, since when is not known", state);
	int64_t since = verdict->state_since > verdict->boot_time ? verdict->state_since
								  : verdict->boot_time;
	return memory_format(verdict, "%s for %s", state,
		when_format_duration(verdict, verdict->server_now - since));
}

/* No more than what is known: a log may hold less than is looked back on. */
static char *nothing_text(struct verdict *verdict)
{
	int64_t lookback = verdict->policy->lookback, held = lookback;
	if (verdict->keys[KEY_LOG_SHORT])
		held = verdict->server_now -
			verdict->evidence->logs[LOG_APPLICATION].reaches_back_to;
	if (held >= lookback)
		return memory_format(verdict, "no event 4071 in %s",
			when_format_duration(verdict, lookback));
	return memory_format(verdict, "no event 4071 in the %s that the log holds",
		when_format_duration(verdict, held));
}

static char *running_text(struct verdict *verdict)
{
	char *state = state_text(verdict);
	switch (verdict->evidence->parts[PART_APPLICATION].knowledge) {
	case NOT_OFFERED:
		return memory_format(verdict, "%s, event log not watched", state);
	case NOT_LEARNED:
		return state;
	case LEARNED:
		break;
	}
	if (verdict->last_4071 != NO_TIME)
		return memory_format(verdict, "%s, %s", state, event_text(verdict));
	return memory_format(verdict, "%s, %s", state, nothing_text(verdict));
}

static char *state_row_text(struct verdict *verdict)
{
	char *state = state_text(verdict);
	bool has_4071 = verdict->last_4071 != NO_TIME;
	switch (verdict->state_key) {
	case KEY_UNREACHABLE:
		return unreachable_text(verdict);
	case KEY_ABSENT:
		return memory_copy(verdict, "there is no such service on this server");
	case KEY_ACTIVE:
		return memory_format(verdict, "%s, %s", state, event_text(verdict));
	case KEY_STATE_UNREADABLE:
		return memory_format(verdict, "%s: %s%s%s", state,
			failure_text(verdict, PART_STATE), has_4071 ? "; " : "",
			has_4071 ? event_text(verdict) : "");
	case KEY_DISABLED:
		return memory_format(verdict, "%s, its start is disabled", state);
	case KEY_BOOTING:
		return memory_format(verdict, "service not started yet, booted %s",
			ago(verdict, verdict->boot_time));
	case KEY_STOPPED:
		return memory_format(verdict, "%s: %s", state, cause_text(verdict));
	case KEY_PENDING:
		return pending_text(verdict);
	case KEY_RECOVERED_AUTOMATIC:
	case KEY_RECOVERED_UNKNOWN:
	case KEY_RECOVERED_MANUAL:
		return memory_format(verdict, "%s, but %s", state, event_text(verdict));
	case KEY_CLEARED:
		return memory_format(verdict, "%s, %s, before the last start that worked",
			state, event_text(verdict));
	default:
		break;
	}
	return verdict->state_key == KEY_PAUSED ? state : running_text(verdict);
}

static char *damage_text(struct verdict *verdict)
{
	const struct log *application = &verdict->evidence->logs[LOG_APPLICATION];
	const struct log *system = &verdict->evidence->logs[LOG_SYSTEM];
	if (application->damaged > 0 && system->damaged > 0)
		return memory_format(verdict,
			"both logs are damaged, at %u and %u places",
			application->damaged, system->damaged);
	bool is_system = system->damaged > 0;
	unsigned count = is_system ? system->damaged : application->damaged;
	return memory_format(verdict, "%s log damaged at %u place%s",
		log_name(is_system ? LOG_SYSTEM : LOG_APPLICATION), count,
		count == 1 ? "" : "s");
}

/* NULL where running_text() has said it. */
static char *not_watched_text(struct verdict *verdict)
{
	bool is_said = verdict->state_key == KEY_RUNNING;
	return is_said ? NULL : memory_copy(verdict, "event log not watched");
}

/* What an added row says; NULL: it has nothing of its own to say. */
static char *added_row_text(struct verdict *verdict, enum key key)
{
	const struct log *log = &verdict->evidence->logs[LOG_APPLICATION];
	switch (key) {
	case KEY_LOG_UNREADABLE:
		return memory_format(verdict, "Application log not read: %s",
			failure_text(verdict, PART_APPLICATION));
	case KEY_SYSTEM_UNREADABLE:
		return memory_format(verdict, "System log not read: %s",
			failure_text(verdict, PART_SYSTEM));
	case KEY_CONFIG_UNREADABLE:
		return memory_format(verdict, "start type not read: %s",
			failure_text(verdict, PART_CONFIG));
	case KEY_LOG_NOT_OFFERED:
		return not_watched_text(verdict);
	case KEY_LOG_DAMAGED:
		return damage_text(verdict);
	case KEY_LOG_CLEARED:
		return memory_format(verdict,
			"%s log cleared since the last check: events may "
			"have gone unread",
			log->was_cleared &&
					verdict->evidence->logs[LOG_SYSTEM].was_cleared
				? "Application and System"
				: log_name(log->was_cleared ? LOG_APPLICATION
							    : LOG_SYSTEM));
	case KEY_LOG_SHORT:
		return memory_format(verdict,
			"Application log wrapped: it reaches back only to %s",
			when_format_time(verdict, log->reaches_back_to));
	case KEY_START_TYPE:
		return memory_format(verdict,
			"start type is %s: it will not start at the next boot",
			start_type_name(verdict->evidence->service.start_type));
	case KEY_STALE:
		return memory_format(verdict, "evidence is %s old",
			when_format_duration(verdict, verdict->evidence_age));
	case KEY_STATE_FILE:
		return memory_copy(verdict, failure_text(verdict, PART_MEMORY));
	case KEY_TOLD_BY_TRAP:
		return memory_copy(verdict,
			"the event is not read from the log: anybody can send a trap");
	case KEY_EVENTS:
		return memory_format(verdict, "event 4071 came %u time%s in %s",
			verdict->events_4071, verdict->events_4071 == 1 ? "" : "s",
			when_format_duration(verdict, verdict->policy->lookback));
	default:
		break;
	}
	return NULL;
}

static void add_note(struct verdict *verdict, char *note)
{
	verdict->notes =
		memory_resize(verdict, verdict->notes, char *, verdict->note_count + 1);
	verdict->notes[verdict->note_count++] = note;
}

/* Not every state's own sentence tells of the event, and by whom that was told. */
static char *with_hearsay(struct verdict *verdict, char *text)
{
	static const bool tells[KEYS] = {
		[KEY_ACTIVE] = true,
		[KEY_STATE_UNREADABLE] = true,
		[KEY_RECOVERED_AUTOMATIC] = true,
		[KEY_RECOVERED_UNKNOWN] = true,
		[KEY_RECOVERED_MANUAL] = true,
		[KEY_CLEARED] = true,
	};
	if (!verdict->evidence->has_hearsay || tells[verdict->state_key] ||
		verdict->last_4071 == NO_TIME)
		return text;
	return memory_format(verdict, "%s; %s", text, event_text(verdict));
}

/* Added rows that make it worse join the line; those that are OK are notes. */
static char *with_added_rows(struct verdict *verdict, char *text)
{
	for (enum key key = KEY_LOG_UNREADABLE; key < KEYS; key++) {
		if (!verdict->keys[key])
			continue;
		char *more = added_row_text(verdict, key);
		if (more == NULL)
			continue;
		if (verdict->key_status[key] == STATUS_OK)
			add_note(verdict, more);
		else
			text = memory_format(verdict, "%s; %s", text, more);
	}
	return text;
}

/* --- notes --- */

static void note_circumstances(struct verdict *verdict)
{
	const struct service *service = &verdict->evidence->service;
	if (service->earlier_state != SERVICE_UNKNOWN)
		add_note(verdict,
			memory_format(verdict,
				"the state changed during this check: it was %s first",
				service_state_name(service->earlier_state)));
	for (size_t i = 0; i < service->dependency_count; i++) {
		if (service->dependencies[i].state != SERVICE_RUNNING)
			add_note(verdict,
				memory_format(verdict, "it depends on %s: %s",
					service->dependencies[i].name,
					service_state_name(
						service->dependencies[i].state)));
	}
	if (verdict->state_key == KEY_RECOVERED_AUTOMATIC)
		add_note(verdict,
			memory_copy(verdict,
				"it failed at the automatic start: the next boot may "
				"bring that back"));
	const struct attempt *newest = history_newest(verdict->history);
	if (newest != NULL && newest->time > verdict->server_now + WHEN_MINUTE)
		add_note(verdict,
			memory_copy(verdict,
				"events lie in the future of the given clock: their "
				"age counts as 0"));
	if (verdict->boot_time == NO_TIME && evidence_has(verdict->evidence, PART_SYSTEM))
		add_note(verdict, memory_copy(verdict, "the System log holds no boot"));
}

void sentence_maintain(struct verdict *verdict)
{
	if (verdict->policy->is_maintenance)
		verdict->text = memory_format(verdict, "in maintenance (else %s): %s",
			status_word(verdict->status_without_maintenance), verdict->text);
}

void sentence_write(struct verdict *verdict)
{
	verdict->text =
		with_added_rows(verdict, with_hearsay(verdict, state_row_text(verdict)));
	sentence_maintain(verdict);
	verdict->advice = advice_for(verdict);
	note_circumstances(verdict);
}
