/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_EVT_WRITER_H
#define IMC_TESTS_UNIT_EVT_WRITER_H

#include "core/bytes.h"
#include "core/record.h"

/* What is to be in a record; all but the number may be left out. */
struct made_event {
	uint32_t number;
	uint32_t time;
	uint32_t id;
	uint16_t type;
	const char *source, *computer; /* ASCII; NULL: "TestApp", "EXCH01" */
	const char *strings[8];        /* ASCII, up to the first NULL */
	size_t sid_bytes, data_bytes;
};

/* One EVENTLOGRECORD. Belongs to `parent`, as all that is made here. */
struct bytes made_record(void *parent, const struct made_event *event);

enum made_kind {
	MADE_CLEAN,  /* saved: the header agrees */
	MADE_DIRTY,  /* in use: the header is stale, and old bytes lie behind the end */
	MADE_SPLIT,  /* wrapped, one record cut by the end of the file */
	MADE_FILLED, /* wrapped, the tail filled with 0x27 */
	MADE_KINDS
};

/* An .evt file of these events, oldest first; `count` 0 makes an empty log. */
struct made_file {
	struct bytes file;
	size_t end;        /* offset of the end-of-file record */
	size_t gap, begin; /* where the stale bytes begin and the oldest record is */
};
struct made_file made_file(
	void *parent, enum made_kind kind, const struct made_event *events, size_t count);

/* A copy that can be written to, and its fields. */
uint8_t *made_copy(void *parent, struct bytes bytes);
void put_u32(uint8_t *at, uint32_t value);
void put_u16(uint8_t *at, uint16_t value);

#endif
