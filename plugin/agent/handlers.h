/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_HANDLERS_H
#define IMC_AGENT_HANDLERS_H

#include "table.h"

struct logger;
struct snmp_pdu;
struct snmp_session;
struct variable_list;

/* The tables that net-snmp's agent library knows of, and how registering them went. */
struct handlers;

struct handlers *handlers_new(void *parent, struct logger *logger);

/* `context` goes to the rows. */
void handlers_add(
	struct handlers *handlers, const struct table_group *group, const void *context);

/*
 * Answers a GET or GETNEXT of the master at once, where all that it asks for is in these
 * tables. False: nothing was done, net-snmp has to do it, by way of two pipes to itself,
 * which costs twice as much.
 */
bool handlers_answer(
	struct handlers *handlers, struct snmp_session *session, struct snmp_pdu *pdu);

/*
 * Around each registration that net-snmp sends to the master: what it is for; whether the
 * line that net-snmp logs is its refusal, of which there is no other trace; how it ended.
 * A refusal is logged once, and its end too.
 */
void handlers_expect(struct handlers *handlers, const oid *name, size_t length);
bool handlers_is_refusal(struct handlers *handlers, const char *line);
void handlers_conclude(struct handlers *handlers);

/* Sends those that were refused to the master once more. */
void handlers_register_again(struct handlers *handlers);

/* Puts a cell into a variable of net-snmp. */
void handlers_set_value(struct variable_list *variable, const struct column *column,
	const struct cell *cell);

#endif
