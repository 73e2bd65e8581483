/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message.h"

#include <string.h>

#include "core/harvest.h"
#include "core/memory.h"

/*
 * Evidence from one role to another. A worker that a hostile server took over can send
 * anything: what is taken here is as well-formed as what a source makes, and no more is
 * believed.
 */
enum {
	NAME_LIMIT = 1024, /* of a source, an account, a service, an SMB level */
	DETAIL_LIMIT = HARVEST_MAX_DETAIL,
	DEPENDENCIES_LIMIT = 1024
};

static int64_t take_between(struct cursor *cursor, int64_t least, int64_t most)
{
	int64_t value = take_i64(cursor);
	if (value >= least && value <= most)
		return value;
	cursor->failed = true;
	return 0;
}

/* What a record can say: 32 bits of seconds. */
static int64_t take_event_time(struct cursor *cursor)
{
	return take_between(cursor, 0, UINT32_MAX);
}

int64_t message_take_moment(struct cursor *cursor, int64_t least)
{
	struct cursor before = *cursor;
	if (take_i64(&before) != NO_TIME)
		return take_between(cursor, least, WHEN_LAST);
	*cursor = before;
	return NO_TIME;
}

void message_put_failure(struct packet *packet, const struct failure *why)
{
	packet_u8(packet, (uint8_t)why->kind);
	packet_u8(packet, (uint8_t)why->stage);
	packet_text(packet, why->text);
}

void message_take_failure(struct cursor *cursor, struct failure *ret)
{
	*ret = (struct failure){0};
	ret->kind = take_choice(cursor, FAILURE_KINDS);
	ret->stage = take_choice(cursor, STAGES);
	char *text = take_text(NULL, cursor, sizeof(ret->text) - 1);
	if (text == NULL)
		cursor->failed = true;
	else
		memcpy(ret->text, text, strlen(text) + 1);
	talloc_free(text);
}

static void put_bookmark(struct packet *packet, const struct bookmark *bookmark)
{
	packet_u8(packet, bookmark->is_set);
	packet_u32(packet, bookmark->record);
	packet_i64(packet, bookmark->time);
	packet_u64(packet, bookmark->hash);
}

static void take_bookmark(struct cursor *cursor, struct bookmark *ret)
{
	ret->is_set = take_flag(cursor);
	ret->record = cursor_u32(cursor);
	ret->time = take_event_time(cursor);
	ret->hash = take_u64(cursor);
}

static void put_event(struct packet *packet, const struct event *event)
{
	packet_u8(packet, (uint8_t)event->origin);
	packet_u32(packet, event->generation);
	packet_u32(packet, event->record);
	packet_i64(packet, event->time);
	packet_u32(packet, event->id);
	packet_u16(packet, event->type);
	packet_text(packet, event->detail);
}

static void take_event(void *scratch, struct cursor *cursor, struct event *ret)
{
	ret->origin = take_choice(cursor, ORIGINS);
	ret->generation = cursor_u32(cursor);
	ret->record = cursor_u32(cursor);
	ret->time = take_event_time(cursor);
	ret->id = cursor_u32(cursor);
	ret->type = cursor_u16(cursor);
	ret->detail = take_text(scratch, cursor, DETAIL_LIMIT);
}

static void put_log(struct packet *packet, const struct log *log)
{
	packet_u32(packet, (uint32_t)log->event_count);
	for (size_t i = 0; i < log->event_count; i++)
		put_event(packet, &log->events[i]);
	packet_u32(packet, (uint32_t)log->fall_count);
	for (size_t i = 0; i < log->fall_count; i++) {
		const struct clock_fall *fall = &log->falls[i];
		packet_u32(packet, fall->generation);
		packet_u32(packet, fall->record);
		packet_i64(packet, fall->from);
		packet_i64(packet, fall->to);
	}
	packet_u32(packet, log->generation);
	put_bookmark(packet, &log->newest);
	packet_i64(packet, log->reaches_back_to);
	packet_u8(packet, log->is_whole);
	packet_u8(packet, log->is_wrapped);
	packet_u8(packet, log->was_cleared);
	packet_u8(packet, log->stopped_at_bookmark);
	packet_u8(packet, log->is_cut);
	packet_u32(packet, log->damaged);
	packet_i64(packet, log->damage_time);
}

/* A number of things that follow; more than the limit is no evidence. */
static uint32_t take_count(struct cursor *cursor, uint32_t limit)
{
	uint32_t count = cursor_u32(cursor);
	if (count > limit)
		cursor->failed = true;
	return cursor->failed ? 0 : count;
}

static void take_events(struct evidence *evidence, struct cursor *cursor, struct log *log)
{
	uint32_t count = take_count(cursor, HARVEST_MAX_EVENTS);
	struct event before = {0};
	for (uint32_t i = 0; i < count && !cursor->failed; i++) {
		struct event event;
		take_event(evidence, cursor, &event);
		if (i > 0 && event_before(&event, &before))
			cursor->failed = true;
		if (!cursor->failed)
			log_add_event(evidence, log, &event);
		talloc_free(event.detail);
		before = event;
	}
}

static void take_falls(struct evidence *evidence, struct cursor *cursor, struct log *log)
{
	uint32_t count = take_count(cursor, HARVEST_MAX_FALLS);
	for (uint32_t i = 0; i < count && !cursor->failed; i++) {
		struct clock_fall fall;
		fall.generation = cursor_u32(cursor);
		fall.record = cursor_u32(cursor);
		fall.from = take_event_time(cursor);
		fall.to = take_event_time(cursor);
		if (!cursor->failed)
			log_add_fall(evidence, log, &fall);
	}
}

