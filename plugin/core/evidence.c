/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence.h"

#include <stdlib.h>

#include "catalogue.h"
#include "memory.h"

static const char *const state_names[SERVICE_STATES] = {
	[SERVICE_STOPPED] = "stopped",
	[SERVICE_START_PENDING] = "start-pending",
	[SERVICE_STOP_PENDING] = "stop-pending",
	[SERVICE_RUNNING] = "running",
	[SERVICE_CONTINUE_PENDING] = "continue-pending",
	[SERVICE_PAUSE_PENDING] = "pause-pending",
	[SERVICE_PAUSED] = "paused",
	[SERVICE_ABSENT] = "absent",
	[SERVICE_UNKNOWN] = "unknown",
};

static const char *const start_names[START_TYPES] = {
	[START_BOOT] = "boot",
	[START_SYSTEM] = "system",
	[START_AUTOMATIC] = "automatic",
	[START_MANUAL] = "manual",
	[START_DISABLED] = "disabled",
	[START_UNKNOWN] = "unknown",
};

const enum part server_parts[SERVER_PARTS] = {
	PART_STATE, PART_CONFIG, PART_APPLICATION, PART_SYSTEM};

static const char *const part_names[PARTS] = {
	[PART_STATE] = "state",
	[PART_CONFIG] = "config",
	[PART_APPLICATION] = "application-log",
	[PART_SYSTEM] = "system-log",
	[PART_DEPENDENCIES] = "dependencies",
	[PART_CLOCK] = "clock",
	[PART_MEMORY] = "state-file",
};

struct evidence *evidence_new(void *parent, const char *server, const char *source)
{
	struct evidence *evidence = memory_new(parent, struct evidence);
	evidence->server = memory_copy(evidence, server);
	evidence->source = source;
	evidence->observed_at = NO_TIME;
	evidence->state_since = NO_TIME;
	evidence->booted_at = NO_TIME;
	evidence->clock_read_at = NO_TIME;
	evidence->service.state = SERVICE_UNKNOWN;
	evidence->service.earlier_state = SERVICE_UNKNOWN;
	evidence->service.start_type = START_UNKNOWN;
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		evidence->logs[kind].reaches_back_to = NO_TIME;
		evidence->logs[kind].damage_time = NO_TIME;
	}
	return evidence;
}

void evidence_learned(struct evidence *evidence, enum part part)
{
	evidence->parts[part].knowledge = LEARNED;
}

void evidence_failed(struct evidence *evidence, enum part part, const struct failure *why)
{
	evidence->parts[part].knowledge = NOT_LEARNED;
	evidence->parts[part].why = *why;
}

bool evidence_has(const struct evidence *evidence, enum part part)
{
	return evidence->parts[part].knowledge == LEARNED;
}

void evidence_fail_all(struct evidence *evidence, const struct failure *why)
{
	for (size_t i = 0; i < SERVER_PARTS; i++)
		evidence_failed(evidence, server_parts[i], why);
}

bool evidence_is_anything_learned(const struct evidence *evidence)
{
	for (size_t i = 0; i < SERVER_PARTS; i++) {
		if (evidence_has(evidence, server_parts[i]))
			return true;
	}
	return evidence->told != NULL;
}

bool evidence_has_timed_out(const struct evidence *evidence)
{
	for (size_t i = 0; i < SERVER_PARTS; i++) {
		const struct part_report *part = &evidence->parts[server_parts[i]];
		if (part->knowledge == NOT_LEARNED && part->why.kind == FAIL_TIMEOUT)
			return true;
	}
	return false;
}

enum part part_of_log(enum log_kind kind)
{
	return kind == LOG_SYSTEM ? PART_SYSTEM : PART_APPLICATION;
}

/* Negative, 0 or positive, by generation and record number. */
static int order(uint32_t generation_a, uint32_t record_a, uint32_t generation_b,
	uint32_t record_b)
{
	if (generation_a != generation_b)
		return generation_a < generation_b ? -1 : 1;
	return record_a < record_b ? -1 : record_a > record_b;
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	return order(x->generation, x->record, y->generation, y->record);
}

