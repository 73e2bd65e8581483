/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "far_cell.h"

#include <stdio.h>
#include <string.h>

#include "core/when.h"

size_t far_cell_size(const struct far_cell_rule *rule)
{
	enum {
		NAME = 65, /* of a server with a name of 32; 9 are left for a longer root
			    */
		TEXT_HEADER = 4,
		MOMENT = 13,
		NUMBER = 7
	};
	switch (rule->form) {
	case FORM_TEXT:
		return NAME + TEXT_HEADER + (size_t)rule->most;
	case FORM_MOMENT:
		return NAME + MOMENT;
	case FORM_INTEGER:
	case FORM_UNSIGNED:
		break;
	}
	return NAME + NUMBER;
}

bool far_cell_moment(struct bytes octets, int64_t *ret)
{
	enum { WITHOUT_ZONE = 8, WITH_ZONE = 11, HOURS_EAST = 14 };
	if (octets.length != WITHOUT_ZONE && octets.length != WITH_ZONE)
		return false;
	uint8_t at[WITH_ZONE] = {[8] = '+'};
	memcpy(at, octets.data, octets.length);
	if (at[7] > 9 || (at[8] != '+' && at[8] != '-') || at[9] > HOURS_EAST)
		return false;
	unsigned second = at[6] == 60 ? 59 : at[6]; /* a leap second */
	char text[64];
	snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02u%c%02u:%02u",
		(unsigned)at[0] << 8 | at[1], at[2], at[3], at[4], at[5], second, at[8],
		at[9], at[10]);
	return when_parse_time(text, ret, NULL);
}

static bool refuse_type(const struct far_cell_rule *rule, struct failure *why)
{
	static const char *const forms[] = {
		[FORM_INTEGER] = "an INTEGER",
		[FORM_UNSIGNED] = "an Unsigned32 or a Gauge32",
		[FORM_TEXT] = "an OCTET STRING",
		[FORM_MOMENT] = "a DateAndTime of 8 or 11 octets",
	};
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"the row's %s makes no sense: the MIB says that it is %s", rule->name,
		forms[rule->form]);
}

static bool check_number(const struct far_cell_rule *rule, const struct snmp_cell *cell,
	struct failure *why)
{
	if (cell->number >= rule->least && cell->number <= rule->most)
		return true;
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"the row's %s is %lld: %lld to %lld would be right", rule->name,
		(long long)cell->number, (long long)rule->least, (long long)rule->most);
}

static bool check_text(const struct far_cell_rule *rule, const struct snmp_cell *cell,
	struct failure *why)
{
	size_t length = cell->octets.length;
	if (length > (size_t)rule->most)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"the row's %s has %zu octets: at most %lld would be right",
			rule->name, length, (long long)rule->most);
	if (length > 0 && memchr(cell->octets.data, 0, length) != NULL)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"the row's %s holds a zero byte: it should be a text",
			rule->name);
	return true;
}

bool far_cell_check(const struct far_cell_rule *rule, const struct snmp_cell *cell,
	struct failure *why)
{
	static const enum snmp_type types[] = {
		[FORM_INTEGER] = SNMP_INTEGER,
		[FORM_UNSIGNED] = SNMP_UNSIGNED,
		[FORM_TEXT] = SNMP_OCTETS,
		[FORM_MOMENT] = SNMP_OCTETS,
	};
	int64_t moment;
	if (cell->type == SNMP_NOTHING)
		return !rule->is_needed ||
			fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
				"the row has no %s, which every row has: may its view "
				"see the whole MIB?",
				rule->name);
	if (cell->type != types[rule->form])
		return refuse_type(rule, why);
	switch (rule->form) {
	case FORM_TEXT:
		return check_text(rule, cell, why);
	case FORM_MOMENT:
		return far_cell_moment(cell->octets, &moment) || refuse_type(rule, why);
	case FORM_INTEGER:
	case FORM_UNSIGNED:
		break;
	}
	return check_number(rule, cell, why);
}
