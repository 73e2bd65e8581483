/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trap_event.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "octets.h"

enum { SHOWN = 60, PARTS_OF_EVENT = 9999, COMPUTER_PART = 3, OCTETS_MAX = 1024 };

static const char source[] = "MSExchangeIMC";
enum { SOURCE_LENGTH = sizeof(source) - 1 };

/* SNMPv2-MIB::snmpTrapOID.0, and SNMP-COMMUNITY-MIB::snmpTrapAddress.0, in which
 * snmptrapd keeps the agent-addr of a version 1 trap (RFC 3584, 3.1). */
static const struct oid trap_oid = {{1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}, 11, false};
static const struct oid trap_address = {{1, 3, 6, 1, 6, 3, 18, 1, 3, 0}, 10, false};

static int shown_length(struct bytes text)
{
	return (int)(text.length < SHOWN ? text.length : SHOWN);
}

static struct oid name_of(const struct varbind *varbind)
{
	struct oid oid = {.count = 0};
	oid_parse(varbind->name, &oid);
	return oid;
}

static const struct varbind *find(const struct printed_trap *trap, const struct oid *name)
{
	for (size_t i = 0; i < trap->count; i++) {
		struct oid here = name_of(&trap->varbinds[i]);
		if (oid_is(&here, name))
			return &trap->varbinds[i];
	}
	return NULL;
}

static const struct varbind *find_computer(
	const struct printed_trap *trap, const struct bases *bases)
{
	for (size_t i = 0; i < trap->count; i++) {
		struct oid here = name_of(&trap->varbinds[i]);
		size_t at = bases_match(bases, &here);
		if (at > 0 && here.count == at + 3 && here.parts[at] == PARTS_OF_EVENT &&
			here.parts[at + 1] == COMPUTER_PART && here.parts[at + 2] == 0)
			return &trap->varbinds[i];
	}
	return NULL;
}

/* Does <13>.<octets of the source> stand there, whatever the case of its letters? */
static bool names_source(const struct oid *oid, size_t at)
{
	if (oid->count - at < 1 + SOURCE_LENGTH || oid->parts[at] != SOURCE_LENGTH)
		return false;
	for (size_t i = 0; i < SOURCE_LENGTH; i++) {
		uint64_t part = oid->parts[at + 1 + i];
		if (part >= 'A' && part <= 'Z')
			part += 'a' - 'A';
		if (part != (uint8_t)(source[i] | 0x20))
			return false;
	}
	return true;
}

static bool names_source_somewhere(const struct oid *oid)
{
	for (size_t at = 0; at < oid->count; at++)
		if (names_source(oid, at))
			return true;
	return false;
}

/* Whether what stands behind a base can be any source's name: it must be whole. */
static bool check_source(
	const struct oid *oid, size_t at, unsigned line, struct failure *why)
{
	if (at == oid->count || oid->parts[at] > oid->count - at - 1)
		return fail(why, FAIL_PROTOCOL,
			"line %u: the notification's OID ends inside of the source's "
			"name",
			line);
	for (size_t i = 1; i <= oid->parts[at]; i++)
		if (oid->parts[at + i] > UINT8_MAX)
			return fail(why, FAIL_PROTOCOL,
				"line %u: a number above 255 in the source's name", line);
	return true;
}

/* [.0].<identifier>: the 0 is what a version 1 trap becomes in version 2. */
static bool read_event(const struct oid *oid, size_t at, unsigned line, uint32_t *ret,
	struct failure *why)
{
	size_t left = oid->count - at;
	bool has_zero = left > 0 && oid->parts[at] == 0;
	if (left == (has_zero ? 1 : 0))
		return fail(why, FAIL_PROTOCOL,
			"line %u: the notification's OID ends before the event's "
			"identifier",
			line);
	if (left != (has_zero ? 2 : 1))
		return fail(why, FAIL_PROTOCOL,
			"line %u: the notification's OID goes on behind the event's "
			"identifier",
			line);
	/* 32 bits, with or without a sign that 64-bit machines extend. */
	int64_t id = (int64_t)oid->parts[oid->count - 1];
	if (id < INT32_MIN || id > UINT32_MAX)
		return fail(why, FAIL_PROTOCOL,
			"line %u: the event's identifier has more than 32 bits", line);
	*ret = (uint32_t)id;
	return true;
}