static int compare_falls(const void *a, const void *b)
{
	const struct clock_fall *x = a, *y = b;
	return order(x->generation, x->record, y->generation, y->record);
}

bool event_before(const struct event *a, const struct event *b)
{
	return compare_events(a, b) < 0;
}

int fall_order(const struct clock_fall *fall, const struct event *event)
{
	return order(fall->generation, fall->record, event->generation, event->record);
}

bool event_is_boot(const struct event *event)
{
	return event->origin == FROM_EVENTLOG &&
		(event->id & 0xFFFF) == EVENT_LOG_STARTED;
}

bool event_is_death(const struct event *event)
{
	static const uint16_t deaths[] = {7023, 7024, 7031, 7034};
	if (event->origin == FROM_DRWATSON)
		return true;
	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
		if (event->origin == FROM_SCM && (event->id & 0xFFFF) == deaths[i])
			return true;
	}
	return false;
}

const struct event *log_last_boot(const struct log *system)
{
	for (size_t i = system->event_count; i > 0; i--) {
		if (event_is_boot(&system->events[i - 1]))
			return &system->events[i - 1];
	}
	return NULL;
}

/* Room for one more in an array that grows by doubling: counts 0, 1, 2, 4, 8... */
static bool is_full(size_t count)
{
	return (count & (count - 1)) == 0;
}

void log_add_event(void *owner, struct log *log, const struct event *event)
{
	if (is_full(log->event_count))
		log->events = memory_resize(owner, log->events, struct event,
			log->event_count == 0 ? 1 : 2 * log->event_count);
	struct event *added = &log->events[log->event_count++];
	*added = *event;
	if (event->detail != NULL)
		added->detail = memory_copy(owner, event->detail);
}

void log_add_fall(void *owner, struct log *log, const struct clock_fall *fall)
{
	if (is_full(log->fall_count))
		log->falls = memory_resize(owner, log->falls, struct clock_fall,
			log->fall_count == 0 ? 1 : 2 * log->fall_count);
	log->falls[log->fall_count++] = *fall;
}

static bool is_runtime(const struct event *event)
{
	return event->origin == FROM_IMC && catalogue_role(event->id) == ROLE_RUNTIME;
}

/* A busy service logs runtime events by the thousand; of a series without anything else
 * in between, its first and last say all that judge asks. */
static void thin(struct log *log)
{
	size_t kept = 0;
	for (size_t i = 0; i < log->event_count; i++) {
		bool is_inner = i > 0 && i + 1 < log->event_count &&
			is_runtime(&log->events[i]) && is_runtime(&log->events[i + 1]) &&
			is_runtime(&log->events[i - 1]);
		if (!is_inner)
			log->events[kept++] = log->events[i];
		else
			talloc_free(log->events[i].detail);
	}
	log->event_count = kept;
}

void log_sort(struct log *log)
{
	if (log->event_count > 1)
		qsort(log->events, log->event_count, sizeof(*log->events),
			compare_events);
	if (log->fall_count > 1)
		qsort(log->falls, log->fall_count, sizeof(*log->falls), compare_falls);
	thin(log);
}

const char *service_state_name(enum service_state state)
{
	return state_names[state];
}

const char *start_type_name(enum start_type type)
{
	return start_names[type];
}

const char *part_name(enum part part)
{
	return part_names[part];
}

const char *log_name(enum log_kind kind)
{
	return kind == LOG_SYSTEM ? "System" : "Application";
}

bool service_state_is_pending(enum service_state state)
{
	switch (state) {
	case SERVICE_START_PENDING:
	case SERVICE_STOP_PENDING:
	case SERVICE_CONTINUE_PENDING:
	case SERVICE_PAUSE_PENDING:
		return true;
	case SERVICE_STOPPED:
	case SERVICE_RUNNING:
	case SERVICE_PAUSED:
	case SERVICE_ABSENT:
	case SERVICE_UNKNOWN:
	case SERVICE_STATES:
		break;
	}
	return false;
}

