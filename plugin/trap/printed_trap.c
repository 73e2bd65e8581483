/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "printed_trap.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/memory.h"
#include "octets.h"
#include "oid.h"

struct lines {
	struct bytes rest;
	unsigned number; /* of the line that `rest` begins with */
};

static bool next_line(struct lines *lines, struct bytes *ret)
{
	if (lines->rest.length == 0)
		return false;
	const uint8_t *end = memchr(lines->rest.data, '\n', lines->rest.length);
	size_t length =
		end != NULL ? (size_t)(end - lines->rest.data) : lines->rest.length;
	size_t used = end != NULL ? length + 1 : length;
	*ret = (struct bytes){lines->rest.data, length};
	bytes_slice(lines->rest, used, lines->rest.length - used, &lines->rest);
	lines->number++;
	return true;
}

/* In one spelling: the shortest, and an IPv4 address without IPv6 around it. */
static bool normalise(const char *text, char ret[static HINT_ADDRESS])
{
	struct in6_addr v6;
	struct in_addr v4;
	if (inet_pton(AF_INET, text, &v4) == 1)
		return inet_ntop(AF_INET, &v4, ret, HINT_ADDRESS) != NULL;
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		return inet_ntop(AF_INET, &v6.s6_addr[12], ret, HINT_ADDRESS) != NULL;
	return inet_ntop(AF_INET6, &v6, ret, HINT_ADDRESS) != NULL;
}

/* The zone of "fe80::1%eth0" is this machine's own affair. */
static bool read_address(struct bytes text, char ret[static HINT_ADDRESS])
{
	char address[INET6_ADDRSTRLEN + 1] = "";
	const uint8_t *zone = memchr(text.data, '%', text.length);
	size_t length = zone != NULL ? (size_t)(zone - text.data) : text.length;
	if (length >= sizeof(address))
		return false;
	memcpy(address, text.data, length);
	return normalise(address, ret);
}

/* "UDP: [192.0.2.1]:1234->[192.0.2.9]:162", "UDP/IPv6: [2001:db8::1]:1234"; "Local IPC:
 * /path" and "<UNKNOWN>" have no address. */
static bool read_sender(struct bytes line, char ret[static HINT_ADDRESS])
{
	static const char unknown[] = "<UNKNOWN>";
	const uint8_t *open = memchr(line.data, '[', line.length);
	ret[0] = '\0';
	if (open == NULL)
		return memmem(line.data, line.length, ": ", 2) != NULL ||
			(line.length == strlen(unknown) &&
				memcmp(line.data, unknown, line.length) == 0);
	struct bytes inside;
	size_t at = (size_t)(open - line.data) + 1;
	bytes_slice(line, at, line.length - at, &inside);
	const uint8_t *close = memchr(inside.data, ']', inside.length);
	if (close == NULL)
		return false;
	inside.length = (size_t)(close - inside.data);
	return read_address(inside, ret);
}

static bool take_head(struct lines *lines, struct printed_trap *ret, struct failure *why)
{
	struct bytes line;
	if (!next_line(lines, &line))
		return fail(why, FAIL_PROTOCOL,
			"the input is empty: it must be what snmptrapd gives to a "
			"traphandle");
	if (!next_line(lines, &line))
		return fail(why, FAIL_PROTOCOL,
			"line 2: missing: it must be the sender's address, such as "
			"\"UDP: [192.0.2.1]:1234\"");
	if (!read_sender(line, ret->sender))
		return fail(why, FAIL_PROTOCOL,
			"line 2: \"%.*s\" must be the sender's address, such as \"UDP: "
			"[192.0.2.1]:1234\"",
			(int)(line.length < 60 ? line.length : 60),
			(const char *)line.data);
	return true;
}

/* Which characters separate a name from its value: "NAME VALUE", with -OQ "NAME = VALUE".
 */
static struct bytes value_of(struct bytes line, size_t at)
{
	struct bytes value;
	while (at < line.length && line.data[at] == ' ')
		at++;
	if (line.length - at >= 2 && memcmp(line.data + at, "= ", 2) == 0)
		at += 2;
	bytes_slice(line, at, line.length - at, &value);
	return value;
}

/* A text that begins in this line, and the lines over which it goes on. */
static bool take_quoted(
	struct lines *lines, struct bytes *value, bool is_cut, struct failure *why)
{
	size_t left = value->length + 1 + lines->rest.length;
	struct bytes text = {value->data, lines->rest.length > 0 ? left : value->length};
	size_t length = octets_quoted_length(text);
	if (length == 0 && !is_cut)
		return fail(why, FAIL_PROTOCOL,
			"line %u: a text without its closing quotation mark",
			lines->number - 1);
	if (length == 0) {
		/* A text without its end is none. */
		lines->rest.length = 0;
		value->length = 0;
		return true;
	}
	while (value->data + length > lines->rest.data && lines->rest.length > 0) {
		struct bytes skipped;
		next_line(lines, &skipped);
	}
	value->length = length;
	return true;
}

static bool take_varbind(struct lines *lines, struct bytes line, bool is_cut,
	struct varbind *ret, struct failure *why)
{
	const uint8_t *blank = memchr(line.data, ' ', line.length);
	size_t length = blank != NULL ? (size_t)(blank - line.data) : line.length;
	*ret = (struct varbind){
		lines->number - 1, {line.data, length}, value_of(line, length)};
	if (ret->value.length == 0 || ret->value.data[0] != '"')
		return true;
	return take_quoted(lines, &ret->value, is_cut, why);
}

static bool has_no_zero(struct bytes text, struct failure *why)
{
	const uint8_t *zero = text.length > 0 ? memchr(text.data, 0, text.length) : NULL;
	unsigned line = 1;
	if (zero == NULL)
		return true;
	for (const uint8_t *at = text.data; at < zero; at++)
		line += *at == '\n';
	return fail(why, FAIL_PROTOCOL,
		"line %u: a zero byte: it must be text, as snmptrapd prints it", line);
}

/* Half an address is another one. */
static struct bytes whole_lines(struct bytes text)
{
	const uint8_t *end =
		text.length > 0 ? memrchr(text.data, '\n', text.length) : NULL;
	if (end != NULL)
		text.length = (size_t)(end - text.data) + 1;
	return text;
}

/* What begins with no OID is the rest of a text without quotation marks. */
static bool is_binding(struct bytes line)
{
	const uint8_t *blank = memchr(line.data, ' ', line.length);
	struct oid oid;
	return blank != NULL &&
		oid_parse((struct bytes){line.data, (size_t)(blank - line.data)}, &oid);
}

bool printed_trap_parse(void *parent, struct bytes text, bool is_cut,
	struct printed_trap *ret, struct failure *why)
{
	struct lines lines = {is_cut ? whole_lines(text) : text, 1};
	struct bytes line;
	*ret = (struct printed_trap){.count = 0};
	if (!has_no_zero(text, why) || !take_head(&lines, ret, why))
		return false;
	size_t room = 0;
	while (next_line(&lines, &line)) {
		if (!is_binding(line))
			continue;
		if (ret->count == room) {
			room = room * 2 + 32;
			ret->varbinds = memory_resize(
				parent, ret->varbinds, struct varbind, room);
		}
		if (!take_varbind(&lines, line, is_cut, &ret->varbinds[ret->count], why))
			return false;
		ret->count++;
	}
	return true;
}
