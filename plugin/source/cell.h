/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_CELL_H
#define IMC_SOURCE_CELL_H

#include <stdbool.h>

#include "core/bytes.h"

/* Names and values of SNMP, apart from net-snmp's. */

enum { SNMP_MAX_NAME = 128 }; /* sub-identifiers, RFC 3416 */

struct snmp_name {
	size_t length;
	uint32_t ids[SNMP_MAX_NAME];
};

enum snmp_type {
	SNMP_NOTHING,  /* there is no such object */
	SNMP_END,      /* there is no further one */
	SNMP_INTEGER,  /* `number` */
	SNMP_UNSIGNED, /* Counter32, Gauge32, TimeTicks, Counter64: `number` */
	SNMP_OCTETS,   /* `octets`, which belong to the array of cells */
	SNMP_OTHER     /* a type that nobody here asks for */
};

struct snmp_cell {
	struct snmp_name name;
	enum snmp_type type;
	int64_t number;
	struct bytes octets;
};

/* `base` with `count` more sub-identifiers; those beyond SNMP_MAX_NAME are left out. */
struct snmp_name cell_name_of(
	const uint32_t *base, size_t base_count, const uint32_t *more, size_t count);

/* Less than 0, 0, more than 0: in the order of SNMP, where a name comes before those that
 * it begins. */
int cell_name_compare(const struct snmp_name *a, const struct snmp_name *b);
/* The same of what follows the first sub-identifiers, which both have. */
int cell_name_compare_from(const struct snmp_name *a, size_t from_a,
	const struct snmp_name *b, size_t from_b);
bool cell_name_begins(const struct snmp_name *name, const struct snmp_name *beginning);

#endif
