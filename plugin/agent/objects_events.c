/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "objects_tables.h"

static bool get_trigger(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row_event *event = row;
	ret->integer = (int32_t)event->trigger + 1;
	return true;
}

#define AT(member) offsetof(struct row_event, member)

static const struct column columns[] = {
	{2, "imcEventId", ASN_UNSIGNED, objects_number, AT(id)},
	{3, "imcEventTime", ASN_OCTET_STR, objects_moment, AT(time)},
	{4, "imcEventRecord", ASN_UNSIGNED, objects_number, AT(record)},
	{5, "imcEventTrigger", ASN_INTEGER, get_trigger, 0},
	{6, "imcEventText", ASN_OCTET_STR, objects_long_text, AT(text)},
};

/* Each server has ROW_EVENTS places, of which the last ones may be empty: so the place
 * says whose event it is, and nothing needs to be counted. */

static size_t count(const void *context)
{
	const struct objects_view *view = context;
	return view->row_count * ROW_EVENTS;
}

static const void *row_of(const void *context, size_t position)
{
	const struct objects_view *view = context;
	const struct row *server = view->rows[position / ROW_EVENTS];
	size_t place = position % ROW_EVENTS;
	/* Before the first poll no more than their numbers is known. */
	return server->is_judged && place < server->event_count ? &server->events[place]
								: NULL;
}

/* Empty places come after all numbers. */
static size_t index_of(const void *context, size_t position, uint32_t *ret)
{
	const struct objects_view *view = context;
	const struct row_event *event = row_of(context, position);
	size_t length =
		objects_name_index(view->rows[position / ROW_EVENTS]->server, ret);
	ret[length] = event != NULL ? event->number : UINT32_MAX;
	return length + 1;
}

static const uint32_t entry[] = {IMC_MIB_ROOT, 1, 3, 1};
static const struct table_rows rows = {count, row_of, index_of};

const struct table objects_events = {
	.name = "imcEventTable",
	.oid = entry,
	.oid_length = sizeof(entry) / sizeof(entry[0]),
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.rows = &rows,
};
