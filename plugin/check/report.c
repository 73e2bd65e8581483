/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <string.h>

#include "core/catalogue.h"
#include "core/memory.h"
#include "core/text.h"

enum {
	MAX_SERVER = 64, /* bytes of a server's name on the first line */
	MIN_LINE = 16    /* a detail line that would be cut shorter is not begun */
};

/* The output as it grows, never longer than `limit`. */
struct page {
	char *text;
	size_t length, limit;
	bool is_line_cut; /* the first line had no room for all of its text */
	bool is_full;     /* something had no room: nothing more is added */
};

/* What was made for the page by its caller; the caller saw to it that it fits. */
static void page_put(struct page *page, const char *text)
{
	size_t length = strlen(text);
	memcpy(page->text + page->length, text, length);
	page->length += length;
}

/* A line of detail: the last one that fits is cut, those after it are dropped. */
static void page_line(struct page *page, const char *line)
{
	size_t room = page->limit - page->length;
	if (page->is_full || room < MIN_LINE + 1) {
		page->is_full = true;
		return;
	}
	char *whole = text_clean(page->text, line, REPORT_MAX_TEXT);
	char *clean = text_clean(page->text, whole, room - 1);
	page->is_full = strcmp(whole, clean) != 0;
	if (clean[0] != '\0') {
		page_put(page, clean);
		page_put(page, "\n");
	}
	talloc_free(whole);
	talloc_free(clean);
}

