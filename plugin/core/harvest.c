/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harvest.h"

#include <string.h>

#include "catalogue.h"
#include "memory.h"
#include "record.h"
#include "text.h"

struct harvest {
	struct harvest_plan plan;
	struct log log; /* its arrays belong to the harvest until the end */
	bool has_taken;
	uint32_t last_number; /* of the record taken last, which is the oldest so far */
	int64_t last_time;
	unsigned old_in_a_row;
	bool has_seen_boot;
	bool has_reached_bookmark;
	bool is_full;
};

/* What a source's record has to say before it is kept. */
struct interest {
	enum log_kind kind;
	const char *source;
	size_t source_length;
	enum origin origin;
	bool (*matters)(
		const struct watch *watch, const struct record *record); /* NULL: all */
};

/* "DrWatson" reports for every process; ours is Msexcimc.exe (KB Q166080). */
static bool names_imc_process(const struct watch *watch, const struct record *record)
{
	(void)watch;
	struct bytes strings = record->strings, text;
	while (record_next_string(&strings, &text)) {
		if (text_utf16_contains(text, "msexcimc"))
			return true;
	}
	return false;
}

static bool is_boot_or_shutdown(const struct watch *watch, const struct record *record)
{
	(void)watch;
	uint32_t id = record->id & 0xFFFF;
	return id == EVENT_LOG_STARTED || id == EVENT_LOG_STOPPED;
}

static bool is_name_of_service(const struct watch *watch, const char *text)
{
	return (watch->service != NULL && text_is_name(text, watch->service)) ||
		watch_has_name(watch, text);
}

/* The Service Control Manager names services by what is shown to people, and which of an
 * event's strings is the name differs from id to id. */
static bool names_service(const struct watch *watch, const struct record *record)
{
	static const uint16_t ids[] = {
		7000, 7001, 7003, 7009, 7011, 7022, 7023, 7024, 7031, 7034};
	enum { NAME_BYTES = 1024 };
	bool is_listed = false;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		is_listed = is_listed || (record->id & 0xFFFF) == ids[i];

	bool is_named = false;
	struct bytes strings = record->strings, text;
	while (is_listed && !is_named && record_next_string(&strings, &text)) {
		char *name = text_from_utf16(NULL, text, NAME_BYTES);
		is_named = is_name_of_service(watch, name);
		talloc_free(name);
	}
	return is_named;
}

static const struct interest interests[] = {
	{LOG_APPLICATION, "MSExchangeIMC", 13, FROM_IMC, NULL},
	{LOG_APPLICATION, "DrWatson", 8, FROM_DRWATSON, names_imc_process},
	{LOG_SYSTEM, "EventLog", 8, FROM_EVENTLOG, is_boot_or_shutdown},
	{LOG_SYSTEM, "Event Log", 9, FROM_EVENTLOG,
		is_boot_or_shutdown}, /* as some articles print it */
	{LOG_SYSTEM, "Service Control Manager", 23, FROM_SCM, names_service},
};

bool watch_has_name(const struct watch *watch, const char *text)
{
	char *shown = text_exact(NULL, text, SIZE_MAX);
	bool is_name = false;
	for (size_t i = 0; !is_name && i < watch->display_name_count; i++)
		is_name = text_is_name(text, watch->display_names[i]) ||
			text_is_name(shown, watch->display_names[i]);
	talloc_free(shown);
	return is_name;
}

uint64_t watch_hash(const struct watch *watch)
{
	uint64_t hash = bytes_hash(
		(struct bytes){(const uint8_t *)watch->service, strlen(watch->service)});
	for (size_t i = 0; i < watch->display_name_count; i++) {
		const char *name = watch->display_names[i];
		hash = 31 * hash +
			bytes_hash((struct bytes){(const uint8_t *)name, strlen(name)});
	}
	return hash;
}

struct harvest *harvest_new(void *parent, const struct harvest_plan *plan)
{
	struct harvest *harvest = memory_new(parent, struct harvest);
	harvest->plan = *plan;
	harvest->log.reaches_back_to = NO_TIME;
	harvest->log.damage_time = NO_TIME;
	return harvest;
}

void harvest_damage(struct harvest *harvest)
{
	struct log *log = &harvest->log;
	if (log->damaged == 0)
		log->damage_time =
			harvest->has_taken ? harvest->last_time : harvest->plan.now;
	if (log->damaged < UINT32_MAX)
		log->damaged++;
}

static char *detail_of(struct harvest *harvest, const struct record *record)
{
	if (record->string_count == 0)
		return NULL;
	char *detail = memory_copy(harvest, "");
	size_t length = 0;
	struct bytes strings = record->strings, text;
	for (bool is_first = true; record_next_string(&strings, &text);
		is_first = false) {
		size_t room = HARVEST_MAX_DETAIL - length;
		if (room < 2)
			break;
		char *part = text_from_utf16(harvest, text, is_first ? room : room - 1);
		char *joined = memory_format(
			harvest, "%s%s%s", detail, is_first ? "" : " ", part);
		talloc_free(part);
		talloc_free(detail);
		detail = joined;
		length = strlen(detail);
	}
	return detail;
}

static bool is_runtime(const struct event *event)
{
	return event->origin == FROM_IMC && catalogue_role(event->id) == ROLE_RUNTIME;
}

/* A busy service logs run-time events by the hundred thousand; of a series of them the
 * newest and the oldest are kept, as log_sort() does it in the end. */
static void make_room(struct log *log, const struct event *next)
{
	size_t count = log->event_count;
	if (count < 2 || !is_runtime(next) || !is_runtime(&log->events[count - 1]) ||
		!is_runtime(&log->events[count - 2]))
		return;
	talloc_free(log->events[count - 1].detail);
	log->event_count--;
}