static void take_log(struct evidence *evidence, struct cursor *cursor, struct log *log)
{
	take_events(evidence, cursor, log);
	take_falls(evidence, cursor, log);
	log->generation = cursor_u32(cursor);
	take_bookmark(cursor, &log->newest);
	log->reaches_back_to = message_take_moment(cursor, 0);
	log->is_whole = take_flag(cursor);
	log->is_wrapped = take_flag(cursor);
	log->was_cleared = take_flag(cursor);
	log->stopped_at_bookmark = take_flag(cursor);
	log->is_cut = take_flag(cursor);
	log->damaged = cursor_u32(cursor);
	log->damage_time = message_take_moment(cursor, 0);
}

static void put_service(struct packet *packet, const struct service *service)
{
	packet_u8(packet, (uint8_t)service->state);
	packet_u8(packet, service->is_inferred);
	packet_u8(packet, service->has_exit_codes);
	packet_u32(packet, service->win32_exit);
	packet_u32(packet, service->specific_exit);
	packet_u8(packet, service->check_point_moved);
	packet_u8(packet, (uint8_t)service->earlier_state);
	packet_u8(packet, (uint8_t)service->start_type);
	packet_text(packet, service->start_account);
	packet_u32(packet, (uint32_t)service->dependency_count);
	for (size_t i = 0; i < service->dependency_count; i++) {
		packet_text(packet, service->dependencies[i].name);
		packet_u8(packet, (uint8_t)service->dependencies[i].state);
	}
}

/* 0 is no state of a service. */
static enum service_state take_state(struct cursor *cursor)
{
	unsigned state = take_choice(cursor, SERVICE_STATES);
	if (state < SERVICE_STOPPED)
		cursor->failed = true;
	return cursor->failed ? SERVICE_UNKNOWN : state;
}

static void take_dependencies(
	struct evidence *evidence, struct cursor *cursor, struct service *service)
{
	uint32_t count = take_count(cursor, DEPENDENCIES_LIMIT);
	service->dependencies = memory_array(evidence, struct dependency, count);
	for (uint32_t i = 0; i < count && !cursor->failed; i++) {
		struct dependency *dependency = &service->dependencies[i];
		dependency->name = take_text(service->dependencies, cursor, NAME_LIMIT);
		dependency->state = take_state(cursor);
		if (dependency->name == NULL)
			cursor->failed = true;
	}
	service->dependency_count = cursor->failed ? 0 : count;
}

static void take_service(
	struct evidence *evidence, struct cursor *cursor, struct service *service)
{
	service->state = take_state(cursor);
	service->is_inferred = take_flag(cursor);
	service->has_exit_codes = take_flag(cursor);
	service->win32_exit = cursor_u32(cursor);
	service->specific_exit = cursor_u32(cursor);
	service->check_point_moved = take_flag(cursor);
	service->earlier_state = take_state(cursor);
	service->start_type = take_choice(cursor, START_TYPES);
	service->start_account = take_text(evidence, cursor, NAME_LIMIT);
	take_dependencies(evidence, cursor, service);
}

static void put_parts(struct packet *packet, const struct evidence *evidence)
{
	for (int part = 0; part < PARTS; part++) {
		const struct part_report *report = &evidence->parts[part];
		packet_u8(packet, (uint8_t)report->knowledge);
		if (report->knowledge == NOT_LEARNED)
			message_put_failure(packet, &report->why);
	}
}

static void take_parts(struct cursor *cursor, struct evidence *evidence)
{
	for (int part = 0; part < PARTS; part++) {
		struct part_report *report = &evidence->parts[part];
		report->knowledge = take_choice(cursor, LEARNED + 1);
		if (report->knowledge == NOT_LEARNED)
			message_take_failure(cursor, &report->why);
	}
}

void message_put_evidence(struct packet *packet, const struct evidence *evidence)
{
	packet_text(packet, evidence->source);
	packet_i64(packet, evidence->observed_at);
	put_parts(packet, evidence);
	put_service(packet, &evidence->service);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		put_log(packet, &evidence->logs[kind]);
	packet_i64(packet, evidence->clock_skew);
	packet_i64(packet, evidence->clock_read_at);
	packet_i64(packet, evidence->state_since);
	packet_i64(packet, evidence->booted_at);
	packet_u64(packet, evidence->watched);
	packet_text(packet, evidence->smb_level);
	packet_u32(packet, evidence->probe_ms);
	message_put_told(packet, evidence->told);
}

bool message_take_evidence(
	void *parent, const char *server, struct bytes bytes, struct evidence **ret)
{
	struct cursor cursor = cursor_at(bytes);
	struct evidence *evidence = evidence_new(parent, server, NULL);
	evidence->source = take_text(evidence, &cursor, NAME_LIMIT);
	/* a copied log's file may be of any age */
	evidence->observed_at = message_take_moment(&cursor, -WHEN_LAST);
	take_parts(&cursor, evidence);
	take_service(evidence, &cursor, &evidence->service);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		take_log(evidence, &cursor, &evidence->logs[kind]);
	evidence->clock_skew = take_between(&cursor, -(int64_t)UINT32_MAX, UINT32_MAX);
	evidence->clock_read_at = message_take_moment(&cursor, 0);
	evidence->state_since = message_take_moment(&cursor, 0);
	evidence->booted_at = message_take_moment(&cursor, 0);
	evidence->watched = take_u64(&cursor);
	evidence->smb_level = take_text(evidence, &cursor, NAME_LIMIT);
	evidence->probe_ms = cursor_u32(&cursor);
	message_take_told(evidence, &cursor, &evidence->told);
	if (!cursor.failed && cursor.rest.length == 0 && evidence->source != NULL) {
		*ret = evidence;
		return true;
	}
	talloc_free(evidence);
	return false;
}
