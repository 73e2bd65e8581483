/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_PACKET_H
#define IMC_AGENT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"

/*
 * The bytes of a message as they are written: little-endian numbers, and texts with their
 * length before them. The counterpart of core/bytes.h's cursor, which reads them.
 */
struct packet {
	uint8_t *data; /* belongs to the parent of packet_new() */
	size_t length, room;
};

struct packet *packet_new(void *parent);
/* What is put into it from now on (16 KiB at most) leaves no copy behind, and is wiped
 * when the packet is freed. */
void packet_keep_secret(struct packet *packet);
void packet_u8(struct packet *packet, uint8_t value);
void packet_u16(struct packet *packet, uint16_t value);
void packet_u32(struct packet *packet, uint32_t value);
void packet_u64(struct packet *packet, uint64_t value);
void packet_i64(struct packet *packet, int64_t value);
void packet_bytes(struct packet *packet, struct bytes bytes);
/* NULL is written as such, and read as such. */
void packet_text(struct packet *packet, const char *text);

/* What packet_*() wrote. A text or bytes over `limit` fail the cursor; so does a text
 * with a zero byte inside. */
uint8_t take_u8(struct cursor *cursor);
uint64_t take_u64(struct cursor *cursor);
int64_t take_i64(struct cursor *cursor);
bool take_flag(struct cursor *cursor); /* 0 or 1, anything else fails */
/* A number below `count`: an enumeration's value. */
unsigned take_choice(struct cursor *cursor, unsigned count);
struct bytes take_bytes(struct cursor *cursor, size_t limit); /* points into the packet */
char *take_text(void *parent, struct cursor *cursor, size_t limit);

#endif
