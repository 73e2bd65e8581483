/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include "harvest.h"
#include "memory.h"

struct state *state_new(void *parent)
{
	struct state *state = memory_new(parent, struct state);
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		state->logs[kind].reaches_back_to = NO_TIME;
		state->logs[kind].damage_time = NO_TIME;
	}
	state->service_state = SERVICE_UNKNOWN;
	state->service_state_since = NO_TIME;
	state->clock_read_at = NO_TIME;
	return state;
}

bool state_covers(
	const struct state *state, enum log_kind kind, int64_t cutoff, bool needs_boot)
{
	const struct log *log = &state->logs[kind];
	if (!log->newest.is_set)
		return false;
	if (log->is_whole)
		return true;
	return log->reaches_back_to <= cutoff &&
		(!needs_boot || log_last_boot(log) != NULL);
}

/* A skew that was learned within the hour spares the question; an older one still beats
 * none where the question failed. */
static void recall_clock(const struct state *state, struct evidence *evidence)
{
	if (evidence_has(evidence, PART_CLOCK) || state->clock_read_at == NO_TIME)
		return;
	evidence->clock_skew = state->clock_skew;
	evidence->clock_read_at = state->clock_read_at;
	if (evidence->parts[PART_CLOCK].knowledge == NOT_OFFERED)
		evidence_learned(evidence, PART_CLOCK);
}

/* Events that were kept for names which are no longer those of the service. */
static void forget_named(void *owner, struct log *log)
{
	const struct event *events = log->events;
	size_t count = log->event_count;
	log->events = NULL;
	log->event_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (events[i].origin != FROM_SCM)
			log_add_event(owner, log, &events[i]);
	}
}

void state_recall(const struct state *state, struct evidence *evidence, int64_t now)
{
	if (evidence->told != NULL) /* by somebody with a memory of its own */
		return;
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		struct log log = state->logs[kind];
		if (state->watched != evidence->watched)
			forget_named(evidence, &log);
		log_join(evidence, &evidence->logs[kind], &log);
	}
	recall_clock(state, evidence);

	if (!evidence_has(evidence, PART_STATE) || evidence->service.is_inferred)
		return;
	bool is_same =
		state->has_state && state->service_state == evidence->service.state;
	/* First seen in the future, before this clock was set back: who knows when. */
	if (is_same && state->service_state_since > now)
		return;
	evidence->state_since =
		(is_same ? state->service_state_since : now) + evidence->clock_skew;
}

/* Earlier events can no longer matter, even if the lookback grew by a day. */
static int64_t oldest_needed(
	const struct evidence *evidence, const struct policy *policy, int64_t server_now)
{
	const struct log *system = &evidence->logs[LOG_SYSTEM];
	const struct event *boot = log_last_boot(system);
	int64_t oldest = server_now - policy->lookback;
	if (boot != NULL && boot->time < oldest)
		oldest = boot->time;
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		const struct log *log = &evidence->logs[kind];
		for (size_t i = 0; i < log->fall_count; i++) {
			if (log->falls[i].to < oldest && log->falls[i].from >= oldest)
				oldest = log->falls[i].to;
		}
	}
	return oldest - policy->boot_window - WHEN_DAY;
}

static void remember_log(
	struct state *state, enum log_kind kind, const struct log *log, int64_t oldest)
{
	struct log *kept = &state->logs[kind];
	const struct event *boot = log_last_boot(log);
	*kept = *log;
	kept->events = NULL;
	kept->falls = NULL;
	kept->event_count = kept->fall_count = 0;
	kept->was_cleared = kept->stopped_at_bookmark = kept->is_cut = false;
	for (size_t i = 0; i < log->event_count; i++) {
		bool has_room = log->event_count - i <= STATE_MAX_EVENTS;
		if ((has_room && log->events[i].time >= oldest) ||
			&log->events[i] == boot)
			log_add_event(state, kept, &log->events[i]);
	}
	for (size_t i = 0; i < log->fall_count; i++) {
		bool has_room = log->fall_count - i <= HARVEST_MAX_FALLS;
		if (has_room && log->falls[i].from >= oldest)
			log_add_fall(state, kept, &log->falls[i]);
	}
	if (log->event_count > STATE_MAX_EVENTS && kept->event_count > 0) {
		oldest = log->events[log->event_count - STATE_MAX_EVENTS].time;
		kept->is_wrapped = true;
	}
	if (kept->event_count < log->event_count) {
		kept->is_whole = false;
		if (kept->reaches_back_to < oldest)
			kept->reaches_back_to = oldest;
	}
}

struct state *state_after(void *parent, const struct state *before,
	const struct evidence *evidence, const struct policy *policy, int64_t now)
{
	struct state *state = state_new(parent);
	int64_t server_now = now + evidence->clock_skew;
	int64_t oldest = oldest_needed(evidence, policy, server_now);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		remember_log(state, kind, &evidence->logs[kind], oldest);

	state->watched = evidence->watched;
	state->has_state = before->has_state;
	state->service_state = before->service_state;
	state->service_state_since = before->service_state_since;
	if (evidence_has(evidence, PART_STATE) && !evidence->service.is_inferred &&
		evidence->told == NULL) {
		state->has_state = true;
		state->service_state = evidence->service.state;
		state->service_state_since = evidence->state_since == NO_TIME
			? now
			: evidence->state_since - evidence->clock_skew;
	}
	state->clock_skew = evidence->clock_skew;
	state->clock_read_at = evidence->clock_read_at;
	return state;
}
