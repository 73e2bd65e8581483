/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "objects_tables.h"

static bool get_reload_error(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct totals *totals = &((const struct objects_view *)row)->totals;
	const char *text = totals->reload_error != NULL ? totals->reload_error : "";
	objects_set_text(text, OBJECTS_LONG_TEXT, ret);
	return true;
}

static bool get_server_count(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct objects_view *view = row;
	ret->number = (uint32_t)view->row_count;
	return true;
}

/* Counted anew each time: the sums never disagree with the rows. */
static bool get_count_by_status(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)now;
	const struct objects_view *view = row;
	ret->number = 0;
	for (size_t i = 0; i < view->row_count; i++)
		ret->number += view->rows[i]->status == (enum status)column->offset;
	return true;
}

/* Without a row there is nothing of which to say that it is well. */
static bool get_worst(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct objects_view *view = row;
	enum status worst = view->row_count > 0 ? STATUS_OK : STATUS_UNKNOWN;
	for (size_t i = 0; i < view->row_count; i++)
		worst = status_worst(worst, view->rows[i]->status);
	ret->integer = (int32_t)worst;
	return true;
}

#define AT(member) offsetof(struct objects_view, totals.member)

static const struct column columns[] = {
	{1, "imcAgentVersion", ASN_OCTET_STR, objects_text, AT(version)},
	{2, "imcAgentStartTime", ASN_OCTET_STR, objects_moment, AT(started_at)},
	{3, "imcLastReloadTime", ASN_OCTET_STR, objects_moment, AT(reloaded_at)},
	{4, "imcLastReloadError", ASN_OCTET_STR, get_reload_error, 0},
	{5, "imcServerCount", ASN_GAUGE, get_server_count, 0},
	{6, "imcServersOk", ASN_GAUGE, get_count_by_status, STATUS_OK},
	{7, "imcServersWarning", ASN_GAUGE, get_count_by_status,
		STATUS_WARNING},
	{8, "imcServersCritical", ASN_GAUGE, get_count_by_status,
		STATUS_CRITICAL},
	{9, "imcServersUnknown", ASN_GAUGE, get_count_by_status,
		STATUS_UNKNOWN},
	{10, "imcWorstStatus", ASN_INTEGER, get_worst, 0},
	{11, "imcPollsDone", ASN_COUNTER, objects_number, AT(polls_done)},
	{12, "imcPollsFailed", ASN_COUNTER, objects_number, AT(polls_failed)},
	{13, "imcWorkersKilled", ASN_COUNTER, objects_number, AT(workers_killed)},
	{14, "imcNotificationsSent", ASN_COUNTER, objects_number, AT(notifications_sent)},
	{15, "imcNotificationsSuppressed", ASN_COUNTER, objects_number,
		AT(notifications_suppressed)},
	{16, "imcNotificationsEnabled", ASN_INTEGER, objects_flag,
		AT(are_notifications_enabled)},
	{17, "imcAgentxReconnects", ASN_COUNTER, objects_number, AT(reconnects)},
	{18, "imcUnknownTraps", ASN_COUNTER, objects_number, AT(unknown_traps)},
};

static size_t count(const void *context)
{
	(void)context;
	return 1;
}

static const void *row_of(const void *context, size_t position)
{
	(void)position;
	return context;
}

static size_t index_of(const void *context, size_t position, uint32_t *ret)
{
	(void)context;
	(void)position;
	ret[0] = 0;
	return 1;
}

static const uint32_t group[] = {IMC_MIB_ROOT, 1, 1};
static const struct table_rows rows = {count, row_of, index_of};

const struct table objects_scalars = {
	.name = "imcAgent",
	.oid = group,
	.oid_length = sizeof(group) / sizeof(group[0]),
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.rows = &rows,
};
