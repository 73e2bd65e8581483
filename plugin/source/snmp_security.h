/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SNMP_SECURITY_H
#define IMC_SOURCE_SNMP_SECURITY_H

#include "core/credentials.h"
#include "core/target.h"

/*
 * What is shown to an agent, in net-snmp's form: the community, or version 3's user,
 * level and keys. Each password costs two hashes of a megabyte, so it is made once. Wiped
 * when it is freed, and so is net-snmp's copy when its link is closed; a community was in
 * net-snmp's buffers too, and on the wire. The credentials have to outlive it.
 */
struct snmp_login;
struct snmp_session; /* net-snmp's, known as netsnmp_session too */

/* `version` is not SNMP_ANY. `file` is named where something is missing. */
bool snmp_security_read(void *parent, const struct credentials *credentials,
	const char *file, enum snmp_version version, struct snmp_login **ret,
	struct failure *why);

/* To open others from. */
const struct snmp_session *snmp_security_model(const struct snmp_login *login);

#endif
