/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/catalogue.h"
#include "core/memory.h"
#include "core/text.h"

enum { SCHEMA = 1 };

static json_t *some(json_t *value)
{
	return memory_required(value);
}

/* Sets a member; its value is taken over. Members keep the order in which they are set.
 */
static void put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, some(value)) != 0)
		out_of_memory();
}

static void add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, some(value)) != 0)
		out_of_memory();
}

/* Cleaned, so that it is valid UTF-8; NULL is null. */
static json_t *string(const char *text)
{
	if (text == NULL)
		return json_null();
	char *clean = text_clean_value(NULL, text, REPORT_MAX_TEXT);
	json_t *value = json_string(clean);
	talloc_free(clean);
	return value;
}

static json_t *number(bool is_known, int64_t value)
{
	return is_known ? json_integer(value) : json_null();
}

static json_t *boolean(bool is_known, bool value)
{
	return is_known ? json_boolean(value) : json_null();
}

static json_t *moment(int64_t time)
{
	if (time == NO_TIME)
		return json_null();
	char *text = when_format_time(NULL, time);
	json_t *value = json_string(text);
	talloc_free(text);
	return value;
}

static json_t *keys(const struct verdict *verdict)
{
	json_t *list = some(json_array());
	for (int key = 0; verdict != NULL && key < KEYS; key++) {
		if (verdict->keys[key])
			add(list, json_string(key_name(key)));
	}
	return list;
}

static const char *cause_text(const struct verdict *verdict)
{
	const struct catalogue_entry *event = catalogue_find(verdict->cause_event);
	const struct exit_code_entry *code =
		exit_code_find(verdict->evidence->service.win32_exit);
	switch (verdict->cause) {
	case CAUSE_START_FAILURE:
		return event != NULL ? event->meaning : "the start failed";
	case CAUSE_NEVER_TRIED:
		return "no start was tried since the last boot";
	case CAUSE_DEPENDENCY:
		return "a service that it depends on is down";
	case CAUSE_DIED:
		return "the process died";
	case CAUSE_STOPPED_CLEANLY:
		return "the service was stopped";
	case CAUSE_EXIT_CODE:
		return code != NULL ? code->meaning
				    : "the service ended with an exit code";
	case CAUSE_NONE:
	case CAUSE_UNKNOWN:
		return NULL;
	}
	return NULL;
}

static json_t *cause(const struct verdict *verdict)
{
	json_t *object = some(json_object());
	uint32_t id = verdict != NULL ? verdict->cause_event & 0xFFFF : 0;
	put(object, "event_id", number(id != 0, id));
	put(object, "text", string(verdict != NULL ? cause_text(verdict) : NULL));
	return object;
}

static json_t *dependencies(const struct service *service)
{
	json_t *list = some(json_array());
	for (size_t i = 0; service != NULL && i < service->dependency_count; i++) {
		const struct dependency *dependency = &service->dependencies[i];
		json_t *object = some(json_object());
		put(object, "name", string(dependency->name));
		put(object, "state",
			dependency->state == SERVICE_UNKNOWN
				? json_null()
				: string(service_state_name(dependency->state)));
		add(list, object);
	}
	return list;
}

static json_t *service_object(const struct service *service)
{
	bool has_state = service != NULL && service->state != SERVICE_UNKNOWN;
	bool has_type = service != NULL && service->start_type != START_UNKNOWN;
	bool has_exit = service != NULL && service->has_exit_codes;
	json_t *object = some(json_object());
	put(object, "state",
		string(has_state ? service_state_name(service->state) : NULL));
	put(object, "inferred", boolean(has_state, has_state && service->is_inferred));
	put(object, "start_type",
		string(has_type ? start_type_name(service->start_type) : NULL));
	put(object, "start_account",
		string(service != NULL ? service->start_account : NULL));
	put(object, "win32_exit", number(has_exit, has_exit ? service->win32_exit : 0));
	put(object, "specific_exit",
		number(has_exit, has_exit ? service->specific_exit : 0));
	put(object, "dependencies", dependencies(service));
	return object;
}

static json_t *events_4071(const struct verdict *verdict)
{
	bool is_read =
		verdict != NULL && evidence_has(verdict->evidence, PART_APPLICATION);
	bool has_last = verdict != NULL && verdict->last_4071 != NO_TIME;
	json_t *object = some(json_object());
	put(object, "count", number(is_read, is_read ? verdict->events_4071 : 0));
	put(object, "first", moment(verdict != NULL ? verdict->first_4071 : NO_TIME));
	put(object, "last", moment(verdict != NULL ? verdict->last_4071 : NO_TIME));
	put(object, "last_record",
		number(has_last, has_last ? verdict->last_4071_record : 0));
	return object;
}