static bool read_identity(const struct varbind *varbind, const struct bases *bases,
	struct trap_event *ret, struct failure *why)
{
	struct oid oid;
	struct bytes text = varbind->value;
	while (text.length > 0 && text.data[text.length - 1] == ' ')
		text.length--;
	ret->identity = text;
	ret->is_watched = false;
	if (!oid_parse(text, &oid))
		return fail(why, FAIL_PROTOCOL,
			"line %u: snmpTrapOID.0 must be an OID of at most %d numbers, "
			"not \"%.*s\"",
			varbind->line, OID_MAX_PARTS, shown_length(text),
			(const char *)text.data);
	if (oid.is_partial && names_source_somewhere(&oid))
		return fail(why, FAIL_PROTOCOL,
			"line %u: \"%.*s\" begins with an unknown name: give snmptrapd "
			"the option -On",
			varbind->line, shown_length(text), (const char *)text.data);
	size_t base = bases_match(bases, &oid);
	if (base == 0)
		return true;
	if (!check_source(&oid, base, varbind->line, why))
		return false;
	ret->is_watched = names_source(&oid, base);
	return !ret->is_watched ||
		read_event(&oid, base + 1 + SOURCE_LENGTH, varbind->line,
			&ret->hint.event_id, why);
}

/* 0.0.0.0 is what an agent without an address of its own says. */
static bool read_agent(
	const struct varbind *varbind, struct hint *ret, struct failure *why)
{
	char text[INET_ADDRSTRLEN + 1] = "";
	struct in_addr address;
	if (varbind == NULL)
		return true;
	struct bytes value = varbind->value;
	if (value.length < sizeof(text))
		memcpy(text, value.data, value.length);
	if (inet_pton(AF_INET, text, &address) != 1)
		return fail(why, FAIL_PROTOCOL,
			"line %u: snmpTrapAddress.0 must be an IPv4 address, not "
			"\"%.*s\"",
			varbind->line, shown_length(value), (const char *)value.data);
	if (address.s_addr != INADDR_ANY)
		inet_ntop(AF_INET, &address, ret->agent, sizeof(ret->agent));
	return true;
}

/* Some servers send the name's end too; -Oa shows a dot for that. */
static size_t trimmed_length(const uint8_t *name, size_t length)
{
	while (length > 0 && memchr(" .", name[length - 1], sizeof(" .")) != NULL)
		length--;
	return length;
}

static bool is_printable(const uint8_t *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (name[i] < ' ' || name[i] == 0x7F)
			return false;
	return true;
}

/* A name in the server's code page, which the trap does not tell, is left out: the trap's
 * addresses are there as well. */
static bool read_computer(
	const struct varbind *varbind, struct hint *ret, struct failure *why)
{
	uint8_t name[OCTETS_MAX];
	size_t length;
	if (varbind == NULL)
		return true;
	bool fits = octets_read(varbind->value, name, sizeof(name), &length);
	if (fits)
		length = trimmed_length(name, length);
	if (!fits || length >= HINT_COMPUTER)
		return fail(why, FAIL_PROTOCOL,
			"line %u: a computer's name of more than %d bytes", varbind->line,
			HINT_COMPUTER - 1);
	if (!is_printable(name, length))
		return fail(why, FAIL_PROTOCOL,
			"line %u: a computer's name with control characters",
			varbind->line);
	memcpy(ret->computer, name, length);
	ret->computer[length] = '\0';
	if (!hint_is_name(ret->computer))
		ret->computer[0] = '\0';
	return true;
}

bool trap_event_read(const struct printed_trap *trap, const struct bases *bases,
	struct trap_event *ret, struct failure *why)
{
	*ret = (struct trap_event){.is_watched = false};
	const struct varbind *identity = find(trap, &trap_oid);
	if (identity == NULL)
		return fail(why, FAIL_PROTOCOL,
			"line 3 and on: no line of snmpTrapOID.0: snmptrapd must print "
			"names and values, in one of its usual forms (-On is one)");
	if (!read_identity(identity, bases, ret, why))
		return false;
	if (!ret->is_watched)
		return true;
	memcpy(ret->hint.sender, trap->sender, sizeof(trap->sender));
	return read_agent(find(trap, &trap_address), &ret->hint, why) &&
		read_computer(find_computer(trap, bases), &ret->hint, why);
}

static const char *or_none(const char *text)
{
	return text[0] != '\0' ? text : "none";
}

char *trap_event_describe(void *parent, const struct trap_event *event)
{
	const struct hint *hint = &event->hint;
	char *text = event->is_watched
		? memory_format(parent,
			  "%s event %u (identifier 0x%08X), sender %s, agent %s, "
			  "computer %s",
			  source, hint->event_id & 0xFFFFu, hint->event_id,
			  or_none(hint->sender), or_none(hint->agent),
			  or_none(hint->computer))
		: memory_format(parent, "no event of %s: %.*s", source,
			  (int)event->identity.length,
			  (const char *)event->identity.data);
	char *clean = text_clean(parent, text, 4 * SHOWN);
	talloc_free(text);
	return clean;
}
