/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SNMP_ANSWER_H
#define IMC_SOURCE_SNMP_ANSWER_H

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "snmp_link.h"

/* What net-snmp took apart, in our terms: checked, and bounded by the question. `name` is
 * the agent's, for messages. */
bool snmp_answer_take(void *parent, const netsnmp_pdu *pdu,
	const struct snmp_question *question, const char *name, struct snmp_answer *ret,
	struct failure *why);

/* Version 3: why the agent did not even look at the question; `type` is SNMPERR_...
 * Returns false. */
bool snmp_answer_report(int type, const char *name, struct failure *why);

#endif
