/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"
#include "core/told.h"
#include "message.h"

/* A verdict that a far imc-agentd told, from one role to another. As with evidence: what
 * is taken here is as well-formed as what the source makes. */
enum { TEXT_LIMIT = 1024 };

static void put_attempts(struct packet *packet, const struct told *told)
{
	packet_u8(packet, (uint8_t)told->attempt_count);
	for (size_t i = 0; i < told->attempt_count; i++) {
		packet_i64(packet, told->attempts[i].time);
		packet_u32(packet, told->attempts[i].record);
		packet_u32(packet, told->attempts[i].id);
		packet_u8(packet, (uint8_t)told->attempts[i].trigger);
	}
}

static void take_attempts(struct cursor *cursor, struct told *told)
{
	size_t count = take_u8(cursor);
	if (count > TOLD_MAX_ATTEMPTS)
		cursor->failed = true;
	count = cursor->failed ? 0 : count;
	told->attempts = memory_array(told, struct told_attempt, count);
	told->attempt_count = count;
	for (size_t i = 0; i < count; i++) {
		told->attempts[i].time = message_take_moment(cursor, 0);
		told->attempts[i].record = cursor_u32(cursor);
		told->attempts[i].id = cursor_u32(cursor);
		told->attempts[i].trigger = take_choice(cursor, TRIGGERS);
	}
}

void message_put_told(struct packet *packet, const struct told *told)
{
	packet_u8(packet, told != NULL);
	if (told == NULL)
		return;
	packet_u8(packet, (uint8_t)told->status);
	for (enum key key = 0; key < KEYS; key++)
		packet_u8(packet, told->keys[key]);
	packet_text(packet, told->text);
	packet_text(packet, told->advice);
	packet_u8(packet, (uint8_t)told->condition);
	packet_u8(packet, (uint8_t)told->trigger);
	packet_u32(packet, told->events_4071);
	packet_i64(packet, told->last_4071);
	packet_u32(packet, told->last_4071_record);
	packet_u32(packet, told->cause_event);
	packet_i64(packet, told->boot_time);
	packet_i64(packet, told->interval);
	packet_i64(packet, told->age);
	put_attempts(packet, told);
}

static struct told *take_row(void *parent, struct cursor *cursor)
{
	struct told *told = memory_new(parent, struct told);
	told->status = take_choice(cursor, STATUSES);
	for (enum key key = 0; key < KEYS; key++)
		told->keys[key] = take_flag(cursor);
	told->text = take_text(told, cursor, TEXT_LIMIT);
	told->advice = take_text(told, cursor, TEXT_LIMIT);
	told->condition = take_choice(cursor, CONDITIONS);
	told->trigger = take_choice(cursor, TRIGGERS);
	told->events_4071 = cursor_u32(cursor);
	told->last_4071 = message_take_moment(cursor, 0);
	told->last_4071_record = cursor_u32(cursor);
	told->cause_event = cursor_u32(cursor);
	told->boot_time = message_take_moment(cursor, 0);
	told->interval = message_take_moment(cursor, 0);
	told->age = message_take_moment(cursor, 0);
	take_attempts(cursor, told);
	if (told->text == NULL || told->interval == NO_TIME)
		cursor->failed = true;
	return told;
}

void message_take_told(void *parent, struct cursor *cursor, struct told **ret)
{
	*ret = take_flag(cursor) ? take_row(parent, cursor) : NULL;
}
