/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "objects_tables.h"

/* RFC 2788, applOperStatus */
enum oper_status {
	OPER_NONE,
	OPER_UP,
	OPER_DOWN,
	OPER_HALTED,
	OPER_CONGESTED,
	OPER_RESTARTING,
	OPER_QUIESCING
};

static const enum oper_status oper_status_of[SERVICE_STATES] = {
	[SERVICE_STOPPED] = OPER_DOWN,
	[SERVICE_START_PENDING] = OPER_RESTARTING,
	[SERVICE_STOP_PENDING] = OPER_QUIESCING,
	[SERVICE_RUNNING] = OPER_UP,
	[SERVICE_CONTINUE_PENDING] = OPER_RESTARTING,
	[SERVICE_PAUSE_PENDING] = OPER_QUIESCING,
	[SERVICE_PAUSED] = OPER_HALTED,
	[SERVICE_ABSENT] = OPER_DOWN,
};

static bool get_name(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	int length = snprintf((char *)ret->room, sizeof(ret->room),
		"MSExchangeIMC on %.32s", server->server);
	ret->octets.data = ret->room;
	ret->octets.length = (size_t)length;
	return true;
}

static bool get_oper_status(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	if (!server->is_judged)
		return false;
	ret->integer = (int32_t)oper_status_of[server->service_state];
	return ret->integer != OPER_NONE;
}

static const struct column columns[] = {
	{2, "applName", ASN_OCTET_STR, get_name, 0},
	{6, "applOperStatus", ASN_INTEGER, get_oper_status, 0},
};

static size_t count(const void *context)
{
	const struct objects_view *view = context;
	return view->row_count;
}

static const void *row_of(const void *context, size_t position)
{
	const struct objects_view *view = context;
	return view->rows_by_appl_index[position];
}

static size_t index_of(const void *context, size_t position, uint32_t *ret)
{
	const struct objects_view *view = context;
	ret[0] = view->rows_by_appl_index[position]->appl_index;
	return 1;
}

static const uint32_t entry[] = {1, 3, 6, 1, 2, 1, 27, 1, 1};
static const struct table_rows rows = {count, row_of, index_of};

const struct table appl_table = {
	.name = "applTable",
	.oid = entry,
	.oid_length = sizeof(entry) / sizeof(entry[0]),
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.rows = &rows,
};

static const struct table *const tables[] = {&appl_table};

static const struct table_group group = {
	.name = "applTable",
	.oid = entry,
	.oid_length = sizeof(entry) / sizeof(entry[0]),
	.tables = tables,
	.count = 1,
};

void appl_register(struct agentx *agentx, const struct objects_view *view)
{
	agentx_serve(agentx, &group, view);
}
