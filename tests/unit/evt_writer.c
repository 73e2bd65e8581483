/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evt_writer.h"

#include <string.h>

#include "core/memory.h"
#include "source/evt_layout.h"

enum { ROOM = 1 << 16 };

struct writer {
	uint8_t *data;
	size_t length;
};

void put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

void put_u32(uint8_t *at, uint32_t value)
{
	put_u16(at, (uint16_t)value);
	put_u16(at + 2, (uint16_t)(value >> 16));
}

uint8_t *made_copy(void *parent, struct bytes bytes)
{
	uint8_t *copy = memory_array(parent, uint8_t, bytes.length + 1);
	memcpy(copy, bytes.data, bytes.length);
	return copy;
}

static void write_u32(struct writer *writer, uint32_t value)
{
	put_u32(writer->data + writer->length, value);
	writer->length += 4;
}

static void write_bytes(struct writer *writer, struct bytes bytes)
{
	if (bytes.length > 0)
		memcpy(writer->data + writer->length, bytes.data, bytes.length);
	writer->length += bytes.length;
}

static void write_text(struct writer *writer, const char *text)
{
	do {
		put_u16(writer->data + writer->length, (uint8_t)*text);
		writer->length += 2;
	} while (*text++ != '\0');
}

static void pad(struct writer *writer)
{
	writer->length += -writer->length % 4;
}

struct bytes made_record(void *parent, const struct made_event *event)
{
	struct writer writer = {memory_array(parent, uint8_t, ROOM), RECORD_FIXED};
	write_text(&writer, event->source != NULL ? event->source : "TestApp");
	write_text(&writer, event->computer != NULL ? event->computer : "EXCH01");
	pad(&writer);
	uint32_t sid = (uint32_t)writer.length;
	writer.length += event->sid_bytes;
	uint32_t strings = (uint32_t)writer.length;
	uint16_t count = 0;
	while (count < 8 && event->strings[count] != NULL)
		write_text(&writer, event->strings[count++]);
	uint32_t data = (uint32_t)writer.length;
	for (size_t i = 0; i < event->data_bytes; i++)
		writer.data[writer.length++] = (uint8_t)(i + 1);
	pad(&writer);
	uint32_t length = (uint32_t)writer.length + 4;
	write_u32(&writer, length);

	const uint32_t fields[] = {length, RECORD_SIGNATURE, event->number, event->time,
		event->time, event->id, event->type | (uint32_t)count << 16, 1, 0,
		strings, (uint32_t)event->sid_bytes, sid, (uint32_t)event->data_bytes,
		data};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put_u32(writer.data + 4 * i, fields[i]);
	return (struct bytes){writer.data, writer.length};
}

static void write_end(
	struct writer *writer, uint32_t begin, uint32_t next, uint32_t oldest)
{
	uint32_t at = (uint32_t)writer->length;
	const uint32_t fields[] = {EVT_END_RECORD, 0x11111111, 0x22222222, 0x33333333,
		0x44444444, begin, at, next, oldest, EVT_END_RECORD};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		write_u32(writer, fields[i]);
}

static void put_header(uint8_t *file, uint32_t begin, uint32_t end, uint32_t next,
	uint32_t oldest, uint32_t flags)
{
	const uint32_t fields[] = {EVT_HEADER, RECORD_SIGNATURE, 1, 1, begin, end, next,
		oldest, 0x10000, flags, 604800, EVT_HEADER};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put_u32(file + 4 * i, fields[i]);
}

/* What a log leaves behind when it moves on: half a record, a whole one, and an end. */
static void write_stale(struct writer *writer)
{
	struct bytes old = made_record(writer->data,
		&(struct made_event){.number = 1,
			.time = 1000,
			.id = 4071,
			.source = "MSExchangeIMC",
			.data_bytes = 12});
	write_bytes(writer, (struct bytes){old.data + 40, old.length - 40});
	write_bytes(writer, old);
	write_end(writer, EVT_HEADER, 2, 1);
}

struct made_file made_file(
	void *parent, enum made_kind kind, const struct made_event *events, size_t count)
{
	enum { CUT = RECORD_FIXED + 8, FILL_DWORDS = 9 };
	struct writer writer = {memory_array(parent, uint8_t, 16 * ROOM), EVT_HEADER};
	struct made_file made = {.begin = EVT_HEADER};
	bool is_wrapped = (kind == MADE_SPLIT || kind == MADE_FILLED) && count > 1;
	size_t front =
		is_wrapped ? count / 2 : 0; /* the first that is in front, or in part */
	struct bytes head = {NULL, 0};
	for (size_t i = front; i < count; i++) {
		struct bytes record = made_record(parent, &events[i]);
		if (kind == MADE_SPLIT && i == front && is_wrapped) {
			head = (struct bytes){record.data, CUT};
			record = (struct bytes){record.data + CUT, record.length - CUT};
		}
		write_bytes(&writer, record);
	}
	made.end = writer.length;
	uint32_t next = count > 0 ? events[count - 1].number + 1 : 1;
	uint32_t oldest = count > 0 ? events[0].number : 0;
	write_end(&writer, EVT_HEADER, next, oldest);
	made.gap = writer.length;
	if (is_wrapped || kind == MADE_DIRTY)
		write_stale(&writer);
	if (is_wrapped) {
		made.begin = writer.length;
		put_u32(writer.data + made.end + 20, (uint32_t)made.begin);
	}
	for (size_t i = 0; i < front; i++)
		write_bytes(&writer, made_record(parent, &events[i]));
	write_bytes(&writer, head);
	for (size_t i = 0; i < FILL_DWORDS && kind == MADE_FILLED && is_wrapped; i++)
		write_u32(&writer, 0x27);
	if (kind == MADE_DIRTY)
		put_header(writer.data, EVT_HEADER, EVT_HEADER, 1, 0, 1);
	else
		put_header(writer.data, (uint32_t)made.begin, (uint32_t)made.end, next,
			oldest, 0);
	made.file = (struct bytes){writer.data, writer.length};
	return made;
}
