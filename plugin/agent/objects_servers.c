/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "objects_tables.h"

/* Where the MIB's numbers begin at 1 and ours at 0; a failure's 0 is none. */
enum { FROM_ONE = 1 };

/* What a verdict says is there only once there is one: a server that was not polled yet
 * is unknown, never well. */

static bool judged_text(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->is_judged && objects_text(row, column, now, ret);
}

static bool judged_long_text(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->is_judged && objects_long_text(row, column, now, ret);
}

static bool judged_moment(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->is_judged && objects_moment(row, column, now, ret);
}

static bool get_status(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	ret->integer = (int32_t)(server->is_judged ? server->status : STATUS_UNKNOWN);
	return true;
}

static bool get_status_text(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	objects_set_text(server->text != NULL ? server->text : "", OBJECTS_TEXT, ret);
	return true;
}

static bool get_service_state(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	ret->integer =
		(int32_t)(server->is_judged ? server->service_state : SERVICE_UNKNOWN);
	return true;
}

static bool get_is_inferred(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	objects_set_flag(server->is_inferred, ret);
	return server->is_judged && server->service_state != SERVICE_UNKNOWN;
}

static bool get_start_type(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	ret->integer = (int32_t)(server->is_judged ? server->start_type : START_UNKNOWN);
	return true;
}

static bool get_win32_exit(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->is_judged && server->has_exit_codes &&
		objects_number(row, column, now, ret);
}

static bool get_specific_exit(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->win32_exit == EXIT_SERVICE_SPECIFIC &&
		get_win32_exit(row, column, now, ret);
}

static bool get_condition(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	enum condition condition =
		server->is_judged ? server->condition : CONDITION_UNKNOWN;
	ret->integer = (int32_t)condition + FROM_ONE;
	return true;
}

static bool get_trigger(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	enum trigger trigger = server->is_judged ? server->trigger : TRIGGER_UNKNOWN;
	ret->integer = (int32_t)trigger + FROM_ONE;
	return true;
}

/* Of the Application log, where it was read. */
static bool get_of_log(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->is_judged && server->has_events_4071 &&
		objects_number(row, column, now, ret);
}

static bool get_last_record(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->is_judged && server->last_4071 != NO_TIME &&
		objects_number(row, column, now, ret);
}

static bool get_cause_event(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->is_judged && server->cause_event != 0 &&
		objects_number(row, column, now, ret);
}

static bool get_clock_skew(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	int64_t skew = server->clock_skew;
	ret->integer = (int32_t)(skew > INT32_MAX ? INT32_MAX
			: skew < INT32_MIN        ? INT32_MIN
						  : skew);
	return server->is_judged && server->has_clock_skew;
}

