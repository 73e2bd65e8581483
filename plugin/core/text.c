/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <stdint.h>
#include <string.h>

#include "memory.h"

enum { REPLACEMENT = 0xFFFD };

/* Code points from..to are shown as `shown`; REMOVED: not at all; ' ': as a blank. */
struct substitute {
	uint32_t from, to, shown;
};

enum { REMOVED = 0 };

static const char digits[] = "0123456789ABCDEF";

/* In order of code point; text.h says why each of the visible ones is there. */
static const struct substitute substitutes[] = {
	{0x0001, 0x0020, ' '}, /* C0 and the blank */
	{'"', '"', 0x201D}, {'$', '$', 0xFF04}, {'&', '&', '+'}, {'\'', '\'', 0x2019},
	{';', ';', ','}, {'<', '<', 0x2039}, {'>', '>', 0x203A}, {'\\', '\\', 0x2216},
	{'`', '`', 0x2018}, {'|', '|', '/'}, {'~', '~', 0x223C},
	{0x007F, 0x00A0, ' '},                            /* DEL, C1, no-break blank */
	{0x00AD, 0x00AD, REMOVED},                        /* soft hyphen */
	{0x034F, 0x034F, REMOVED},                        /* combining grapheme joiner */
	{0x061C, 0x061C, REMOVED},                        /* Arabic letter mark */
	{0x115F, 0x1160, REMOVED},                        /* Hangul fillers */
	{0x1680, 0x1680, ' '}, {0x17B4, 0x17B5, REMOVED}, /* invisible Khmer vowels */
	{0x180B, 0x180F, REMOVED}, /* Mongolian selectors, vowel separator */
	{0x2000, 0x200A, ' '},
	{0x200B, 0x200F, REMOVED}, /* zero-width, left-to-right and right-to-left marks */
	{0x2028, 0x2029, ' '},     /* line and paragraph separators */
	{0x202A, 0x202E, REMOVED}, /* bidi embeddings and overrides */
	{0x202F, 0x202F, ' '}, {0x205F, 0x205F, ' '},
	{0x2060, 0x206F, REMOVED}, /* word joiner, invisible operators, bidi isolates */
	{0x2800, 0x2800, ' '},     /* braille without dots */
	{0x3000, 0x3000, ' '}, {0x3164, 0x3164, REMOVED}, /* Hangul filler */
	{0xFDD0, 0xFDEF, REMOVED},                        /* noncharacters */
	{0xFE00, 0xFE0F, REMOVED},                        /* variation selectors */
	{0xFEFF, 0xFEFF, REMOVED},                        /* byte order mark */
	{0xFFA0, 0xFFA0, REMOVED},                        /* Hangul filler */
	{0xFFF0, 0xFFFB, REMOVED},   /* reserved, interlinear annotation */
	{0xE0000, 0xE0FFF, REMOVED}, /* tags, variation selectors */
};

/* What text_clean() has written, and what it would keep if it had to cut. */
struct line {
	char *text;
	size_t length, limit;
	size_t kept; /* up to here there is room for the dots behind it */
	bool blank_waits;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

size_t text_put_character(char *ret, uint32_t character)
{
	static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t length = character < 0x80 ? 1
		: character < 0x800      ? 2
		: character < 0x10000    ? 3
					 : TEXT_CHARACTER;
	for (size_t i = length - 1; i > 0; i--) {
		ret[i] = (char)(0x80 | (character & 0x3F));
		character >>= 6;
	}
	ret[0] = (char)(leads[length] | character);
	return length;
}

static size_t sequence_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

bool text_take_character(struct bytes *text, uint32_t *ret)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *bytes = text->data;
	size_t length = text->length == 0 ? 0 : sequence_length(bytes[0]);
	if (length == 0 || length > text->length)
		return false;
	uint32_t point = length == 1 ? bytes[0] : bytes[0] & (0x7F >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return false;
		point = point << 6 | (bytes[i] & 0x3F);
	}
	if (point < smallest[length] || point > 0x10FFFF ||
		(point >= 0xD800 && point <= 0xDFFF))
		return false;
	*ret = point;
	return bytes_slice(*text, length, text->length - length, text);
}