static void page_format(struct page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void page_format(struct page *page, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *line = memory_required(talloc_vasprintf(page->text, format, arguments));
	va_end(arguments);
	page_line(page, line);
	talloc_free(line);
}

/* The first line but for its newline; room for that is left. */
static struct page page_begin(void *parent, enum status status, const char *server,
	const char *text, size_t max_output)
{
	struct page page = {.limit = max_output > 1 ? max_output : 1};
	page.text = memory_array(parent, char, page.limit + 1);
	char *name = text_clean(page.text, server != NULL ? server : "", MAX_SERVER);
	char *line = memory_format(page.text, "IMC %s - %s%s%s", status_word(status),
		name, name[0] != '\0' ? ": " : "", text);
	size_t room = page.limit - 1;
	if (room > REPORT_FIRST_LINE)
		room = REPORT_FIRST_LINE;
	char *whole = text_clean(page.text, line, strlen(line) * 3);
	char *clean = text_clean(page.text, line, room);
	page.is_line_cut = strcmp(whole, clean) != 0;
	page_put(&page, clean);
	talloc_free(name);
	talloc_free(line);
	talloc_free(whole);
	talloc_free(clean);
	return page;
}

static void put_perfdata(struct page *page, const struct verdict *verdict)
{
	size_t count;
	char **metrics = report_perfdata(page->text, verdict, &count);
	const char *separator = " | ";
	for (size_t i = 0; i < count && !page->is_full; i++) {
		size_t length = strlen(separator) + strlen(metrics[i]) + 1;
		page->is_full = length > page->limit - page->length;
		if (page->is_full)
			continue;
		page_put(page, separator);
		page_put(page, metrics[i]);
		separator = " ";
	}
	talloc_free(metrics);
}

/* "2026-11-22T09:00:00Z (2h ago)" */
static const char *moment(void *parent, const struct verdict *verdict, int64_t time)
{
	const char *text = when_format_time(parent, time);
	if (verdict->server_now == NO_TIME || verdict->server_now < time)
		return text;
	return memory_format(parent, "%s (%s ago)", text,
		when_format_duration(parent, verdict->server_now - time));
}

static void put_log_reach(struct page *page, const struct verdict *verdict, void *scratch)
{
	for (int kind = 0; kind < LOGS; kind++) {
		const struct log *log = &verdict->evidence->logs[kind];
		if (!evidence_has(verdict->evidence, part_of_log(kind)))
			continue;
		if (log->reaches_back_to == NO_TIME) {
			page_format(page, "%s log: no records", log_name(kind));
			continue;
		}
		page_format(page, "%s log: read back to %s%s", log_name(kind),
			moment(scratch, verdict, log->reaches_back_to),
			log->is_wrapped ? ", older records are gone" : "");
	}
}

static void put_failures(struct page *page, const struct evidence *evidence)
{
	for (int part = 0; part < PARTS; part++) {
		const struct part_report *report = &evidence->parts[part];
		if (report->knowledge != NOT_LEARNED)
			continue;
		page_format(page, "Not learned: %s (%s, stage %s): %s", part_name(part),
			failure_kind_name(report->why.kind),
			stage_name(report->why.stage), report->why.text);
	}
}

static void put_service(struct page *page, const struct evidence *evidence)
{
	const struct service *service = &evidence->service;
	page_format(page, "Service: %s%s, start type %s%s%s",
		service_state_name(service->state),
		service->is_inferred ? " (inferred)" : "",
		start_type_name(service->start_type),
		service->start_account != NULL ? ", account " : "",
		service->start_account != NULL ? service->start_account : "");
	if (service->has_exit_codes)
		page_format(page, "Exit codes: %u, service-specific %u",
			service->win32_exit, service->specific_exit);
	for (size_t i = 0; i < service->dependency_count; i++)
		page_format(page, "Depends on %s: %s", service->dependencies[i].name,
			service_state_name(service->dependencies[i].state));
}

/* Where no log was read there is no number, not even 0. */
static const char *events_text(const struct verdict *verdict, void *scratch)
{
	if (verdict->events_4071 == 0 &&
		!evidence_has(verdict->evidence, PART_APPLICATION))
		return "not counted";
	return memory_format(scratch, "%u in the lookback", verdict->events_4071);
}

/* -v: what the verdict rests on. */
static void put_grounds(struct page *page, const struct verdict *verdict, void *scratch)
{
	const struct history *history = verdict->history;
	put_failures(page, verdict->evidence);
	if (verdict->boot_time != NO_TIME)
		page_format(
			page, "Boot: %s", moment(scratch, verdict, verdict->boot_time));
	page_format(page, "Condition: %s, trigger %s; event 4071: %s",
		condition_name(verdict->condition), trigger_name(verdict->trigger),
		events_text(verdict, scratch));
	page_format(page, "Start attempts seen: %zu, boots: %zu",
		history != NULL ? history->attempt_count : 0,
		history != NULL ? history->boot_count : 0);
	put_service(page, verdict->evidence);
	put_log_reach(page, verdict, scratch);
	if (evidence_has(verdict->evidence, PART_CLOCK))
		page_format(page, "Clock of the server: %+lld s",
			(long long)verdict->evidence->clock_skew);
	if (verdict->evidence->smb_level != NULL)
		page_format(page, "SMB: %s", verdict->evidence->smb_level);
}

/* -vv: each attempt, the newest first. */
static void put_attempts(struct page *page, const struct verdict *verdict, void *scratch)
{
	const struct history *history = verdict->history;
	for (size_t i = history != NULL ? history->attempt_count : 0; i > 0; i--) {
		const struct attempt *attempt = &history->attempts[i - 1];
		const char *time = when_format_time(scratch, attempt->time);
		if (attempt->failed_at == NO_TIME) {
			page_format(page, "Attempt %s: %s", time,
				attempt->has_start ? "started" : "no outcome logged");
			continue;
		}
		page_format(page, "Attempt %s: failed, event %u (record %u), %s%s%s",
			time, attempt->failed_id & 0xFFFF, attempt->record,
			trigger_name(attempt->trigger),
			attempt->is_since_boot ? "" : ", before the last boot",
			attempt->is_excused ? ", before fixed-since" : "");
	}
}

static void put_details(struct page *page, const struct verdict *verdict,
	const struct report_options *options)
{
	void *scratch = memory_required(talloc_new(page->text));
	if (page->is_line_cut)
		page_line(page, verdict->text);
	if (verdict->advice != NULL)
		page_line(page, verdict->advice);
	for (size_t i = 0; i < verdict->note_count; i++)
		page_line(page, verdict->notes[i]);
	if (options->verbosity >= 1)
		put_grounds(page, verdict, scratch);
	if (options->verbosity >= 2)
		put_attempts(page, verdict, scratch);
	talloc_free(scratch);
}

/* -vvv: what the source said on its way. */
static void put_trace(struct page *page, const struct report_options *options)
{
	for (size_t i = 0; options->verbosity >= 3 && i < options->trace_count; i++)
		page_line(page, options->trace[i]);
}

char *report(
	void *parent, const struct verdict *verdict, const struct report_options *options)
{
	if (options->json)
		return report_json(parent, verdict);
	struct page page = page_begin(parent, verdict->status, verdict->evidence->server,
		verdict->text, options->max_output);
	if (!options->no_perfdata)
		put_perfdata(&page, verdict);
	page_put(&page, "\n");
	put_details(&page, verdict, options);
	put_trace(&page, options);
	return page.text;
}

char *report_failure(void *parent, enum status status, const char *server,
	const struct failure *why, const struct report_options *options)
{
	if (options->json)
		return report_json_failure(parent, status, server, why);
	struct page page =
		page_begin(parent, status, server, why->text, options->max_output);
	page_put(&page, "\n");
	if (page.is_line_cut)
		page_line(&page, why->text);
	put_trace(&page, options);
	return page.text;
}
