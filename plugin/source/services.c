/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "services.h"

#include <string.h>

#include "core/memory.h"
#include "core/text.h"

const struct snmp_name services_names = {12, {1, 3, 6, 1, 4, 1, 77, 1, 2, 3, 1, 1}};
const struct snmp_name services_states = {12, {1, 3, 6, 1, 4, 1, 77, 1, 2, 3, 1, 3}};

enum { REPLACEMENT = 0xFFFD, MAX_NAME_BYTES = 4096 };

/*
 * Code page 1252 from 0x80 to 0x9F: unicode.org/Public/MAPPINGS/VENDORS/MICSFT, there
 * WINDOWS/CP1252.TXT; where that has nothing, Windows has a control, see
 * WindowsBestFit/bestfit1252.txt. Which page a server has nobody says. Each byte is one
 * character here and back, so that names in another page look wrong and are still found
 * by what they look like.
 */
static const uint16_t page_1252[] = {0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
	0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018,
	0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
	0x0153, 0x9D, 0x017E, 0x0178};

enum { PAGE_FIRST = 0x80, PAGE_COUNT = sizeof(page_1252) / sizeof(page_1252[0]) };

static bool is_utf8(struct bytes text)
{
	uint32_t character;
	bool is_good = true;
	while (is_good && text.length > 0)
		is_good = text_take_character(&text, &character);
	return is_good;
}

/* --- names as the server writes them --- */

static uint32_t from_page(uint8_t byte)
{
	bool is_in_table = byte >= PAGE_FIRST && byte < PAGE_FIRST + PAGE_COUNT;
	return is_in_table ? page_1252[byte - PAGE_FIRST] : byte;
}

static bool to_page(uint32_t character, uint8_t *ret)
{
	if (character < PAGE_FIRST ||
		(character >= PAGE_FIRST + PAGE_COUNT && character <= 0xFF)) {
		*ret = (uint8_t)character;
		return true;
	}
	for (size_t i = 0; i < PAGE_COUNT; i++) {
		if (page_1252[i] == character) {
			*ret = (uint8_t)(PAGE_FIRST + i);
			return true;
		}
	}
	return false;
}

static struct bytes trimmed(struct bytes name)
{
	while (name.length > 0 &&
		(name.data[name.length - 1] == ' ' || name.data[name.length - 1] == '\0'))
		name.length--;
	return name;
}

/* No watched name is as long as what is left; cut between characters of UTF-8. */
static struct bytes bounded(struct bytes name)
{
	if (name.length <= MAX_NAME_BYTES)
		return name;
	name.length = MAX_NAME_BYTES;
	for (int i = 0; i < 3 && (name.data[name.length] & 0xC0) == 0x80; i++)
		name.length--;
	return name;
}

char *services_text(void *parent, struct bytes name)
{
	struct bytes rest = trimmed(bounded(trimmed(name)));
	bool is_utf8_text = is_utf8(rest);
	char *text = memory_array(parent, char, 3 * rest.length + 1);
	size_t length = 0;
	for (size_t i = 0; i < rest.length; i++) {
		uint8_t byte = rest.data[i];
		if (byte == '\0')
			length += text_put_character(text + length, REPLACEMENT);
		else if (is_utf8_text)
			text[length++] = (char)byte;
		else
			length += text_put_character(text + length, from_page(byte));
	}
	return text;
}

/* --- the index --- */

/* The length and each octet (RFC 2578, 7.7). */
static bool make_place(const uint8_t *octets, size_t count, struct snmp_name *ret)
{
	if (services_states.length + 1 + count > SNMP_MAX_NAME)
		return false;
	*ret = services_states;
	ret->ids[ret->length++] = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		ret->ids[ret->length++] = octets[i];
	return true;
}

/* False: it is ASCII, so that both forms are one, or it does not exist there. */
static bool make_page_form(struct bytes name, uint8_t *octets, size_t *ret_count)
{
	uint32_t character;
	size_t length = name.length;
	*ret_count = 0;
	while (name.length > 0) {
		if (*ret_count == SNMP_MAX_NAME ||
			!text_take_character(&name, &character) ||
			!to_page(character, &octets[(*ret_count)++]))
			return false;
	}
	return *ret_count < length;
}

size_t services_places(const char *name, struct snmp_name ret[SERVICES_FORMS])
{
	struct bytes text = {(const uint8_t *)name, strlen(name)};
	uint8_t octets[SNMP_MAX_NAME];
	size_t octet_count, count = 0;
	if (make_place(text.data, text.length, &ret[count]))
		count++;
	if (make_page_form(text, octets, &octet_count) &&
		make_place(octets, octet_count, &ret[count]))
		count++;
	return count;
}

/* --- states --- */

/* In the order of svSvcOperatingState, which begins with 1; and of how bad they are. */
static const enum service_state states[] = {
	SERVICE_RUNNING, SERVICE_CONTINUE_PENDING, SERVICE_PAUSE_PENDING, SERVICE_PAUSED};

enum { STATE_COUNT = sizeof(states) / sizeof(states[0]) };

bool services_state(const struct snmp_cell *cell, const char *name,
	enum service_state *ret, struct failure *why)
{
	if (cell->type != SNMP_INTEGER)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"the SNMP agent at %s gives no number as the service's state",
			name);
	if (cell->number < 1 || cell->number > STATE_COUNT)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"the SNMP agent at %s says that the service's state is %lld: "
			"there are 1 to %d",
			name, (long long)cell->number, STATE_COUNT);
	*ret = states[cell->number - 1];
	return true;
}

static size_t rank(enum service_state state)
{
	size_t i = 0;
	while (i < STATE_COUNT && states[i] != state)
		i++;
	return i;
}

enum service_state services_worse(enum service_state a, enum service_state b)
{
	return rank(a) > rank(b) ? a : b;
}
