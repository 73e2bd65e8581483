/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handlers.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>

#include "core/memory.h"
#include "log.h"

/* RFC 2741, 6.1: types of PDUs, and the flag of a context that is not the default one. */
enum { AGENTX_GET = 5, AGENTX_GETNEXT = 6, AGENTX_RESPONSE = 18 };
enum { AGENTX_NON_DEFAULT_CONTEXT = 0x08, AGENTX_NETWORK_BYTE_ORDER = 0x10 };

enum { DUPLICATE_REGISTRATION = 263 }; /* 6.2.16 */

struct handler {
	const struct table_group *group;
	const void *context;      /* of the rows */
	oid name[TABLE_MAX_NAME]; /* the group's, as net-snmp writes it */
	/* The master's error, 0: none, of the newest registration and of that before. */
	long refusal, earlier_refusal;
};

/* Where an answer to GETNEXT must end; no length: nowhere. */
struct end {
	const oid *ids;
	size_t length;
};

struct handlers {
	struct logger *logger;
	struct handler **list;
	size_t count;
	struct handler *registering; /* NULL: none at the moment */
};

struct handlers *handlers_new(void *parent, struct logger *logger)
{
	struct handlers *handlers = memory_new(parent, struct handlers);
	handlers->logger = logger;
	return handlers;
}

void handlers_set_value(struct variable_list *variable, const struct column *column,
	const struct cell *cell)
{
	switch (column->type) {
	case ASN_OCTET_STR:
		snmp_set_var_typed_value(
			variable, ASN_OCTET_STR, cell->octets.data, cell->octets.length);
		return;
	case ASN_INTEGER:
		snmp_set_var_typed_integer(variable, ASN_INTEGER, cell->integer);
		return;
	default:
		snmp_set_var_typed_integer(variable, column->type, (long)cell->number);
	}
}

/* Sets the value that an instance has, or that it has none. */
static void get(
	const struct handler *handler, netsnmp_variable_list *variable, int64_t now)
{
	const oid *name = variable->name;
	size_t length = variable->name_length;
	uint8_t nothing = SNMP_NOSUCHOBJECT;
	for (size_t i = 0; i < handler->group->count; i++) {
		const struct table *table = handler->group->tables[i];
		struct cell cell;
		if (!table_holds(table, name, length) || length == table->oid_length)
			continue;
		const struct column *column =
			table_column(table, name[table->oid_length]);
		if (table_get(table, handler->context, name, length, now, &cell)) {
			handlers_set_value(variable, column, &cell);
			return;
		}
		if (column != NULL)
			nothing = SNMP_NOSUCHINSTANCE;
	}
	snmp_set_var_typed_value(variable, nothing, NULL, 0);
}

/* False: nothing follows before `end`. */
static bool get_next(const struct handler *handler, netsnmp_variable_list *variable,
	bool is_inclusive, struct end end, int64_t now)
{
	const struct column *column;
	struct table_name name;
	struct cell cell;
	size_t i = 0;
	while (i < handler->group->count &&
		!table_next(handler->group->tables[i], handler->context, variable->name,
			variable->name_length, is_inclusive, now, &name, &column, &cell))
		i++;
	if (i == handler->group->count)
		return false;
	if (end.length > 0 &&
		snmp_oid_compare(name.ids, name.length, end.ids, end.length) >= 0)
		return false;
	snmp_set_var_objid(variable, name.ids, name.length);
	handlers_set_value(variable, column, &cell);
	return true;
}

/* GETBULK comes as a row of GETNEXTs: that is how snmpd asks a subagent, and for others
 * net-snmp makes them so. */
static int answer(netsnmp_mib_handler *of_library,
	netsnmp_handler_registration *registration, netsnmp_agent_request_info *info,
	netsnmp_request_info *requests)
{
	(void)registration;
	const struct handler *handler = of_library->myvoid;
	const struct end nowhere = {NULL, 0};
	int64_t now = time(NULL);
	for (netsnmp_request_info *request = requests; request != NULL;
		request = request->next) {
		if (request->processed)
			continue;
		if (info->mode == MODE_GET)
			get(handler, request->requestvb, now);
		else if (info->mode == MODE_GETNEXT)
			get_next(handler, request->requestvb, request->inclusive != 0,
				nowhere, now);
	}
	return SNMP_ERR_NOERROR;
}

void handlers_add(
	struct handlers *handlers, const struct table_group *group, const void *context)
{
	struct handler *handler = memory_new(handlers, struct handler);
	handler->group = group;
	handler->context = context;
	for (size_t i = 0; i < group->oid_length; i++)
		handler->name[i] = group->oid[i];
	netsnmp_handler_registration *registration =
		memory_required(netsnmp_create_handler_registration(group->name, answer,
			handler->name, group->oid_length, HANDLER_CAN_RONLY));
	registration->handler->myvoid = handler;
	netsnmp_register_handler(registration);
	handlers->list = memory_resize(
		handlers, handlers->list, struct handler *, handlers->count + 1);
	handlers->list[handlers->count++] = handler;
}

