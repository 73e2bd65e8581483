/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "far_row.h"

#include <string.h>

#include "core/memory.h"
#include "far_cell.h"
#include "far_claim.h"

enum {
	SHORT_TEXT = 255, /* an SnmpAdminString, RFC 3411 */
	LONG_TEXT = 1024, /* an ImcText */
	FROM_ONE = 1,     /* where the MIB's numbers begin at 1 and ours at 0 */
	IS_TRUE = 1,      /* a TruthValue, RFC 2579 */
	IS_FALSE = 2
};

/* Octets of an answer of 1,400 at most that are left for cells: a user of SNMPv3 and the
 * keys of its message take the others. */
enum { ANSWER_CELLS = 1140 };

static const struct far_cell_rule columns[FAR_COLUMNS] = {
	[FAR_STATUS] = {4, "imcServerStatus", true, FORM_INTEGER, 0, STATUSES - 1},
	[FAR_STATUS_TEXT] = {5, "imcServerStatusText", true, FORM_TEXT, 0, SHORT_TEXT},
	[FAR_KEYS] = {6, "imcServerKeys", false, FORM_TEXT, 0, SHORT_TEXT},
	[FAR_LAST_POLL] = {32, "imcServerLastPollTime", false, FORM_MOMENT},
	[FAR_NEXT_POLL] = {35, "imcServerNextPollTime", false, FORM_MOMENT},
	[FAR_FAILED_POLLS] = {38, "imcServerFailedPolls", true, FORM_UNSIGNED, 0,
		UINT32_MAX},
	[FAR_AGE] = {33, "imcServerLastPollAge", false, FORM_UNSIGNED, 0, UINT32_MAX},
	[FAR_INTERVAL] = {31, "imcServerInterval", true, FORM_UNSIGNED, 1, WHEN_DAY},
	[FAR_SERVICE_STATE] = {7, "imcServerServiceState", true, FORM_INTEGER,
		SERVICE_STOPPED, SERVICE_STATES - 1},
	[FAR_IS_INFERRED] = {8, "imcServerStateInferred", false, FORM_INTEGER, IS_TRUE,
		IS_FALSE},
	[FAR_CONDITION] = {14, "imcServerCondition", true, FORM_INTEGER, FROM_ONE,
		CONDITIONS},
	[FAR_TRIGGER] = {15, "imcServerTrigger", true, FORM_INTEGER, FROM_ONE, TRIGGERS},
	[FAR_START_TYPE] = {9, "imcServerStartType", true, FORM_INTEGER, 0,
		START_TYPES - 1},
	[FAR_START_ACCOUNT] = {10, "imcServerStartAccount", false, FORM_TEXT, 0,
		SHORT_TEXT},
	[FAR_WIN32_EXIT] = {11, "imcServerWin32ExitCode", false, FORM_UNSIGNED, 0,
		UINT32_MAX},
	[FAR_SPECIFIC_EXIT] = {12, "imcServerSpecificExitCode", false, FORM_UNSIGNED, 0,
		UINT32_MAX},
	[FAR_STATE_SINCE] = {13, "imcServerStateSince", false, FORM_MOMENT},
	[FAR_EVENTS_4071] = {17, "imcServerEvents4071", false, FORM_UNSIGNED, 0,
		UINT32_MAX},
	[FAR_LAST_4071] = {19, "imcServerLast4071Time", false, FORM_MOMENT},
	[FAR_LAST_4071_RECORD] = {20, "imcServerLast4071Record", false, FORM_UNSIGNED, 0,
		UINT32_MAX},
	[FAR_CAUSE_EVENT] = {21, "imcServerCauseEvent", false, FORM_UNSIGNED, 1,
		UINT16_MAX},
	[FAR_BOOT_TIME] = {23, "imcServerBootTime", false, FORM_MOMENT},
	[FAR_LOG_REACH] = {24, "imcServerLogReachesBackTo", false, FORM_MOMENT},
	[FAR_DAMAGED] = {26, "imcServerDamagedRecords", false, FORM_UNSIGNED, 0,
		UINT32_MAX},
	[FAR_CLOCK_SKEW] = {27, "imcServerClockSkew", false, FORM_INTEGER, INT32_MIN,
		INT32_MAX},
	[FAR_SMB_LEVEL] = {28, "imcServerSmbLevel", false, FORM_TEXT, 0, SHORT_TEXT},
	[FAR_FAILURE_KIND] = {36, "imcServerFailureKind", true, FORM_INTEGER, 0,
		FAILURE_KINDS},
	[FAR_FAILURE_TEXT] = {37, "imcServerFailureText", true, FORM_TEXT, 0, LONG_TEXT},
	[FAR_ADVICE] = {22, "imcServerAdvice", false, FORM_TEXT, 0, LONG_TEXT},
};

