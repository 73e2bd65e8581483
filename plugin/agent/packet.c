/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packet.h"

#include <string.h>

#include "core/memory.h"

enum { ROOM_AT_FIRST = 256, ROOM_FOR_SECRETS = 16384 };

/* Before a text or bytes: their length, and for no text at all this. */
static const uint32_t no_text = UINT32_MAX;

struct packet *packet_new(void *parent)
{
	struct packet *packet = memory_new(parent, struct packet);
	packet->room = ROOM_AT_FIRST;
	packet->data = memory_array(packet, uint8_t, packet->room);
	return packet;
}

static int wipe(struct packet *packet)
{
	explicit_bzero(packet->data, packet->length);
	return 0;
}

static uint8_t *grow(struct packet *packet, size_t length)
{
	size_t room = packet->room;
	while (room - packet->length < length)
		room *= 2;
	if (room != packet->room) {
		packet->data = memory_resize(packet, packet->data, uint8_t, room);
		packet->room = room;
	}
	uint8_t *at = packet->data + packet->length;
	packet->length += length;
	return at;
}

void packet_keep_secret(struct packet *packet)
{
	size_t length = packet->length;
	grow(packet, ROOM_FOR_SECRETS);
	packet->length = length;
	talloc_set_destructor(packet, wipe);
}

static void put_number(struct packet *packet, uint64_t value, size_t length)
{
	uint8_t *at = grow(packet, length);
	for (size_t i = 0; i < length; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void packet_u8(struct packet *packet, uint8_t value)
{
	put_number(packet, value, sizeof(value));
}

void packet_u16(struct packet *packet, uint16_t value)
{
	put_number(packet, value, sizeof(value));
}

void packet_u32(struct packet *packet, uint32_t value)
{
	put_number(packet, value, sizeof(value));
}

void packet_u64(struct packet *packet, uint64_t value)
{
	put_number(packet, value, sizeof(value));
}

void packet_i64(struct packet *packet, int64_t value)
{
	packet_u64(packet, (uint64_t)value);
}

void packet_bytes(struct packet *packet, struct bytes bytes)
{
	packet_u32(packet, (uint32_t)bytes.length);
	if (bytes.length > 0)
		memcpy(grow(packet, bytes.length), bytes.data, bytes.length);
}

void packet_text(struct packet *packet, const char *text)
{
	if (text == NULL)
		packet_u32(packet, no_text);
	else
		packet_bytes(packet, (struct bytes){(const uint8_t *)text, strlen(text)});
}

uint8_t take_u8(struct cursor *cursor)
{
	struct bytes one = cursor_bytes(cursor, 1);
	return one.length == 1 ? one.data[0] : 0;
}

uint64_t take_u64(struct cursor *cursor)
{
	uint64_t low = cursor_u32(cursor);
	uint64_t high = cursor_u32(cursor);
	return cursor->failed ? 0 : high << 32 | low;
}

int64_t take_i64(struct cursor *cursor)
{
	return (int64_t)take_u64(cursor);
}

unsigned take_choice(struct cursor *cursor, unsigned count)
{
	uint8_t value = take_u8(cursor);
	if (value < count)
		return value;
	cursor->failed = true;
	return 0;
}

bool take_flag(struct cursor *cursor)
{
	return take_choice(cursor, 2) == 1;
}

static struct bytes take_length(struct cursor *cursor, uint32_t length, size_t limit)
{
	if (length > limit)
		cursor->failed = true;
	return cursor_bytes(cursor, length);
}

struct bytes take_bytes(struct cursor *cursor, size_t limit)
{
	uint32_t length = cursor_u32(cursor);
	return take_length(cursor, length, limit);
}

char *take_text(void *parent, struct cursor *cursor, size_t limit)
{
	uint32_t length = cursor_u32(cursor);
	if (length == no_text)
		return NULL;
	struct bytes text = take_length(cursor, length, limit);
	if (text.length > 0 && memchr(text.data, '\0', text.length) != NULL)
		cursor->failed = true;
	if (cursor->failed)
		return NULL;
	return memory_copy_bytes(parent, (const char *)text.data, text.length);
}
