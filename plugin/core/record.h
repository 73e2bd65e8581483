/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_RECORD_H
#define IMC_CORE_RECORD_H

#include <stdint.h>

#include "bytes.h"
#include "failure.h"

/*
 * EVENTLOGRECORD ([MS-EVEN] 2.2.3; libevt's EVT format document): the same bytes in an
 * .evt file and in a reply of ReadEventLogW. Decoding copies nothing: the parts point
 * into the bytes that were given.
 */
enum {
	RECORD_FIXED = 0x38,           /* bytes before the source name */
	RECORD_MIN = RECORD_FIXED + 4, /* ... and the copy of the length at the end */
	RECORD_MAX = 0x3FFFF,          /* MAX_SINGLE_EVENT */
	RECORD_SIGNATURE = 0x654C664C, /* "LfLe" */
	RECORD_MAX_STRINGS = 0x100
};

enum event_type {
	EVENT_SUCCESS = 0,
	EVENT_ERROR = 1,
	EVENT_WARNING = 2,
	EVENT_INFORMATION = 4
};

struct record {
	uint32_t number;
	int64_t generated, written; /* seconds since 1970, UTC, by the server's clock */
	uint32_t id;                /* all 32 bits; compare id & 0xFFFF */
	uint16_t type, category;
	uint16_t string_count;
	struct bytes source, computer; /* UTF-16LE, without the zero at the end */
	struct bytes strings; /* string_count UTF-16LE texts, each ended by a zero */
	struct bytes data;
};

/* The length that the record at the start of `bytes` claims; 0 where there is none that
 * can be: too few bytes, no signature, a length out of bounds or not a multiple of 4. */
uint32_t record_length(struct bytes bytes);

/* The same, asked of the copy of the length that ends `bytes`: how far back the record
 * goes that ends there, which may be more than is given. record_length() confirms it. */
uint32_t record_length_before(struct bytes bytes);

/* The whole record that ends where `bytes` end, by both of its lengths; false: none. */
bool record_before(struct bytes bytes, struct bytes *ret);

/* Fields of a record of which at least RECORD_FIXED bytes are given. */
uint32_t record_number(struct bytes bytes);
int64_t record_generated(struct bytes bytes);

/*
 * The cheap half of record_decode(), for the many records of others: signature, both
 * lengths and every offset that is used are in order; what lies there is not looked at.
 */
bool record_is_sound(struct bytes bytes);

/* Is the source of a sound record this name of `length` characters, whatever the case? */
bool record_is_from(struct bytes bytes, const char *source, size_t length);

/* Decodes one whole record, length to length: signature, both lengths, every offset that
 * is used, the zeros that end its texts, and that no two parts overlap are checked. */
bool record_decode(struct bytes bytes, struct record *ret, struct failure *why);

/* The strings one after the other: takes the next off `strings`, false when none is left.
 */
bool record_next_string(struct bytes *strings, struct bytes *ret);

#endif