static const struct far_cell_rule event_columns[FAR_EVENT_COLUMNS] = {
	[FAR_EVENT_ID] = {2, "imcEventId", true, FORM_UNSIGNED, 0, UINT32_MAX},
	[FAR_EVENT_TIME] = {3, "imcEventTime", true, FORM_MOMENT},
	[FAR_EVENT_RECORD] = {4, "imcEventRecord", true, FORM_UNSIGNED, 0, UINT32_MAX},
	[FAR_EVENT_TRIGGER] = {5, "imcEventTrigger", true, FORM_INTEGER, FROM_ONE,
		TRIGGERS},
};

uint32_t far_row_column(enum far_column column)
{
	return columns[column].number;
}

uint32_t far_row_event_column(enum far_event_column column)
{
	return event_columns[column].number;
}

size_t far_row_batch(enum far_column first)
{
	size_t next = first + 1, size = far_cell_size(&columns[first]);
	while (next < FAR_COLUMNS &&
		(size += far_cell_size(&columns[next])) <= ANSWER_CELLS)
		next++;
	return next - first;
}

bool far_row_is_there(const struct far_row *row)
{
	return row->cells[FAR_STATUS].type != SNMP_NOTHING;
}

static bool is_same_cell(const struct snmp_cell *a, const struct snmp_cell *b)
{
	if (a->type != b->type)
		return false;
	if (a->type != SNMP_OCTETS)
		return a->type == SNMP_NOTHING || a->number == b->number;
	return a->octets.length == b->octets.length &&
		(a->octets.length == 0 ||
			memcmp(a->octets.data, b->octets.data, a->octets.length) == 0);
}

bool far_row_is_same(const struct snmp_cell *before, const struct snmp_cell *after)
{
	for (size_t i = 0; i < FAR_MARKS; i++) {
		if (!is_same_cell(&before[i], &after[i]))
			return false;
	}
	return true;
}

/* --- what checked cells say --- */

static bool check_cells(const struct far_row *row, struct failure *why)
{
	for (size_t i = 0; i < FAR_COLUMNS; i++) {
		if (!far_cell_check(&columns[i], &row->cells[i], why))
			return false;
	}
	return true;
}

static bool has(const struct far_row *row, enum far_column column)
{
	return row->cells[column].type != SNMP_NOTHING;
}

/* None of a server that was not polled yet, there or further on. */
static bool has_keys(const struct far_row *row)
{
	return has(row, FAR_KEYS) && row->cells[FAR_KEYS].octets.length > 0;
}

static int64_t number(const struct far_row *row, enum far_column column)
{
	return has(row, column) ? row->cells[column].number : 0;
}

/* NULL: there is none. */
static char *text(void *parent, const struct far_row *row, enum far_column column)
{
	struct bytes octets = row->cells[column].octets;
	if (!has(row, column))
		return NULL;
	return memory_copy_bytes(parent,
		octets.length > 0 ? (const char *)octets.data : "", octets.length);
}

static int64_t moment_of(const struct snmp_cell *cell)
{
	int64_t moment;
	if (cell->type == SNMP_NOTHING || !far_cell_moment(cell->octets, &moment))
		return NO_TIME;
	return moment;
}

static int64_t moment(const struct far_row *row, enum far_column column)
{
	return moment_of(&row->cells[column]);
}

bool far_row_take_event(struct far_row *row, const struct snmp_cell *cells)
{
	if (row->attempt_count == TOLD_MAX_ATTEMPTS) {
		row->has_bad_attempt = true;
		return fail_at(&row->why, FAIL_PROTOCOL, STAGE_SERVICE,
			"imcEventTable has more than %d failed starts of this server",
			TOLD_MAX_ATTEMPTS);
	}
	for (size_t i = 0; i < FAR_EVENT_COLUMNS; i++) {
		if (!far_cell_check(&event_columns[i], &cells[i], &row->why)) {
			row->has_bad_attempt = true;
			return false;
		}
	}
	row->attempts[row->attempt_count++] = (struct told_attempt){
		.id = (uint32_t)cells[FAR_EVENT_ID].number,
		.time = moment_of(&cells[FAR_EVENT_TIME]),
		.record = (uint32_t)cells[FAR_EVENT_RECORD].number,
		.trigger = (enum trigger)(cells[FAR_EVENT_TRIGGER].number - FROM_ONE),
	};
	return true;
}

