/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_BASES_H
#define IMC_TRAP_BASES_H

#include "core/failure.h"
#include "oid.h"

/*
 * The OIDs below which Windows sends events as traps: below each, the source's name as
 * BASE.<its length>.<its octets> is the enterprise, and BASE.9999.N.0 are the parts of
 * the event. Microsoft's two always, and those that are configured
 * (SNMP_EVENTS\EventLog\Parameters\BaseEnterpriseOID in the registry of a server).
 */
struct bases;

/* `configured` has OIDs separated by commas; NULL: none. */
bool bases_new(
	void *parent, const char *configured, struct bases **ret, struct failure *why);

/* How many parts of the OID are a base, the longest one that fits; 0: none is. */
size_t bases_match(const struct bases *bases, const struct oid *oid);

#endif