/* --- without the detour --- */

static struct handler *find(struct handlers *handlers, const oid *name, size_t length)
{
	for (size_t i = 0; i < handlers->count; i++) {
		if (table_group_holds(handlers->list[i]->group, name, length))
			return handlers->list[i];
	}
	return NULL;
}

/* The null OID is no end: 0.0 here, or nothing. */
static struct end end_of(const netsnmp_variable_list *variable)
{
	struct end end = {variable->val.objid, variable->val_len / sizeof(oid)};
	if (end.ids == NULL || (end.length > 0 && end.ids[0] == 0))
		end.length = 0;
	return end;
}

static void answer_variable(const struct handler *handler, int command,
	netsnmp_variable_list *variable, int64_t now)
{
	if (command == AGENTX_GET) {
		get(handler, variable, now);
		return;
	}
	bool is_inclusive = variable->type == ASN_PRIV_INCL_RANGE;
	if (!get_next(handler, variable, is_inclusive, end_of(variable), now))
		snmp_set_var_typed_value(variable, SNMP_ENDOFMIBVIEW, NULL, 0);
}

static bool is_for_us(struct handlers *handlers, const netsnmp_pdu *pdu)
{
	if (pdu->command != AGENTX_GET && pdu->command != AGENTX_GETNEXT)
		return false;
	if ((pdu->flags & AGENTX_NON_DEFAULT_CONTEXT) != 0)
		return false;
	for (const netsnmp_variable_list *variable = pdu->variables; variable != NULL;
		variable = variable->next_variable) {
		if (find(handlers, variable->name, variable->name_length) == NULL)
			return false;
	}
	return true;
}

bool handlers_answer(
	struct handlers *handlers, netsnmp_session *session, netsnmp_pdu *pdu)
{
	if (!is_for_us(handlers, pdu))
		return false;
	int64_t now = time(NULL);
	netsnmp_pdu *response = memory_required(snmp_pdu_create(AGENTX_RESPONSE));
	response->version = session->version;
	response->flags |= pdu->flags & AGENTX_NETWORK_BYTE_ORDER;
	response->sessid = pdu->sessid;
	response->transid = pdu->transid;
	response->reqid = pdu->reqid;
	response->errstat = SNMP_ERR_NOERROR;
	response->errindex = 0;
	response->variables = pdu->variables;
	pdu->variables = NULL;
	for (netsnmp_variable_list *variable = response->variables; variable != NULL;
		variable = variable->next_variable)
		answer_variable(find(handlers, variable->name, variable->name_length),
			pdu->command, variable, now);
	if (snmp_send(session, response) == 0)
		snmp_free_pdu(response);
	return true;
}

/* --- registrations at the master --- */

void handlers_expect(struct handlers *handlers, const oid *name, size_t length)
{
	struct handler *handler = find(handlers, name, length);
	handlers->registering = handler;
	if (handler == NULL)
		return;
	handler->earlier_refusal = handler->refusal;
	handler->refusal = 0;
}

bool handlers_is_refusal(struct handlers *handlers, const char *line)
{
	struct handler *handler = handlers->registering;
	return handler != NULL &&
		sscanf(line, "registering pdu failed: %ld", &handler->refusal) == 1;
}

void handlers_conclude(struct handlers *handlers)
{
	const struct handler *handler = handlers->registering;
	handlers->registering = NULL;
	if (handler == NULL || handler->refusal == handler->earlier_refusal)
		return;
	const char *name = handler->group->name;
	if (handler->refusal == 0)
		log_info(handlers->logger, "snmpd takes %s again", name);
	else if (handler->refusal == DUPLICATE_REGISTRATION)
		log_error(handlers->logger,
			"snmpd does not take %s: another subagent serves it already; "
			"tried again each minute",
			name);
	else
		log_error(handlers->logger,
			"snmpd does not take %s: AgentX error %ld; tried again each "
			"minute",
			name, handler->refusal);
}

void handlers_register_again(struct handlers *handlers)
{
	for (size_t i = 0; i < handlers->count; i++) {
		struct handler *handler = handlers->list[i];
		struct register_parameters parameters = {
			.name = handler->name,
			.namelen = handler->group->oid_length,
			.priority = DEFAULT_MIB_PRIORITY,
		};
		if (handler->refusal != 0)
			snmp_call_callbacks(SNMP_CALLBACK_APPLICATION,
				SNMPD_CALLBACK_REGISTER_OID, &parameters);
	}
}