/* The key of this name; KEYS: a newer version may have it. */
static enum key key_of(const char *name)
{
	enum key key = 0;
	while (key < KEYS && strcmp(name, key_name(key)) != 0)
		key++;
	return key;
}

/* The first one says how the service is, and it alone. Those that are not known here are
 * left out: told_judge() sees to it that no reason at all is no health. */
static bool take_keys(const struct far_row *row, struct told *told, struct failure *why)
{
	char *list = text(told, row, FAR_KEYS), *rest = list;
	bool is_first = true;
	for (char *name; (name = strsep(&rest, ",")) != NULL; is_first = false) {
		enum key key = key_of(name);
		if (!is_first && key <= KEY_RUNNING)
			return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
				"the row contradicts itself: its imcServerKeys say %s "
				"behind another key: the first one alone is of state",
				key_name(key));
		if (key < KEYS)
			told->keys[key] = true;
	}
	talloc_free(list);
	return true;
}

/* Failed polls keep the verdict until the quick repeats fail; unreachable says it. */
static char *take_text(const struct far_row *row, struct told *told)
{
	long long failed = number(row, FAR_FAILED_POLLS);
	char *verdict = text(told, row, FAR_STATUS_TEXT);
	if (failed == 0 || !has_keys(row) || told->keys[KEY_UNREACHABLE])
		return verdict;
	return memory_format(told, "%s%s%lld poll%s failed since", verdict,
		verdict[0] == '\0' ? "" : "; ", failed, failed == 1 ? "" : "s");
}

static struct told *take_told(void *parent, const struct far_row *row)
{
	struct told *told = memory_new(parent, struct told);
	told->status = (enum status)number(row, FAR_STATUS);
	told->advice = text(told, row, FAR_ADVICE);
	told->condition = (enum condition)(number(row, FAR_CONDITION) - FROM_ONE);
	told->trigger = (enum trigger)(number(row, FAR_TRIGGER) - FROM_ONE);
	told->events_4071 = (unsigned)number(row, FAR_EVENTS_4071);
	told->last_4071 = moment(row, FAR_LAST_4071);
	told->last_4071_record = (uint32_t)number(row, FAR_LAST_4071_RECORD);
	told->cause_event = (uint32_t)number(row, FAR_CAUSE_EVENT);
	told->boot_time = moment(row, FAR_BOOT_TIME);
	told->interval = number(row, FAR_INTERVAL);
	told->age = has(row, FAR_AGE) ? number(row, FAR_AGE) : NO_TIME;
	told->attempts = memory_array(told, struct told_attempt, row->attempt_count);
	told->attempt_count = row->attempt_count;
	for (size_t i = 0; i < row->attempt_count; i++)
		told->attempts[i] = row->attempts[i];
	return told;
}

/* --- do the columns belong to one verdict? --- */

/* Nothing but a poll leads to a verdict; one that learned nothing leaves no age. */
static bool check_age(
	const struct far_row *row, const struct told *told, struct failure *why)
{
	bool may_lack = !has_keys(row) || told->keys[KEY_UNREACHABLE] ||
		told->keys[KEY_MAINTENANCE];
	if (has(row, FAR_AGE) ? has(row, FAR_LAST_POLL)
			      : may_lack && !has(row, FAR_LAST_POLL))
		return true;
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"the row has a verdict, but no %s to say how old it is",
		columns[has(row, FAR_AGE) ? FAR_LAST_POLL : FAR_AGE].name);
}

/* By the far side's own clock. From its present moment the next poll is an interval away
 * at most; as much again is left for a clock that was set in between. */
static bool check_clock(const struct far_row *row, struct failure *why)
{
	enum { FURTHEST = 2 * WHEN_DAY };
	if (!has(row, FAR_AGE) || !has(row, FAR_NEXT_POLL))
		return true;
	int64_t present = moment(row, FAR_LAST_POLL) + number(row, FAR_AGE);
	if (moment(row, FAR_NEXT_POLL) - present <= FURTHEST)
		return true;
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"the row contradicts itself: its imcServerLastPollTime and its age are "
		"more than 2 days short of its imcServerNextPollTime");
}

/* One that a trap began may have failed and does not count. */
static bool check_failures(const struct far_row *row, struct failure *why)
{
	long long failed = number(row, FAR_FAILED_POLLS);
	long long kind = number(row, FAR_FAILURE_KIND);
	return failed == 0 || kind != 0 ||
		fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"the row contradicts itself: %lld polls failed, for no reason",
			failed);
}

