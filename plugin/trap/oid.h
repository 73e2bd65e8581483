/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_OID_H
#define IMC_TRAP_OID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/value.h"

/*
 * An object identifier as snmptrapd prints it, in numbers. A number has up to 64 bits:
 * net-snmp makes the one of a negative specific-trap by extending its sign.
 */
struct oid {
	uint64_t parts[OID_MAX_PARTS];
	size_t count;
	/* It begins with a name that is not known here: the parts are those behind it. */
	bool is_partial;
};

/* Reads every spelling: ".1.3.6", "iso.3.6", ".iso.org.dod...", "SNMPv2-SMI::enterprises.
 * 311", "enterprises.311"; only the last number may be negative. False, and nothing
 * written, for what is none of them. */
bool oid_parse(struct bytes text, struct oid *ret);

bool oid_begins(const struct oid *oid, const struct oid *with);
bool oid_is(const struct oid *oid, const struct oid *other);

#endif
