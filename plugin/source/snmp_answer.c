/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snmp_answer.h"

#include <limits.h>
#include <string.h>

#include "core/memory.h"

static bool convert_name(const netsnmp_variable_list *variable, struct snmp_name *ret)
{
	if (variable->name_length > SNMP_MAX_NAME)
		return false;
	ret->length = variable->name_length;
	for (size_t i = 0; i < ret->length; i++) {
		if (variable->name[i] > UINT32_MAX)
			return false;
		ret->ids[i] = (uint32_t)variable->name[i];
	}
	return true;
}

/* A number may be longer on the wire than its type allows. */
static bool set_number(struct snmp_cell *cell, enum snmp_type type, int64_t number,
	int64_t least, int64_t most)
{
	cell->type = type;
	cell->number = number;
	return number >= least && number <= most;
}

static bool set_octets(
	void *owner, struct snmp_cell *cell, const netsnmp_variable_list *variable)
{
	uint8_t *copy = memory_array(owner, uint8_t, variable->val_len + 1);
	if (variable->val_len > 0)
		memcpy(copy, variable->val.string, variable->val_len);
	cell->type = SNMP_OCTETS;
	cell->octets = (struct bytes){copy, variable->val_len};
	return true;
}

static int64_t of_counter(const struct counter64 *counter)
{
	uint64_t number = (uint64_t)(counter->high & UINT32_MAX) << 32 |
		(counter->low & UINT32_MAX);
	return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

static bool convert_value(
	void *owner, const netsnmp_variable_list *variable, struct snmp_cell *cell)
{
	switch (variable->type) {
	case ASN_INTEGER:
		return set_number(
			cell, SNMP_INTEGER, *variable->val.integer, INT32_MIN, INT32_MAX);
	case ASN_COUNTER:
	case ASN_GAUGE: /* and Unsigned32 */
	case ASN_TIMETICKS:
	case ASN_UINTEGER:
		return set_number(cell, SNMP_UNSIGNED,
			(int64_t)(unsigned long)*variable->val.integer, 0, UINT32_MAX);
	case ASN_COUNTER64:
		return set_number(cell, SNMP_UNSIGNED,
			of_counter(variable->val.counter64), 0, INT64_MAX);
	case ASN_OCTET_STR:
		return set_octets(owner, cell, variable);
	case SNMP_NOSUCHOBJECT:
	case SNMP_NOSUCHINSTANCE:
		cell->type = SNMP_NOTHING;
		return true;
	case SNMP_ENDOFMIBVIEW:
		cell->type = SNMP_END;
		return true;
	}
	cell->type = SNMP_OTHER;
	return true;
}

/* Values do not matter where an error is said. */
static struct snmp_answer take_error(const netsnmp_pdu *pdu)
{
	struct snmp_answer answer = {.error = UINT_MAX};
	if (pdu->errstat > 0 && pdu->errstat < UINT_MAX)
		answer.error = (unsigned)pdu->errstat;
	if (pdu->errindex > 0 && pdu->errindex <= UINT_MAX)
		answer.index = (unsigned)pdu->errindex;
	return answer;
}

bool snmp_answer_take(void *parent, const netsnmp_pdu *pdu,
	const struct snmp_question *question, const char *name, struct snmp_answer *ret,
	struct failure *why)
{
	if (pdu->errstat != SNMP_NO_ERROR) {
		*ret = take_error(pdu);
		return true;
	}
	size_t room = question->count * question->repetitions;
	struct snmp_cell *cells = memory_array(parent, struct snmp_cell, room);
	size_t count = 0;
	const netsnmp_variable_list *variable = pdu->variables;
	for (; variable != NULL && count < room; variable = variable->next_variable) {
		struct snmp_cell *cell = &cells[count++];
		if (convert_name(variable, &cell->name) &&
			convert_value(cells, variable, cell))
			continue;
		talloc_free(cells);
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s answers with a number that is too large for its type", name);
	}
	if (variable != NULL) {
		talloc_free(cells);
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s answers with more values than it was asked for", name);
	}
	*ret = (struct snmp_answer){.cells = cells, .count = count};
	return true;
}

/* RFC 3412 and 3414: reports. What an unknown one means, nobody knows. */
static const struct report {
	int type;
	enum failure_kind kind;
	const char *text;
} reports[] = {
	{SNMPERR_UNKNOWN_USER_NAME, FAIL_DENIED,
		"does not know the user: compare security_name with the agent's"},
	{SNMPERR_AUTHENTICATION_FAILURE, FAIL_DENIED,
		"finds the authentication wrong: compare auth_password and auth_protocol "
		"with the agent's"},
	{SNMPERR_DECRYPTION_ERR, FAIL_DENIED,
		"cannot decrypt the question: compare privacy_password and "
		"privacy_protocol with the agent's"},
	{SNMPERR_UNSUPPORTED_SEC_LEVEL, FAIL_DENIED,
		"has no such security level for the user: compare security_level, and "
		"which passwords there are, with the agent's"},
	{SNMPERR_NOT_IN_TIME_WINDOW, FAIL_DENIED,
		"finds each question too old: its engine's clock or boot count goes "
		"astray"},
	{SNMPERR_BAD_CONTEXT, FAIL_DENIED, "has no default context"},
	{SNMPERR_UNKNOWN_ENG_ID, FAIL_PROTOCOL,
		"does not know the engine that it said it was"},
};

bool snmp_answer_report(int type, const char *name, struct failure *why)
{
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		if (reports[i].type == type)
			return fail_at(why, reports[i].kind, STAGE_LOGON, "%s %s", name,
				reports[i].text);
	}
	return fail_at(why, FAIL_PROTOCOL, STAGE_LOGON,
		"%s refuses the question for a reason that is not known here (%s)", name,
		snmp_api_errstring(type));
}
