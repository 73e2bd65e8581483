/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hint.h"

#include <string.h>

#include "text.h"

/* Each text's place in the datagram, in order. */
enum {
	AT_EVENT = HINT_MAGIC_BYTES,
	AT_SENDER = AT_EVENT + 4,
	AT_AGENT = AT_SENDER + HINT_ADDRESS,
	AT_COMPUTER = AT_AGENT + HINT_ADDRESS
};

static bool is_address(const char *text)
{
	size_t length = strlen(text);
	return length < HINT_ADDRESS &&
		strspn(text, "0123456789abcdefABCDEF.:") == length;
}

static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 ||
		point == 0x2029;
}

bool hint_is_name(const char *text)
{
	struct bytes rest = {(const uint8_t *)text, strlen(text)};
	bool is_name = rest.length < HINT_COMPUTER;
	while (is_name && rest.length > 0) {
		uint32_t point;
		is_name = text_take_character(&rest, &point) && !is_control(point);
	}
	return is_name;
}

static void put(uint8_t *ret, const char *text, size_t room)
{
	size_t length = strnlen(text, room - 1);
	memcpy(ret, text, length);
	memset(ret + length, 0, room - length);
}

void hint_encode(const struct hint *hint, uint8_t ret[static HINT_BYTES])
{
	memcpy(ret, HINT_MAGIC, HINT_MAGIC_BYTES);
	for (int i = 0; i < 4; i++)
		ret[AT_EVENT + i] = (uint8_t)(hint->event_id >> 8 * i);
	put(ret + AT_SENDER, hint->sender, HINT_ADDRESS);
	put(ret + AT_AGENT, hint->agent, HINT_ADDRESS);
	put(ret + AT_COMPUTER, hint->computer, HINT_COMPUTER);
}

/* A field has one form only: the text, and zero bytes up to the field's end. */
static bool take(struct cursor *cursor, char *ret, size_t room)
{
	struct bytes field = cursor_bytes(cursor, room);
	if (cursor->failed)
		return false;
	memcpy(ret, field.data, room);
	size_t length = strnlen(ret, room);
	for (size_t i = length; i < room; i++)
		if (ret[i] != '\0')
			return false;
	return length < room;
}

bool hint_decode(struct bytes datagram, struct hint *ret)
{
	struct cursor cursor = cursor_at(datagram);
	struct bytes magic = cursor_bytes(&cursor, HINT_MAGIC_BYTES);
	struct hint hint = {.event_id = cursor_u32(&cursor)};
	if (datagram.length != HINT_BYTES ||
		memcmp(magic.data, HINT_MAGIC, HINT_MAGIC_BYTES) != 0)
		return false;
	if (!take(&cursor, hint.sender, HINT_ADDRESS) ||
		!take(&cursor, hint.agent, HINT_ADDRESS) ||
		!take(&cursor, hint.computer, HINT_COMPUTER))
		return false;
	if (!is_address(hint.sender) || !is_address(hint.agent) ||
		!hint_is_name(hint.computer))
		return false;
	*ret = hint;
	return true;
}