static void keep(struct harvest *harvest, const struct record *record, enum origin origin)
{
	struct event event = {
		.origin = origin,
		.record = record->number,
		.time = record->generated,
		.id = record->id,
		.type = record->type,
		.detail = detail_of(harvest, record),
	};
	make_room(&harvest->log, &event);
	log_add_event(harvest, &harvest->log, &event);
	talloc_free(event.detail);
	harvest->has_seen_boot = harvest->has_seen_boot || event_is_boot(&event);
	harvest->is_full = harvest->log.event_count >= HARVEST_MAX_EVENTS;
}

/* Keeps the record where it matters; false: it should, but cannot be decoded. */
static bool examine(struct harvest *harvest, struct bytes bytes)
{
	for (size_t i = 0; i < sizeof(interests) / sizeof(interests[0]); i++) {
		const struct interest *interest = &interests[i];
		if (interest->kind != harvest->plan.kind ||
			!record_is_from(bytes, interest->source, interest->source_length))
			continue;
		struct record record;
		if (!record_decode(bytes, &record, NULL))
			return false;
		if (interest->matters == NULL ||
			interest->matters(harvest->plan.watch, &record))
			keep(harvest, &record, interest->origin);
		return true;
	}
	return true;
}

/* The large ones matter most, then the new ones. */
static struct clock_fall *smallest_fall(struct log *log)
{
	struct clock_fall *ret = &log->falls[0];
	for (size_t i = 1; i < log->fall_count; i++) {
		const struct clock_fall *fall = &log->falls[i];
		if (fall->from - fall->to <= ret->from - ret->to)
			ret = &log->falls[i];
	}
	return ret;
}

/* Between the record taken last, which is the newer one, and one of this time. */
static void note_fall(struct harvest *harvest, int64_t older_time)
{
	struct log *log = &harvest->log;
	struct clock_fall fall = {
		.record = harvest->last_number,
		.from = older_time,
		.to = harvest->last_time,
	};
	if (log->fall_count < HARVEST_MAX_FALLS) {
		log_add_fall(harvest, log, &fall);
		return;
	}
	struct clock_fall *smallest = smallest_fall(log);
	if (fall.from - fall.to > smallest->from - smallest->to)
		*smallest = fall;
}

static void note_newest(struct harvest *harvest, struct bytes record)
{
	const struct bookmark *bookmark = &harvest->plan.bookmark;
	harvest->log.newest = (struct bookmark){true, record_number(record),
		record_generated(record), bytes_hash(record)};
	if (bookmark->is_set && record_number(record) < bookmark->record)
		harvest->log.was_cleared = true;
}

/* The record that has the bookmark's number. */
static void compare_with_bookmark(struct harvest *harvest, struct bytes record)
{
	const struct bookmark *bookmark = &harvest->plan.bookmark;
	if (record_generated(record) == bookmark->time &&
		bytes_hash(record) == bookmark->hash)
		harvest->has_reached_bookmark = true;
	else
		harvest->log.was_cleared = true;
}

static bool is_enough(struct harvest *harvest, int64_t time)
{
	harvest->old_in_a_row =
		time < harvest->plan.cutoff ? harvest->old_in_a_row + 1 : 0;
	bool has_boot = harvest->has_seen_boot || !harvest->plan.needs_boot;
	return harvest->is_full ||
		(harvest->has_reached_bookmark && harvest->plan.stops_at_bookmark) ||
		(harvest->old_in_a_row >= HARVEST_OLD_RECORDS && has_boot);
}

bool harvest_take(struct harvest *harvest, struct bytes record)
{
	if (!record_is_sound(record) ||
		(harvest->has_taken && record_number(record) >= harvest->last_number) ||
		!examine(harvest, record)) {
		harvest_damage(harvest);
		return true;
	}
	uint32_t number = record_number(record);
	int64_t time = record_generated(record);
	if (!harvest->has_taken)
		note_newest(harvest, record);
	else if (harvest->last_time < time - HARVEST_CLOCK_SLACK)
		note_fall(harvest, time);
	if (harvest->plan.bookmark.is_set && number == harvest->plan.bookmark.record)
		compare_with_bookmark(harvest, record);
	harvest->has_taken = true;
	harvest->last_number = number;
	harvest->last_time = time;
	harvest->log.reaches_back_to = time;
	return !is_enough(harvest, time);
}

void harvest_finish(
	struct harvest *harvest, enum harvest_end end, void *owner, struct log *ret)
{
	const struct bookmark *bookmark = &harvest->plan.bookmark;
	struct log *log = &harvest->log;
	bool is_oldest = end == HARVEST_OLDEST && !harvest->is_full;
	bool is_empty = is_oldest && !harvest->has_taken && log->damaged == 0;

	if (is_empty && bookmark->is_set)
		log->was_cleared = true;
	log->is_wrapped = harvest->is_full ||
		(is_oldest && harvest->has_taken && harvest->last_number > 1);
	log->is_whole = is_oldest;
	log->is_cut = end == HARVEST_CUT;
	log->stopped_at_bookmark = end == HARVEST_ENOUGH &&
		harvest->has_reached_bookmark && harvest->plan.stops_at_bookmark;
	if (log->is_cut)
		log->newest = log->was_cleared ? (struct bookmark){0} : *bookmark;

	struct log gathered = *log;
	gathered.events = NULL;
	gathered.event_count = 0;
	gathered.falls = NULL;
	gathered.fall_count = 0;
	for (size_t i = 0; i < log->event_count; i++)
		log_add_event(owner, &gathered, &log->events[i]);
	for (size_t i = 0; i < log->fall_count; i++)
		log_add_fall(owner, &gathered, &log->falls[i]);
	log_sort(&gathered);
	*ret = gathered;
	talloc_free(harvest);
}
