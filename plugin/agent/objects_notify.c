/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <time.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "handlers.h"
#include "objects_tables.h"

/* A DateAndTime of nothing but zeros, in UTC: an event whose time is not known. */
static const uint8_t no_date[11] = {[8] = '+'};

static bool get_name(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct notice *notice = row;
	objects_set_text(notice->row->server, OBJECTS_TEXT, ret);
	return true;
}

static bool get_event_time(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct notice *notice = row;
	if (!objects_set_moment(notice->event_time, ret)) {
		ret->octets.data = no_date;
		ret->octets.length = sizeof(no_date);
	}
	return true;
}

static bool get_reason(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct notice *notice = row;
	ret->integer = (int32_t)notice->reason;
	return true;
}

static const struct column columns[] = {
	{1, "imcServerNotifyName", ASN_OCTET_STR, get_name, 0},
	{2, "imcNotifyEventTime", ASN_OCTET_STR, get_event_time, 0},
	{3, "imcNotifyReason", ASN_INTEGER, get_reason, 0},
	{4, "imcNotifySequence", ASN_UNSIGNED, objects_number,
		offsetof(struct notice, sequence)},
};

static const uint32_t group[] = {IMC_MIB_ROOT, 1, 4};

const struct table objects_told = {
	.name = "imcNotifyObjects",
	.oid = group,
	.oid_length = sizeof(group) / sizeof(group[0]),
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
};

/* The objects of every notification, as the MIB lists them. */
static const struct {
	const struct table *table;
	uint32_t column;
} members[] = {
	{&objects_told, 1},
	{&objects_servers, 4},
	{&objects_servers, 5},
	{&objects_servers, 14},
	{&objects_servers, 15},
	{&objects_told, 2},
	{&objects_told, 3},
	{&objects_told, 4},
};

static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};

static void add_value(netsnmp_variable_list **list, const struct table *table,
	const struct column *column, const struct notice *notice, int64_t now)
{
	bool is_column = table == &objects_servers;
	const void *row = is_column ? (const void *)notice->row : notice;
	uint32_t index[TABLE_MAX_INDEX] = {0};
	size_t index_length =
		is_column ? objects_name_index(notice->row->server, index) : 1;
	struct cell cell;
	if (!column->get(row, column, now, &cell))
		return;
	oid name[TABLE_MAX_NAME];
	size_t length = 0;
	for (size_t i = 0; i < table->oid_length; i++)
		name[length++] = table->oid[i];
	name[length++] = column->id;
	for (size_t i = 0; i < index_length; i++)
		name[length++] = index[i];
	handlers_set_value(
		snmp_varlist_add_variable(list, name, length, ASN_NULL, NULL, 0), column,
		&cell);
}

netsnmp_variable_list *objects_notification(const struct notice *notice, int64_t now)
{
	const oid kind[] = {IMC_MIB_ROOT, 0, (oid)notice->kind + 1};
	netsnmp_variable_list *list = NULL;
	snmp_varlist_add_variable(
		&list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, kind, sizeof(kind));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct table *table = members[i].table;
		add_value(&list, table, table_column(table, members[i].column), notice,
			now);
	}
	return list;
}

bool objects_notify(struct agentx *agentx, const struct notice *notice)
{
	netsnmp_variable_list *list = objects_notification(notice, time(NULL));
	bool is_sent = agentx_notify(agentx, list);
	snmp_free_varbind(list);
	return is_sent;
}
