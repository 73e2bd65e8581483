/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "row.h"

#include <stdlib.h>
#include <string.h>

#include "core/catalogue.h"
#include "core/memory.h"
#include "core/text.h"

enum {
	TEXT_BYTES = 255, /* an SnmpAdminString, RFC 3411 */
	LONG_BYTES = 1024 /* an ImcText */
};

char *row_long_text(struct row *row, const char *text)
{
	return text_clean_value(row, text, LONG_BYTES);
}

static void replace(struct row *row, char **field, const char *text)
{
	char *before = *field;
	*field = text == NULL ? NULL : text_clean_value(row, text, TEXT_BYTES);
	talloc_free(before);
}

void row_configure(struct row *row, const struct target *target)
{
	replace(row, &row->address, target->address);
	row->source = target->source;
	row->interval = target->interval;
	row->is_maintenance = target->policy.is_maintenance;
	row->fixed_since = target->policy.fixed_since;
}

void row_forget(struct row *row)
{
	row->is_judged = false;
	row->status = STATUS_UNKNOWN;
	replace(row, &row->text, "not polled yet");
	replace(row, &row->keys, "");
	memset(row->has_keys, 0, sizeof(row->has_keys));
}

struct row *row_new(void *parent, const struct target *target, int64_t now)
{
	struct row *row = memory_new(parent, struct row);
	row->server = memory_copy(row, target->server);
	row_configure(row, target);
	row_forget(row);
	row->service_state = SERVICE_UNKNOWN;
	row->start_type = START_UNKNOWN;
	row->condition = CONDITION_UNKNOWN;
	row->trigger = TRIGGER_NONE;
	row->state_since = row->condition_since = row->last_4071 = NO_TIME;
	row->boot_time = row->log_reaches_back_to = row->log_cleared_at = NO_TIME;
	row->last_poll = row->next_poll = row->backoff_until = NO_TIME;
	row->discontinuity_time = now;
	row->counted.time = NO_TIME;
	row->next_event = 1;
	return row;
}

static void join_keys(struct row *row)
{
	char *list = memory_copy(row, "");
	for (int key = 0; key < KEYS; key++) {
		if (!row->has_keys[key])
			continue;
		char *longer = memory_format(
			row, "%s%s%s", list, list[0] == '\0' ? "" : ",", key_name(key));
		talloc_free(list);
		list = longer;
	}
	talloc_free(row->keys);
	row->keys = list;
}

static void take_service(struct row *row, const struct service *service)
{
	row->service_state = service->state;
	row->is_inferred = service->is_inferred;
	row->start_type = service->start_type;
	replace(row, &row->start_account, service->start_account);
	row->has_exit_codes = service->has_exit_codes;
	row->win32_exit = service->win32_exit;
	row->specific_exit = service->specific_exit;
}

static void take_condition(struct row *row, const struct verdict *verdict, int64_t now)
{
	if (row->condition != verdict->condition || row->condition_since == NO_TIME)
		row->condition_since = now;
	row->condition = verdict->condition;
	row->trigger = verdict->trigger;
	row->has_events_4071 = evidence_has(verdict->evidence, PART_APPLICATION);
	row->events_4071 = verdict->events_4071;
	row->last_4071 = verdict->last_4071;
	row->last_4071_record = verdict->last_4071_record;
	row->cause_event = verdict->cause_event & 0xFFFF;
}

static void take_logs(struct row *row, const struct verdict *verdict, int64_t now)
{
	const struct evidence *evidence = verdict->evidence;
	const struct log *application = &evidence->logs[LOG_APPLICATION];
	row->log_reaches_back_to =
		row->has_events_4071 ? application->reaches_back_to : NO_TIME;
	if (verdict->keys[KEY_LOG_CLEARED])
		row->log_cleared_at = now;
	row->damaged_records = application->damaged + evidence->logs[LOG_SYSTEM].damaged;
}

