/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_OBJECTS_TABLES_H
#define IMC_AGENT_OBJECTS_TABLES_H

#include "objects.h"
#include "table.h"

/*
 * The MIB as tables. What each of them wants as its rows' context: objects_view;
 * objects_told, which is not registered, has one row, a notice.
 */
extern const struct table objects_scalars, objects_servers, objects_events, objects_told;

/* RFC 2788's. */
extern const struct table appl_table;

/* The objects of a notification, snmpTrapOID.0 first; for snmp_free_varbind(). */
struct variable_list;
struct variable_list *objects_notification(const struct notice *notice, int64_t now);

/* How long texts can be; longer ones are cut between two characters. */
enum { OBJECTS_TEXT = 255, OBJECTS_LONG_TEXT = 1024 };

/* Getters of one member, at the column's offset. */
bool objects_number(const void *row, const struct column *column, int64_t now,
	struct cell *ret); /* uint32_t */
bool objects_flag(const void *row, const struct column *column, int64_t now,
	struct cell *ret); /* bool, as a TruthValue */
bool objects_moment(const void *row, const struct column *column, int64_t now,
	struct cell *ret); /* int64_t, as a DateAndTime; NO_TIME: no value */
bool objects_text(const void *row, const struct column *column, int64_t now,
	struct cell *ret); /* char *; NULL: no value */
bool objects_long_text(
	const void *row, const struct column *column, int64_t now, struct cell *ret);

/* The values themselves. */
bool objects_set_moment(int64_t moment, struct cell *ret);
void objects_set_text(const char *text, size_t limit, struct cell *ret);
void objects_set_flag(bool is_true, struct cell *ret);
/* Sub-identifiers of a name as an index: its length, then its bytes. */
size_t objects_name_index(const char *name, uint32_t *ret);

#endif
