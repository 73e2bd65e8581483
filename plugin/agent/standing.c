/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/memory.h"
#include "core/value.h"

enum { LINE_ROOM = 512, NAME_ROOM = 33 };

static const char first_line[] = "imc-monitor standing 1";

struct standing *standing_new(void *parent)
{
	struct standing *standing = memory_new(parent, struct standing);
	standing->next_sequence = standing->next_appl_index = 1;
	return standing;
}

/* --- writing --- */

/* The text as it grows: a file of 10,000 servers is made in one go. */
struct page {
	char *text;
	size_t length, room;
};

static void put(struct page *page, const char *line)
{
	size_t length = strlen(line);
	if (page->room - page->length <= length) {
		page->room = page->room * 2 + length + 1;
		page->text = memory_resize(
			talloc_parent(page->text), page->text, char, page->room);
	}
	memcpy(page->text + page->length, line, length + 1);
	page->length += length;
}

static char letter_of(const struct standing_server *server, int pair)
{
	if (!server->pairs[pair].is_raised)
		return 'C';
	return pair == ALARM_CONDITION && server->is_raised_by_trap ? 'T' : 'R';
}

/* "-" not known, R raised, T raised by a trap, C cleared; a ? behind: not sure whether
 * that was told. */
static void format_pairs(const struct standing_server *server, char *ret)
{
	for (int pair = 0; pair < ALARM_PAIRS; pair++) {
		if (!server->pairs[pair].is_known) {
			*ret++ = '-';
			continue;
		}
		*ret++ = letter_of(server, pair);
		if (server->pairs[pair].is_unsure)
			*ret++ = '?';
	}
	*ret = '\0';
}

static void put_server(struct page *page, const struct standing_server *server)
{
	char line[LINE_ROOM], pairs[2 * ALARM_PAIRS + 1];
	format_pairs(server, pairs);
	snprintf(line, sizeof(line),
		"server %s %" PRIu32 " %" PRIu32 " %s %" PRId64 " %" PRId64 " %s\n",
		server->name, server->appl_index, server->next_event,
		condition_name(server->condition), server->condition_since,
		server->log_cleared_at, pairs);
	put(page, line);
	for (size_t i = 0; i < server->event_count; i++) {
		snprintf(line, sizeof(line),
			"event %" PRIu32 " %" PRIu32 " %" PRId64 "\n",
			server->events[i].number, server->events[i].record,
			server->events[i].time);
		put(page, line);
	}
	for (size_t i = 0; i < server->hearsay.count; i++) {
		snprintf(line, sizeof(line),
			"heard %" PRIu32 " %" PRId64 " %016" PRIx64 "\n",
			server->hearsay.events[i].id, server->hearsay.events[i].heard_at,
			server->heard_of);
		put(page, line);
	}
}

char *standing_format(void *parent, const struct standing *standing)
{
	char line[LINE_ROOM];
	struct page page = {.room = LINE_ROOM};
	page.text = memory_array(parent, char, page.room);
	snprintf(line, sizeof(line), "%s\nnext %" PRIu32 " %" PRIu32 "\n", first_line,
		standing->next_sequence, standing->next_appl_index);
	put(&page, line);
	for (size_t i = 0; i < standing->server_count; i++)
		put_server(&page, &standing->servers[i]);
	struct bytes whole = {(const uint8_t *)page.text, page.length};
	snprintf(line, sizeof(line), "end %016" PRIx64 "\n", bytes_hash(whole));
	put(&page, line);
	return page.text;
}

/* --- reading: takes what it can, and compares the result, formatted, with the text ---
 */

static bool take_condition(const char *name, enum condition *ret)
{
	for (int condition = 0; condition < CONDITIONS; condition++) {
		if (strcmp(condition_name(condition), name) == 0) {
			*ret = condition;
			return true;
		}
	}
	return false;
}

static void take_pairs(struct standing_server *server, const char *text)
{
	for (int pair = 0; pair < ALARM_PAIRS && *text != '\0'; pair++, text++) {
		server->pairs[pair].is_known = *text != '-';
		server->pairs[pair].is_raised = *text == 'R' || *text == 'T';
		server->is_raised_by_trap |= *text == 'T';
		if (text[1] == '?') {
			server->pairs[pair].is_unsure = true;
			text++;
		}
	}
}

/* The next one of an array that grows by doubling. */
static struct standing_server *next_server(struct standing *standing)
{
	size_t count = standing->server_count;
	if ((count & (count - 1)) == 0)
		standing->servers = memory_resize(standing, standing->servers,
			struct standing_server, count == 0 ? 1 : 2 * count);
	struct standing_server *server = &standing->servers[standing->server_count++];
	*server = (struct standing_server){0};
	return server;
}