/* Is the attempt newer than what was counted? The same second can hold several. */
static bool is_uncounted(const struct row *row, const struct attempt *attempt)
{
	const struct row_counted *counted = &row->counted;
	return counted->time == NO_TIME || attempt->failed_at > counted->time ||
		(attempt->failed_at == counted->time &&
			attempt->record > counted->record);
}

static void count_attempts(struct row *row, const struct history *history)
{
	struct row_counted newest = row->counted;
	for (size_t i = 0; i < history->attempt_count; i++) {
		const struct attempt *attempt = &history->attempts[i];
		if (!attempt->is_4071 || !is_uncounted(row, attempt))
			continue;
		row->total_4071++;
		if (newest.time == NO_TIME || attempt->failed_at >= newest.time)
			newest =
				(struct row_counted){attempt->failed_at, attempt->record};
	}
	row->counted = newest;
}

static const char *meaning_of(uint32_t event_id)
{
	const struct catalogue_entry *entry = catalogue_find(event_id);
	return entry != NULL ? entry->meaning : "the start failed";
}

/* The number that an attempt has already, or the next one. */
static uint32_t number_for(struct row *row, const struct row_event *before, size_t count,
	const struct attempt *attempt)
{
	for (size_t i = 0; i < count; i++) {
		if (before[i].record == attempt->record &&
			before[i].time == attempt->failed_at)
			return before[i].number;
	}
	return row->next_event++;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct row_event *x = a, *y = b;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* The newest failed attempts. Attempts of a log that was cleared may come with older
 * times than those before: numbers follow the order of discovery. */
static void take_attempts(struct row *row, const struct history *history)
{
	struct row_event before[ROW_EVENTS];
	size_t before_count = row->event_count, failed = 0;
	memcpy(before, row->events, sizeof(before));
	for (size_t i = 0; i < history->attempt_count; i++)
		failed += history->attempts[i].failed_at != NO_TIME;
	size_t skipped = failed > ROW_EVENTS ? failed - ROW_EVENTS : 0;
	row->event_count = 0;
	for (size_t i = 0; i < history->attempt_count; i++) {
		const struct attempt *attempt = &history->attempts[i];
		if (attempt->failed_at == NO_TIME)
			continue;
		if (skipped > 0) {
			skipped--;
			continue;
		}
		row->events[row->event_count++] = (struct row_event){
			.number = number_for(row, before, before_count, attempt),
			.id = attempt->failed_id,
			.record = attempt->record,
			.time = attempt->failed_at,
			.trigger = attempt->trigger,
			.text = meaning_of(attempt->failed_id),
		};
	}
	qsort(row->events, row->event_count, sizeof(row->events[0]), compare_numbers);
}

void row_take(struct row *row, const struct verdict *verdict, int64_t now)
{
	const struct evidence *evidence = verdict->evidence;
	row->is_judged = true;
	row->status = verdict->status;
	replace(row, &row->text, verdict->text);
	memcpy(row->has_keys, verdict->keys, sizeof(row->has_keys));
	join_keys(row);
	take_service(row, &evidence->service);
	row->state_since = verdict->state_since;
	take_condition(row, verdict, now);
	take_logs(row, verdict, now);
	talloc_free(row->advice);
	row->advice =
		verdict->advice != NULL ? row_long_text(row, verdict->advice) : NULL;
	row->boot_time = verdict->boot_time;
	row->has_clock_skew = evidence_has(evidence, PART_CLOCK);
	row->clock_skew = evidence->clock_skew;
	if (evidence->smb_level != NULL)
		replace(row, &row->smb_level, evidence->smb_level);
	count_attempts(row, verdict->history);
	take_attempts(row, verdict->history);
}

bool row_has_finding(const struct row *row, enum key key)
{
	return row->has_keys[key];
}

void row_add_finding(
	struct row *row, const struct policy *policy, enum key key, const char *text)
{
	row->has_keys[key] = true;
	join_keys(row);
	char *longer = memory_format(row, "%s; %s", text, row->text);
	replace(row, &row->text, longer);
	talloc_free(longer);
	if (!policy->is_maintenance)
		row->status = status_worst(row->status, policy->severity[key]);
}
