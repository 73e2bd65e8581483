/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "core/memory.h"
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

/*
 * The view's rows are in the order of their names; here they go by applIndex. The order
 * is made anew whenever it no longer fits, which is looked at with each question, so that
 * nobody has to say when the servers have changed.
 */
struct order {
	const struct objects_view *view;
	size_t *places; /* in view->rows */
	size_t count;
};

static uint32_t index_at(const struct order *order, size_t position)
{
	return order->view->rows[order->places[position]]->appl_index;
}

static bool is_right(const struct order *order)
{
	if (order->count != order->view->row_count)
		return false;
	for (size_t i = 1; i < order->count; i++) {
		if (index_at(order, i - 1) >= index_at(order, i))
			return false;
	}
	return true;
}

static int compare_places(const void *a, const void *b, void *context)
{
	const struct objects_view *view = context;
	uint32_t first = view->rows[*(const size_t *)a]->appl_index;
	uint32_t second = view->rows[*(const size_t *)b]->appl_index;
	return (first > second) - (first < second);
}

static void make_right(struct order *order)
{
	if (is_right(order))
		return;
	order->count = order->view->row_count;
	if (order->count == 0)
		return;
	order->places = memory_resize(order, order->places, size_t, order->count);
	for (size_t i = 0; i < order->count; i++)
		order->places[i] = i;
	qsort_r(order->places, order->count, sizeof(size_t), compare_places,
		(void *)order->view);
}

/* The rows' context is the place of a pointer, because it does not change itself. */

static size_t count(const void *context)
{
	struct order *const *order = context;
	make_right(*order);
	return (*order)->count;
}

static const void *row_of(const void *context, size_t position)
{
	struct order *const *order = context;
	return (*order)->view->rows[(*order)->places[position]];
}

static size_t index_of(const void *context, size_t position, uint32_t *ret)
{
	struct order *const *order = context;
	ret[0] = index_at(*order, position);
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

const void *appl_rows(void *parent, const struct objects_view *view)
{
	struct order **place = memory_new(parent, struct order *);
	*place = memory_new(place, struct order);
	(*place)->view = view;
	return place;
}

void appl_register(struct agentx *agentx, const struct objects_view *view)
{
	agentx_serve(agentx, &group, appl_rows(agentx, view));
}