static json_t *attempt_object(const struct attempt *attempt)
{
	bool is_failed = attempt->failed_at != NO_TIME;
	const char *started = attempt->has_start ? "started" : NULL;
	json_t *object = some(json_object());
	put(object, "time", moment(attempt->time));
	put(object, "record", json_integer(attempt->record));
	put(object, "event_id",
		number(is_failed || attempt->has_start,
			is_failed ? attempt->failed_id & 0xFFFF : EVENT_STARTED));
	put(object, "raw_id", number(is_failed, attempt->failed_id));
	put(object, "trigger", string(is_failed ? trigger_name(attempt->trigger) : NULL));
	put(object, "outcome", string(is_failed ? "failed" : started));
	return object;
}

static json_t *attempts(const struct history *history)
{
	json_t *list = some(json_array());
	for (size_t i = 0; history != NULL && i < history->attempt_count; i++)
		add(list, attempt_object(&history->attempts[i]));
	return list;
}

static json_t *failure_object(const char *part, const struct failure *why)
{
	json_t *object = some(json_object());
	put(object, "part", string(part));
	put(object, "kind", string(failure_kind_name(why->kind)));
	put(object, "stage",
		string(why->stage != STAGE_NONE ? stage_name(why->stage) : NULL));
	put(object, "text", string(why->text));
	return object;
}

/* The parts that were not learned; or, without evidence, the one failure. */
static json_t *failures(const struct evidence *evidence, const struct failure *why)
{
	json_t *list = some(json_array());
	if (why != NULL)
		add(list, failure_object(NULL, why));
	for (int part = 0; evidence != NULL && part < PARTS; part++) {
		const struct part_report *report = &evidence->parts[part];
		if (report->knowledge == NOT_LEARNED)
			add(list, failure_object(part_name(part), &report->why));
	}
	return list;
}

/* What the logs themselves tell. */
static void put_logs(json_t *object, const struct evidence *evidence)
{
	int64_t reach = NO_TIME, damaged = 0;
	bool is_cleared = false, is_read = false;
	for (int kind = 0; evidence != NULL && kind < LOGS; kind++) {
		const struct log *log = &evidence->logs[kind];
		if (!evidence_has(evidence, part_of_log(kind)))
			continue;
		is_read = true;
		is_cleared |= log->was_cleared;
		damaged += log->damaged;
		if (kind == LOG_APPLICATION)
			reach = log->reaches_back_to;
	}
	put(object, "log_reaches_back_to", moment(reach));
	put(object, "log_cleared", boolean(is_read, is_cleared));
	put(object, "damaged_records", number(is_read, damaged));
}

/* The schema, in its order, for a verdict or for a failure without one (verdict NULL). */
static json_t *whole(enum status status, const char *server,
	const struct verdict *verdict, const struct failure *why)
{
	const struct evidence *evidence = verdict != NULL ? verdict->evidence : NULL;
	bool has_skew = evidence != NULL && evidence_has(evidence, PART_CLOCK);
	json_t *object = some(json_object());
	put(object, "schema", json_integer(SCHEMA));
	put(object, "server", string(server));
	put(object, "source", string(evidence != NULL ? evidence->source : NULL));
	put(object, "status", string(status_name(status)));
	put(object, "exit_code", json_integer(status));
	put(object, "keys", keys(verdict));
	put(object, "condition",
		string(verdict != NULL ? condition_name(verdict->condition) : NULL));
	put(object, "trigger",
		string(verdict != NULL ? trigger_name(verdict->trigger) : NULL));
	put(object, "text", string(verdict != NULL ? verdict->text : why->text));
	put(object, "advice", string(verdict != NULL ? verdict->advice : NULL));
	put(object, "cause", cause(verdict));
	put(object, "service",
		service_object(evidence != NULL ? &evidence->service : NULL));
	put(object, "events_4071", events_4071(verdict));
	put(object, "attempts", attempts(verdict != NULL ? verdict->history : NULL));
	put(object, "boot_time", moment(verdict != NULL ? verdict->boot_time : NO_TIME));
	put(object, "clock_skew", number(has_skew, has_skew ? evidence->clock_skew : 0));
	put_logs(object, evidence);
	put(object, "failures", failures(evidence, why));
	put(object, "observed_at",
		moment(evidence != NULL ? evidence->observed_at : NO_TIME));
	put(object, "probe_ms",
		number(evidence != NULL, evidence != NULL ? evidence->probe_ms : 0));
	return object;
}

static char *write_out(void *parent, json_t *object)
{
	char *dumped = memory_required(json_dumps(object, JSON_COMPACT));
	char *text = memory_format(parent, "%s\n", dumped);
	free(dumped);
	json_decref(object);
	return text;
}

char *report_json(void *parent, const struct verdict *verdict)
{
	return write_out(
		parent, whole(verdict->status, verdict->evidence->server, verdict, NULL));
}

char *report_json_failure(
	void *parent, enum status status, const char *server, const struct failure *why)
{
	return write_out(parent, whole(status, server, NULL, why));
}
