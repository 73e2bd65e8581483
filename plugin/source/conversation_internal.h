/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_CONVERSATION_INTERNAL_H
#define IMC_SOURCE_CONVERSATION_INTERNAL_H

#include "conversation.h"
#include "snmp_link.h"

/* For the files of a conversation only: conversation*.c. */

/* Of the names in one question, or in the answer to one that asks for rows: with values
 * of a few octets no answer should have to be cut into fragments, which firewalls drop.
 * Who asks for longer values asks for fewer at once. */
enum { QUESTION_IDS = 700 };

/* One question, to the agent's first address or, as long as nothing listens there, the
 * next ones. After a failure each further question fails for the same reason. */
bool conversation_ask(void *parent, struct conversation *conversation,
	const struct snmp_question *question, struct snmp_answer *ret,
	struct failure *why);

/* May several rows be asked for at once? Not in version 1. */
bool conversation_has_bulk(const struct conversation *conversation);
/* The agent, for messages; belongs to the conversation, until the next question. */
const char *conversation_name(const struct conversation *conversation);

#endif
