/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_BYTES_H
#define IMC_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that somebody else owns. */
struct bytes {
	const uint8_t *data;
	size_t length;
};

/* The part of `whole` from `offset` on, `length` long; false, and nothing written, where
 * it does not lie inside. */
bool bytes_slice(struct bytes whole, size_t offset, size_t length, struct bytes *ret);

/*
 * The one way through bytes from outside. Little-endian. The first take that does not fit
 * sets `failed`, and it and all later ones return zero: read a whole structure, ask once.
 */
struct cursor {
	struct bytes rest;
	bool failed;
};

struct cursor cursor_at(struct bytes bytes);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
struct bytes cursor_bytes(struct cursor *cursor, size_t length);
void cursor_skip(struct cursor *cursor, size_t length);
/* UTF-16LE up to a 16-bit zero, which is taken too but not returned. */
struct bytes cursor_utf16_text(struct cursor *cursor);

/* FNV-1a, 64 bits: recognises a log record or a state file again; none against malice. */
uint64_t bytes_hash(struct bytes bytes);

#endif