static bool check_row(
	const struct far_row *row, const struct told *told, struct failure *why)
{
	enum service_state state = (enum service_state)number(row, FAR_SERVICE_STATE);
	return far_claim_check(told, state, why) && check_age(row, told, why) &&
		check_clock(row, why) && check_failures(row, why);
}

/* --- evidence --- */

/* Why the far side did not learn a part: of its poll, else of its verdict. */
static struct failure far_failure(const struct far_row *row)
{
	struct failure why;
	bool has_failed = number(row, FAR_FAILURE_KIND) != 0;
	char *words = text(NULL, row, has_failed ? FAR_FAILURE_TEXT : FAR_STATUS_TEXT);
	fail(&why,
		has_failed ? (enum failure_kind)(number(row, FAR_FAILURE_KIND) - FROM_ONE)
			   : FAIL_ABSENT,
		"the imc-agentd at %s says: %s", row->agent, words);
	talloc_free(words);
	return why;
}

/* The System log is read by the far side alone: a row has its boot, and no more of it. */
static void take_parts(const struct far_row *row, struct evidence *evidence)
{
	const struct told *told = evidence->told;
	const struct {
		enum part part;
		bool is_known, is_missing;
	} parts[] = {
		{PART_STATE, evidence->service.state != SERVICE_UNKNOWN, true},
		{PART_CONFIG, evidence->service.start_type != START_UNKNOWN,
			told->keys[KEY_CONFIG_UNREADABLE]},
		{PART_APPLICATION, has(row, FAR_EVENTS_4071),
			told->keys[KEY_LOG_UNREADABLE]},
		{PART_SYSTEM, false, told->keys[KEY_SYSTEM_UNREADABLE]},
	};
	struct failure why = far_failure(row);
	bool is_nothing = told->keys[KEY_UNREACHABLE] || !has_keys(row);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].is_known)
			evidence_learned(evidence, parts[i].part);
		else if (parts[i].is_missing || is_nothing)
			evidence_failed(evidence, parts[i].part, &why);
	}
	if (has(row, FAR_CLOCK_SKEW))
		evidence_learned(evidence, PART_CLOCK);
}

static void take_service(const struct far_row *row, struct evidence *evidence)
{
	struct service *service = &evidence->service;
	service->state = (enum service_state)number(row, FAR_SERVICE_STATE);
	service->is_inferred = number(row, FAR_IS_INFERRED) == IS_TRUE;
	service->start_type = (enum start_type)number(row, FAR_START_TYPE);
	service->start_account = text(evidence, row, FAR_START_ACCOUNT);
	service->has_exit_codes = has(row, FAR_WIN32_EXIT);
	service->win32_exit = (uint32_t)number(row, FAR_WIN32_EXIT);
	service->specific_exit = (uint32_t)number(row, FAR_SPECIFIC_EXIT);
}

/* The counts of damage are those of both logs in one column. */
static void take_log(const struct far_row *row, struct evidence *evidence)
{
	struct log *log = &evidence->logs[LOG_APPLICATION];
	log->reaches_back_to = moment(row, FAR_LOG_REACH);
	log->is_wrapped = evidence->told->keys[KEY_LOG_SHORT];
	log->was_cleared = evidence->told->keys[KEY_LOG_CLEARED];
	log->damaged = (uint32_t)number(row, FAR_DAMAGED);
}

static void take_row(const struct far_row *row, struct told *told, int64_t now,
	struct evidence *evidence)
{
	evidence->told = talloc_steal(evidence, told);
	take_service(row, evidence);
	take_log(row, evidence);
	take_parts(row, evidence);
	evidence->clock_skew = number(row, FAR_CLOCK_SKEW);
	evidence->state_since = moment(row, FAR_STATE_SINCE);
	evidence->smb_level = text(evidence, row, FAR_SMB_LEVEL);
	if (told->age != NO_TIME)
		evidence->observed_at = now - told->age;
}

bool far_row_tell(const struct far_row *row, int64_t now, struct evidence *evidence,
	struct failure *why)
{
	if (!check_cells(row, why))
		return false;
	if (row->has_bad_attempt) {
		*why = row->why;
		return false;
	}
	struct told *told = take_told(evidence, row);
	if (take_keys(row, told, why) && check_row(row, told, why)) {
		told->text = take_text(row, told);
		take_row(row, told, now, evidence);
		return true;
	}
	talloc_free(told);
	return false;
}
