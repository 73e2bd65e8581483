/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bytes.h"

bool bytes_slice(struct bytes whole, size_t offset, size_t length, struct bytes *ret)
{
	if (offset > whole.length || length > whole.length - offset)
		return false;
	*ret = (struct bytes){.length = length};
	if (whole.data != NULL)
		ret->data = whole.data + offset;
	return true;
}

struct cursor cursor_at(struct bytes bytes)
{
	return (struct cursor){.rest = bytes};
}

struct bytes cursor_bytes(struct cursor *cursor, size_t length)
{
	struct bytes taken = {NULL, 0};
	if (cursor->failed || !bytes_slice(cursor->rest, 0, length, &taken)) {
		cursor->failed = true;
		return taken;
	}
	bytes_slice(cursor->rest, length, cursor->rest.length - length, &cursor->rest);
	return taken;
}

void cursor_skip(struct cursor *cursor, size_t length)
{
	cursor_bytes(cursor, length);
}

uint16_t cursor_u16(struct cursor *cursor)
{
	struct bytes taken = cursor_bytes(cursor, 2);
	if (taken.data == NULL)
		return 0;
	return (uint16_t)(taken.data[0] | taken.data[1] << 8);
}

uint32_t cursor_u32(struct cursor *cursor)
{
	struct bytes taken = cursor_bytes(cursor, 4);
	if (taken.data == NULL)
		return 0;
	return (uint32_t)taken.data[0] | (uint32_t)taken.data[1] << 8 |
		(uint32_t)taken.data[2] << 16 | (uint32_t)taken.data[3] << 24;
}

struct bytes cursor_utf16_text(struct cursor *cursor)
{
	struct bytes rest = cursor->rest;
	size_t length = 0;
	while (!cursor->failed) {
		if (rest.length - length < 2)
			cursor->failed = true;
		else if (rest.data[length] == 0 && rest.data[length + 1] == 0)
			break;
		else
			length += 2;
	}
	struct bytes text = cursor_bytes(cursor, length);
	cursor_skip(cursor, 2);
	return text;
}

uint64_t bytes_hash(struct bytes bytes)
{
	uint64_t hash = 0xCBF29CE484222325;
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ bytes.data[i]) * 0x100000001B3;
	return hash;
}