static bool take_server(struct standing *standing, const char *line)
{
	char name[NAME_ROOM], condition[NAME_ROOM], pairs[2 * ALARM_PAIRS + 1];
	uint32_t appl_index, next_event;
	int64_t since, cleared;
	if (sscanf(line,
		    "server %32s %" SCNu32 " %" SCNu32 " %32s %" SCNd64 " %" SCNd64
		    " %6[-RTC?]",
		    name, &appl_index, &next_event, condition, &since, &cleared,
		    pairs) != 7)
		return false;
	struct standing_server server = {0};
	if (!value_server_name(name, NULL) ||
		!take_condition(condition, &server.condition) ||
		standing->server_count >= CONFIG_MAX_SERVERS)
		return false;
	take_pairs(&server, pairs);
	server.appl_index = appl_index;
	server.next_event = next_event;
	server.condition_since = since;
	server.log_cleared_at = cleared;
	struct standing_server *kept = next_server(standing);
	*kept = server;
	kept->name = memory_copy(standing, name);
	return true;
}

static bool take_event(struct standing *standing, const char *line)
{
	struct standing_event event;
	if (standing->server_count == 0 ||
		sscanf(line, "event %" SCNu32 " %" SCNu32 " %" SCNd64, &event.number,
			&event.record, &event.time) != 3)
		return false;
	struct standing_server *server = &standing->servers[standing->server_count - 1];
	if (server->event_count == ROW_EVENTS)
		return false;
	server->events[server->event_count++] = event;
	return true;
}

static bool take_heard(struct standing *standing, const char *line)
{
	struct hearsay_event event;
	uint64_t heard_of;
	if (standing->server_count == 0 ||
		sscanf(line, "heard %" SCNu32 " %" SCNd64 " %" SCNx64, &event.id,
			&event.heard_at, &heard_of) != 3 ||
		(event.id & 0xFFFF) != EVENT_NO_ADMIN_MAILBOX || event.heard_at < 0 ||
		event.heard_at > WHEN_LAST)
		return false;
	struct standing_server *server = &standing->servers[standing->server_count - 1];
	struct hearsay *hearsay = &server->hearsay;
	if (hearsay->count == HEARSAY_MAX)
		return false;
	hearsay->events[hearsay->count++] = event;
	server->heard_of = heard_of;
	return true;
}

/* Lines that are not understood are left out, which the comparison finds. */
static void take_lines(struct standing *standing, char *text)
{
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		if (!take_server(standing, line) && !take_event(standing, line) &&
			!take_heard(standing, line))
			sscanf(line, "next %" SCNu32 " %" SCNu32,
				&standing->next_sequence, &standing->next_appl_index);
	}
}

static bool is_in_order(const struct standing *standing)
{
	for (size_t i = 1; i < standing->server_count; i++) {
		if (strcmp(standing->servers[i - 1].name, standing->servers[i].name) >= 0)
			return false;
	}
	return true;
}

bool standing_parse(
	void *parent, struct bytes text, struct standing **ret, struct failure *why)
{
	void *scratch = memory_required(talloc_new(NULL));
	struct standing *standing = standing_new(parent);
	char *copy = memory_array(scratch, char, text.length + 1);
	if (text.length > 0)
		memcpy(copy, text.data, text.length);
	take_lines(standing, memory_copy(scratch, copy));
	char *wanted = standing_format(scratch, standing);
	bool is_whole = strlen(copy) == text.length && strcmp(copy, wanted) == 0 &&
		is_in_order(standing);
	talloc_free(scratch);
	if (is_whole) {
		*ret = standing;
		return true;
	}
	talloc_free(standing);
	return fail(why, FAIL_DAMAGED,
		"imc-agentd.standing is not as this program writes it");
}

static bool is_same_hearsay(
	const struct standing_server *server, const struct standing_server *other)
{
	const struct hearsay *a = &server->hearsay, *b = &other->hearsay;
	bool is_same = a->count == b->count && server->heard_of == other->heard_of;
	for (size_t i = 0; is_same && i < a->count; i++)
		is_same = a->events[i].id == b->events[i].id &&
			a->events[i].heard_at == b->events[i].heard_at;
	return is_same;
}

bool standing_is_same(const struct standing_server *a, const struct standing_server *b)
{
	bool is_same = a->appl_index == b->appl_index && a->next_event == b->next_event &&
		a->condition == b->condition &&
		a->condition_since == b->condition_since &&
		a->log_cleared_at == b->log_cleared_at &&
		a->event_count == b->event_count &&
		a->is_raised_by_trap == b->is_raised_by_trap && is_same_hearsay(a, b);
	for (int pair = 0; pair < ALARM_PAIRS; pair++)
		is_same &= a->pairs[pair].is_known == b->pairs[pair].is_known &&
			a->pairs[pair].is_raised == b->pairs[pair].is_raised &&
			a->pairs[pair].is_unsure == b->pairs[pair].is_unsure;
	for (size_t i = 0; is_same && i < a->event_count; i++)
		is_same = a->events[i].number == b->events[i].number &&
			a->events[i].record == b->events[i].record &&
			a->events[i].time == b->events[i].time;
	return is_same;
}

static int compare_name(const void *name, const void *server)
{
	return strcmp(name, ((const struct standing_server *)server)->name);
}

const struct standing_server *standing_find(
	const struct standing *standing, const char *name)
{
	if (standing->server_count == 0)
		return NULL;
	return bsearch(name, standing->servers, standing->server_count,
		sizeof(standing->servers[0]), compare_name);
}
