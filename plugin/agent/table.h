/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TABLE_H
#define IMC_AGENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/library/oid.h>

/*
 * Read-only SNMP tables from column descriptors. Values are taken from memory at the
 * moment of the request; a getter that has none leaves a hole, which GET answers with
 * noSuchInstance and GETNEXT skips. A group of scalars is a table too: of one row, whose
 * index is 0.
 */

/* A value, of its column's type; what it points to lives until the request is answered.
 */
struct cell {
	union {
		int32_t integer; /* ASN_INTEGER */
		uint32_t number; /* ASN_UNSIGNED, which is ASN_GAUGE, and ASN_COUNTER */
		struct {
			const void *data;
			size_t length;
		} octets; /* ASN_OCTET_STR */
	};
	uint8_t room[64]; /* for what is made at the moment: a DateAndTime, a name */
};

struct column {
	uint32_t id;
	const char *name; /* as the MIB has it */
	uint8_t type;     /* ASN_... */
	/* False: there is none. `now` is this machine's clock. */
	bool (*get)(const void *row, const struct column *column, int64_t now,
		struct cell *ret);
	size_t offset; /* of the member that `get` shows, where it shows just one */
};

enum { TABLE_MAX_INDEX = 40, TABLE_MAX_NAME = 128 };

/* The rows of a table in the order of their index. */
struct table_rows {
	size_t (*count)(const void *context);
	/* NULL: nothing is there, which is a row of holes. */
	const void *(*row)(const void *context, size_t position);
	/* Writes the row's index as sub-identifiers; returns how many. That of a row that
	 * is not there must not break the order. */
	size_t (*index)(const void *context, size_t position, uint32_t *ret);
};

struct table {
	const char *name;
	const uint32_t *oid; /* of the entry */
	size_t oid_length;
	const struct column *columns; /* ids rise */
	size_t column_count;
	const struct table_rows *rows;
};

/* Tables below one name, which are registered together; in the order of their names. */
struct table_group {
	const char *name;
	const uint32_t *oid;
	size_t oid_length;
	const struct table *const *tables;
	size_t count;
};

struct table_name {
	oid ids[TABLE_MAX_NAME];
	size_t length;
};

/* NULL where there is no such column. */
const struct column *table_column(const struct table *table, oid id);

/* Is the name that of the table's entry, or of the group, or below it? */
bool table_holds(const struct table *table, const oid *name, size_t length);
bool table_group_holds(const struct table_group *group, const oid *name, size_t length);

/* The value of one instance. False: there is none. */
bool table_get(const struct table *table, const void *context, const oid *name,
	size_t length, int64_t now, struct cell *ret);

/* The first value after a name, or at it where `is_inclusive`; false: none follows. */
bool table_next(const struct table *table, const void *context, const oid *name,
	size_t length, bool is_inclusive, int64_t now, struct table_name *ret_name,
	const struct column **ret_column, struct cell *ret);

#endif