/* Position of the event with this generation and record among sorted ones, or NULL. */
static const struct event *find_event(
	const struct log *log, size_t count, const struct event *like)
{
	if (count == 0)
		return NULL;
	return bsearch(like, log->events, count, sizeof(*like), compare_events);
}

static bool holds_fall(const struct log *log, size_t count, const struct clock_fall *like)
{
	return count > 0 &&
		bsearch(like, log->falls, count, sizeof(*like), compare_falls) != NULL;
}

/* A reading that broke off may have filed records under the old generation before it was
 * found out that the log had been cleared: the same record then is there twice. */
static bool is_same_record(const struct event *remembered, const struct event *fresh)
{
	return fresh != NULL && fresh->time == remembered->time &&
		fresh->id == remembered->id;
}

/* Another event in the same place, or one that lies behind the log's end: the log was
 * cleared in between, though no bookmark tells (an earlier reading broke off). */
static bool contradicts(const struct log *fresh, const struct log *remembered)
{
	bool knows_end = !fresh->is_cut && (fresh->newest.is_set || fresh->is_whole);
	for (size_t i = 0; i < remembered->event_count; i++) {
		struct event like = remembered->events[i];
		if (like.generation != remembered->generation)
			continue;
		if (knows_end &&
			(!fresh->newest.is_set || like.record > fresh->newest.record))
			return true;
		like.generation = fresh->generation;
		const struct event *found = find_event(fresh, fresh->event_count, &like);
		if (found != NULL && !is_same_record(&like, found))
			return true;
	}
	return false;
}

static void join_events(void *owner, struct log *fresh, const struct log *remembered)
{
	size_t fresh_count = fresh->event_count;
	for (size_t i = 0; i < remembered->event_count; i++) {
		struct event like = remembered->events[i];
		if (find_event(fresh, fresh_count, &like) != NULL)
			continue;
		like.generation = fresh->generation;
		if (is_same_record(&like, find_event(fresh, fresh_count, &like)))
			continue;
		log_add_event(owner, fresh, &remembered->events[i]);
	}
}

static void join_falls(void *owner, struct log *fresh, const struct log *remembered)
{
	size_t fresh_count = fresh->fall_count;
	for (size_t i = 0; i < remembered->fall_count; i++) {
		if (!holds_fall(fresh, fresh_count, &remembered->falls[i]))
			log_add_fall(owner, fresh, &remembered->falls[i]);
	}
}

static void join_damage(struct log *fresh, const struct log *remembered)
{
	if (fresh->stopped_at_bookmark &&
		remembered->damaged <= UINT32_MAX - fresh->damaged)
		fresh->damaged += remembered->damaged;
	else if (fresh->damaged < remembered->damaged)
		fresh->damaged = remembered->damaged;
	if (fresh->damage_time < remembered->damage_time)
		fresh->damage_time = remembered->damage_time;
}

void log_join(void *owner, struct log *fresh, const struct log *remembered)
{
	if (!fresh->was_cleared && contradicts(fresh, remembered)) {
		fresh->was_cleared = true;
		if (fresh->is_cut)
			fresh->newest.is_set = false;
	}
	uint32_t step = remembered->generation + (fresh->was_cleared ? 1 : 0);
	fresh->generation += step;
	for (size_t i = 0; i < fresh->event_count; i++)
		fresh->events[i].generation += step;
	for (size_t i = 0; i < fresh->fall_count; i++)
		fresh->falls[i].generation += step;

	join_events(owner, fresh, remembered);
	join_falls(owner, fresh, remembered);
	join_damage(fresh, remembered);
	log_sort(fresh);

	bool continues = fresh->stopped_at_bookmark || fresh->is_cut;
	if (fresh->was_cleared) {
		fresh->is_wrapped = true;
	} else if (continues || !fresh->newest.is_set) {
		if (remembered->newest.is_set) {
			fresh->reaches_back_to = remembered->reaches_back_to;
			fresh->is_whole = remembered->is_whole;
			fresh->is_wrapped = remembered->is_wrapped;
		}
		if (!fresh->newest.is_set)
			fresh->newest = remembered->newest;
	}
}
