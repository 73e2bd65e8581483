/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "octets.h"

#include <string.h>

struct sink {
	uint8_t *data;
	size_t room, length;
	bool is_full;
};

static void put(struct sink *sink, uint8_t octet)
{
	if (sink->length == sink->room)
		sink->is_full = true;
	else
		sink->data[sink->length++] = octet;
}

static int hex_digit(uint8_t byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = byte != '\0' ? strchr(digits, byte) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* "4F " or less: the blank is what tells it from a name that is "4F". */
static bool take_pair(struct cursor *cursor, uint8_t *ret)
{
	struct cursor ahead = *cursor;
	struct bytes pair = cursor_bytes(&ahead, 3);
	if (ahead.failed || pair.data[2] != ' ' || hex_digit(pair.data[0]) < 0 ||
		hex_digit(pair.data[1]) < 0)
		return false;
	*ret = (uint8_t)(hex_digit(pair.data[0]) << 4 | hex_digit(pair.data[1]));
	*cursor = ahead;
	return true;
}

static bool take_byte(struct cursor *cursor, char byte)
{
	if (cursor->rest.length == 0 || cursor->rest.data[0] != (uint8_t)byte)
		return false;
	cursor_skip(cursor, 1);
	return true;
}

/* Pairs, then with -OT as many bytes of text in brackets: these may be marks, brackets
 * and ends of lines as well, so that they are counted. */
static bool take_hex_line(struct cursor *cursor, struct sink *sink)
{
	uint8_t octet;
	size_t count = 0;
	for (; take_pair(cursor, &octet); count++)
		put(sink, octet);
	while (take_byte(cursor, ' '))
		continue;
	if (count == 0 || !take_byte(cursor, '['))
		return count > 0;
	cursor_skip(cursor, count);
	return take_byte(cursor, ']');
}

/* How many bytes of the text are octets in quotation marks; 0: it is something else. */
static size_t read_hex(struct bytes text, struct sink *sink)
{
	struct cursor cursor = cursor_at(text);
	if (!take_byte(&cursor, '"'))
		return 0;
	do
		if (!take_hex_line(&cursor, sink))
			return 0;
	while (take_byte(&cursor, '\n'));
	bool is_whole = take_byte(&cursor, '"') &&
		(cursor.rest.length == 0 || cursor.rest.data[0] == '\n');
	return is_whole ? text.length - cursor.rest.length : 0;
}

static size_t text_length(struct bytes text)
{
	bool is_escaped = false;
	for (size_t i = 1; i < text.length; i++) {
		bool ends_line = i + 1 == text.length || text.data[i + 1] == '\n';
		if (text.data[i] == '"' && !is_escaped && ends_line)
			return i + 1;
		is_escaped = text.data[i] == '\\' && !is_escaped;
	}
	return 0;
}

size_t octets_quoted_length(struct bytes text)
{
	struct sink nowhere = {.room = 0};
	size_t length = read_hex(text, &nowhere);
	return length > 0 ? length : text_length(text);
}

static void read_text(struct bytes text, bool is_quoted, struct sink *sink)
{
	for (size_t i = 0; i < text.length; i++) {
		bool is_escape = is_quoted && text.data[i] == '\\' && i + 1 < text.length;
		put(sink, text.data[i += is_escape]);
	}
}

bool octets_read(struct bytes printed, uint8_t *ret, size_t room, size_t *ret_length)
{
	struct sink sink = {.data = ret, .room = room};
	bool is_quoted = printed.length >= 2 && printed.data[0] == '"' &&
		printed.data[printed.length - 1] == '"';
	if (!is_quoted || read_hex(printed, &sink) != printed.length) {
		sink = (struct sink){.data = ret, .room = room};
		if (is_quoted)
			bytes_slice(printed, 1, printed.length - 2, &printed);
		read_text(printed, is_quoted, &sink);
	}
	*ret_length = sink.length;
	return !sink.is_full;
}