/* The next character, or U+FFFD for one byte that begins none. */
static uint32_t take_any(struct bytes *text)
{
	uint32_t point = REPLACEMENT;
	if (!text_take_character(text, &point))
		bytes_slice(*text, 1, text->length - 1, text);
	return point;
}

static uint32_t utf16_unit(struct bytes utf16, size_t index)
{
	return utf16.data[2 * index] | (uint32_t)utf16.data[2 * index + 1] << 8;
}

/* The character at unit *index, which is moved behind it. */
static uint32_t utf16_next(struct bytes utf16, size_t *index)
{
	size_t units = utf16.length / 2;
	if (*index == units) { /* the odd byte */
		++*index;
		return REPLACEMENT;
	}
	uint32_t unit = utf16_unit(utf16, (*index)++);
	if (unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return REPLACEMENT;
	if (unit < 0xD800 || unit > 0xDBFF)
		return unit;
	uint32_t low = *index < units ? utf16_unit(utf16, *index) : 0;
	if (low < 0xDC00 || low > 0xDFFF)
		return REPLACEMENT;
	++*index;
	return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

/* Room for `count` inputs of which each makes at most three bytes, within the limit. */
static size_t room_for(size_t count, size_t limit)
{
	return count > limit / 3 ? limit : count * 3;
}

char *text_from_utf16(void *parent, struct bytes utf16, size_t limit)
{
	size_t end = utf16.length / 2 + utf16.length % 2;
	size_t room = room_for(end, limit), length = 0;
	char *text = memory_array(parent, char, room + 1);
	for (size_t i = 0; i < end;) {
		char character[TEXT_CHARACTER];
		size_t size = text_put_character(character, utf16_next(utf16, &i));
		if (size > room - length)
			break;
		memcpy(text + length, character, size);
		length += size;
	}
	return text;
}

static bool utf16_begins(struct bytes utf16, const char *ascii)
{
	for (size_t i = 0; ascii[i] != '\0'; i++) {
		if (i >= utf16.length / 2)
			return false;
		uint32_t unit = utf16_unit(utf16, i);
		if (unit > 0x7F || lower((char)unit) != lower(ascii[i]))
			return false;
	}
	return true;
}

bool text_utf16_contains(struct bytes utf16, const char *ascii)
{
	while (!utf16_begins(utf16, ascii))
		if (!bytes_slice(utf16, 2, utf16.length - 2, &utf16))
			return false;
	return true;
}

static size_t trimmed_length(const char *text)
{
	size_t length = strlen(text);
	while (length > 0 && text[length - 1] == ' ')
		length--;
	return length;
}

bool text_is_name(const char *text, const char *name)
{
	size_t length = trimmed_length(text);
	if (length != trimmed_length(name))
		return false;
	for (size_t i = 0; i < length; i++)
		if (lower(text[i]) != lower(name[i]))
			return false;
	return true;
}

static uint32_t substitute_for(uint32_t point)
{
	if ((point & 0xFFFE) == 0xFFFE)
		return REMOVED;
	size_t count = sizeof(substitutes) / sizeof(substitutes[0]);
	for (size_t i = 0; i < count && substitutes[i].from <= point; i++)
		if (point <= substitutes[i].to)
			return substitutes[i].shown;
	return point;
}

/* False where the character, with the blank that waits before it, has no room. */
static bool line_add(struct line *line, uint32_t point)
{
	char character[TEXT_CHARACTER];
	size_t size = text_put_character(character, point), blank = line->blank_waits;
	if (size + blank > line->limit - line->length)
		return false;
	if (blank)
		line->text[line->length++] = ' ';
	memcpy(line->text + line->length, character, size);
	line->length += size;
	line->blank_waits = false;
	if (line->limit - line->length >= strlen("..."))
		line->kept = line->length;
	return true;
}

static void line_cut(struct line *line)
{
	if (line->limit < strlen("..."))
		return;
	memcpy(line->text + line->kept, "...", strlen("..."));
	line->length = line->kept + strlen("...");
}

/* `kept`: ASCII characters that stay although they have a substitute. */
static char *clean(void *parent, const char *utf8, size_t limit, const char *kept)
{
	size_t room = room_for(strlen(utf8), limit);
	struct line line = {memory_array(parent, char, room + 1), 0, room, 0, false};
	struct bytes rest = {(const uint8_t *)utf8, strlen(utf8)};
	while (rest.length > 0) {
		uint32_t point = take_any(&rest);
		bool stays =
			point != 0 && point < 0x80 && strchr(kept, (int)point) != NULL;
		uint32_t shown = stays ? point : substitute_for(point);
		if (shown == ' ')
			line.blank_waits = line.length > 0;
		else if (shown != REMOVED && !line_add(&line, shown)) {
			line_cut(&line);
			break;
		}
	}
	line.text[line.length] = '\0';
	return line.text;
}

char *text_clean(void *parent, const char *utf8, size_t limit)
{
	return clean(parent, utf8, limit, "");
}

char *text_clean_value(void *parent, const char *utf8, size_t limit)
{
	return clean(parent, utf8, limit, "\\;~");
}

static bool is_shown_as_it_is(uint32_t point)
{
	return point != '%' && substitute_for(point) == point;
}

/* False: no room is left. */
static bool line_add_bytes(struct line *line, const uint8_t *bytes, size_t count)
{
	bool has_room = true;
	for (size_t i = 0; has_room && i < count; i++)
		has_room = line_add(line, '%') &&
			line_add(line, (uint8_t)digits[bytes[i] >> 4]) &&
			line_add(line, (uint8_t)digits[bytes[i] & 0xF]);
	return has_room;
}

char *text_exact(void *parent, const char *utf8, size_t limit)
{
	struct bytes rest = {(const uint8_t *)utf8, trimmed_length(utf8)};
	size_t room = room_for(rest.length, limit);
	struct line line = {memory_array(parent, char, room + 1), 0, room, 0, false};
	bool has_room = true;
	while (has_room && rest.length > 0) {
		const uint8_t *from = rest.data;
		uint32_t before = line.blank_waits || line.length == 0 ? ' ' : 0;
		uint32_t point = take_any(&rest);
		size_t taken = (size_t)(rest.data - from);
		if (point == ' ' && before != ' ')
			line.blank_waits = true;
		else if (point != ' ' && is_shown_as_it_is(point) &&
			(point != REPLACEMENT || taken > 1))
			has_room = line_add(&line, point);
		else
			has_room = line_add_bytes(&line, from, taken);
	}
	if (!has_room)
		line_cut(&line);
	line.text[line.length] = '\0';
	return line.text;
}

char *text_list(void *parent, const char *const *names, size_t count)
{
	char *list = memory_copy(parent, "");
	for (size_t i = 0; i < count; i++)
		list = memory_required(talloc_asprintf_append_buffer(
			list, "%s%s", i > 0 ? ", " : "", names[i]));
	return list;
}

static bool is_plain(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

char *text_percent_encode(void *parent, const char *text)
{
	char *encoded = memory_array(parent, char, 3 * strlen(text) + 1);
	char *out = encoded;
	for (; *text != '\0'; text++) {
		if (is_plain(*text)) {
			*out++ = *text;
			continue;
		}
		*out++ = '%';
		*out++ = digits[(uint8_t)*text >> 4];
		*out++ = digits[(uint8_t)*text & 0xF];
	}
	return encoded;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One character off the encoded text; '\0' for a malformed one. */
static char decode_percent(const char **text)
{
	char c = *(*text)++;
	if (c != '%')
		return is_plain(c) ? c : '\0';
	int high = hex_digit((*text)[0]);
	int low = high < 0 ? -1 : hex_digit((*text)[1]);
	if (low < 0)
		return '\0';
	*text += 2;
	c = (char)(high << 4 | low);
	return is_plain(c) ? '\0' : c;
}

char *text_percent_decode(void *parent, const char *text)
{
	char *decoded = memory_array(parent, char, strlen(text) + 1);
	for (char *out = decoded; *text != '\0'; out++) {
		*out = decode_percent(&text);
		if (*out == '\0') {
			talloc_free(decoded);
			return NULL;
		}
	}
	return decoded;
}