static uint32_t clip(int64_t value)
{
	return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static bool get_interval(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	ret->number = clip(server->interval);
	return true;
}

/* One that is over says nothing any more. */
static bool get_backoff(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->backoff_until > now && objects_moment(row, column, now, ret);
}

static bool get_poll_age(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	const struct row *server = row;
	if (server->last_poll == NO_TIME)
		return false;
	ret->number = clip(now - server->last_poll);
	return true;
}

static bool get_poll_ms(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct row *server = row;
	return server->last_poll != NO_TIME && objects_number(row, column, now, ret);
}

static bool get_failure_kind(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	ret->integer = server->has_failed ? (int32_t)server->failure_kind + FROM_ONE : 0;
	return true;
}

static bool get_failure_text(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	(void)column;
	(void)now;
	const struct row *server = row;
	bool has_text = server->has_failed && server->failure_text != NULL;
	objects_set_text(has_text ? server->failure_text : "", OBJECTS_LONG_TEXT, ret);
	return true;
}

#define AT(member) offsetof(struct row, member)

static const struct column columns[] = {
	{2, "imcServerAddress", ASN_OCTET_STR, objects_text, AT(address)},
	{3, "imcServerSource", ASN_OCTET_STR, objects_text, AT(source)},
	{4, "imcServerStatus", ASN_INTEGER, get_status, 0},
	{5, "imcServerStatusText", ASN_OCTET_STR, get_status_text, 0},
	{6, "imcServerKeys", ASN_OCTET_STR, judged_text, AT(keys)},
	{7, "imcServerServiceState", ASN_INTEGER, get_service_state, 0},
	{8, "imcServerStateInferred", ASN_INTEGER, get_is_inferred, 0},
	{9, "imcServerStartType", ASN_INTEGER, get_start_type, 0},
	{10, "imcServerStartAccount", ASN_OCTET_STR, judged_text, AT(start_account)},
	{11, "imcServerWin32ExitCode", ASN_UNSIGNED, get_win32_exit, AT(win32_exit)},
	{12, "imcServerSpecificExitCode", ASN_UNSIGNED, get_specific_exit,
		AT(specific_exit)},
	{13, "imcServerStateSince", ASN_OCTET_STR, judged_moment, AT(state_since)},
	{14, "imcServerCondition", ASN_INTEGER, get_condition, 0},
	{15, "imcServerTrigger", ASN_INTEGER, get_trigger, 0},
	{16, "imcServerConditionSince", ASN_OCTET_STR, judged_moment,
		AT(condition_since)},
	{17, "imcServerEvents4071", ASN_GAUGE, get_of_log, AT(events_4071)},
	{18, "imcServerTotal4071", ASN_COUNTER, objects_number, AT(total_4071)},
	{19, "imcServerLast4071Time", ASN_OCTET_STR, judged_moment, AT(last_4071)},
	{20, "imcServerLast4071Record", ASN_UNSIGNED, get_last_record,
		AT(last_4071_record)},
	{21, "imcServerCauseEvent", ASN_UNSIGNED, get_cause_event, AT(cause_event)},
	{22, "imcServerAdvice", ASN_OCTET_STR, judged_long_text, AT(advice)},
	{23, "imcServerBootTime", ASN_OCTET_STR, judged_moment, AT(boot_time)},
	{24, "imcServerLogReachesBackTo", ASN_OCTET_STR, judged_moment,
		AT(log_reaches_back_to)},
	{25, "imcServerLogClearedAt", ASN_OCTET_STR, judged_moment, AT(log_cleared_at)},
	{26, "imcServerDamagedRecords", ASN_GAUGE, get_of_log, AT(damaged_records)},
	{27, "imcServerClockSkew", ASN_INTEGER, get_clock_skew, 0},
	{28, "imcServerSmbLevel", ASN_OCTET_STR, judged_text, AT(smb_level)},
	{29, "imcServerMaintenance", ASN_INTEGER, objects_flag, AT(is_maintenance)},
	{30, "imcServerFixedSince", ASN_OCTET_STR, objects_moment, AT(fixed_since)},
	{31, "imcServerInterval", ASN_UNSIGNED, get_interval, 0},
	{32, "imcServerLastPollTime", ASN_OCTET_STR, objects_moment, AT(last_poll)},
	{33, "imcServerLastPollAge", ASN_GAUGE, get_poll_age, 0},
	{34, "imcServerLastPollDuration", ASN_UNSIGNED, get_poll_ms, AT(last_poll_ms)},
	{35, "imcServerNextPollTime", ASN_OCTET_STR, objects_moment, AT(next_poll)},
	{36, "imcServerFailureKind", ASN_INTEGER, get_failure_kind, 0},
	{37, "imcServerFailureText", ASN_OCTET_STR, get_failure_text, 0},
	{38, "imcServerFailedPolls", ASN_GAUGE, objects_number, AT(failed_polls)},
	{39, "imcServerBackoffUntil", ASN_OCTET_STR, get_backoff, AT(backoff_until)},
	{40, "imcServerDiscontinuityTime", ASN_OCTET_STR, objects_moment,
		AT(discontinuity_time)},
};

static size_t count(const void *context)
{
	const struct objects_view *view = context;
	return view->row_count;
}

static const void *row_of(const void *context, size_t position)
{
	const struct objects_view *view = context;
	return view->rows[position];
}

static size_t index_of(const void *context, size_t position, uint32_t *ret)
{
	const struct objects_view *view = context;
	return objects_name_index(view->rows[position]->server, ret);
}

static const uint32_t entry[] = {IMC_MIB_ROOT, 1, 2, 1};
static const struct table_rows rows = {count, row_of, index_of};

const struct table objects_servers = {
	.name = "imcServerTable",
	.oid = entry,
	.oid_length = sizeof(entry) / sizeof(entry[0]),
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.rows = &rows,
};
