/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "text.h"

static const char first_words[] = "imc-monitor state ";

static const char *const origin_names[ORIGINS] = {
	[FROM_IMC] = "imc",
	[FROM_DRWATSON] = "drwatson",
	[FROM_EVENTLOG] = "eventlog",
	[FROM_SCM] = "scm",
};

/* A record's 32 bits of seconds, and as much again for a skewed clock. */
static const int64_t MAX_TIME = 2 * (int64_t)UINT32_MAX;

/* --- writing --- */

/* So that what is written can be read: a server's clock can be anywhere. */
static int64_t in_bounds(int64_t moment)
{
	return moment < 0 ? 0 : moment > MAX_TIME ? MAX_TIME : moment;
}

/* Appends " 1700000000", or " -" for NO_TIME. */
static char *append_time(char *text, int64_t moment)
{
	if (moment == NO_TIME)
		return talloc_strdup_append_buffer(text, " -");
	return talloc_asprintf_append_buffer(text, " %" PRId64, in_bounds(moment));
}

static char *format_log(char *text, enum log_kind kind, const struct log *log)
{
	text = talloc_asprintf_append_buffer(text,
		"log %s %" PRIu32 " %d %" PRIu32 " %" PRId64 " %016" PRIx64
		" %d %d %" PRIu32,
		log_name(kind), log->generation, log->newest.is_set, log->newest.record,
		log->newest.time, log->newest.hash, log->is_whole, log->is_wrapped,
		log->damaged);
	text = append_time(text, log->damaged > 0 ? log->damage_time : NO_TIME);
	text = append_time(text, log->reaches_back_to);
	text = talloc_strdup_append_buffer(text, "\n");
	for (size_t i = 0; i < log->fall_count; i++) {
		const struct clock_fall *fall = &log->falls[i];
		text = talloc_asprintf_append_buffer(text,
			"fall %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRId64 "\n",
			fall->generation, fall->record, fall->from, fall->to);
	}
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *event = &log->events[i];
		char *detail = event->detail == NULL || event->detail[0] == '\0'
			? NULL
			: text_percent_encode(NULL, event->detail);
		text = talloc_asprintf_append_buffer(text,
			"event %s %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRIu32
			" %u%s%s\n",
			origin_names[event->origin], event->generation, event->record,
			event->time, event->id, event->type, detail == NULL ? "" : " ",
			detail == NULL ? "" : detail);
		talloc_free(detail);
	}
	return memory_required(text);
}

char *state_format(void *parent, const char *server, const struct state *state)
{
	char *text = memory_format(
		parent, "%s%d\nserver %s\n", first_words, STATE_VERSION, server);
	text = talloc_asprintf_append_buffer(
		text, "watch %016" PRIx64 "\n", state->watched);
	if (state->has_state)
		text = talloc_asprintf_append_buffer(text, "service %s %" PRId64 "\n",
			service_state_name(state->service_state),
			in_bounds(state->service_state_since));
	if (state->clock_read_at != NO_TIME &&
		state->clock_read_at == in_bounds(state->clock_read_at) &&
		state->clock_skew >= -(int64_t)UINT32_MAX &&
		state->clock_skew <= (int64_t)UINT32_MAX)
		text = talloc_asprintf_append_buffer(text,
			"clock %" PRId64 " %" PRId64 "\n", state->clock_skew,
			state->clock_read_at);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		text = format_log(text, kind, &state->logs[kind]);
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	return memory_required(talloc_asprintf_append_buffer(
		text, "end %016" PRIx64 "\n", bytes_hash(bytes)));
}

/* --- reading --- */

/* The words of one line; the first that is missing or wrong sets `failed`. */
struct words {
	char *rest;
	bool failed;
};

static const char *take_word(struct words *words)
{
	char *word = words->rest;
	if (word == NULL || *word == '\0' || *word == ' ') {
		words->failed = true;
		return "";
	}
	words->rest = strchr(word, ' ');
	if (words->rest != NULL)
		*words->rest++ = '\0';
	return word;
}

static int64_t take_number(struct words *words, int64_t min, int64_t max)
{
	const char *word = take_word(words);
	char *end;
	errno = 0;
	long long number = strtoll(word, &end, 10);
	if (end == word || *end != '\0' || errno != 0 || number < min || number > max ||
		(word[0] != '-' && (word[0] < '0' || word[0] > '9')))
		words->failed = true;
	return words->failed ? min : number;
}

static uint32_t take_u32(struct words *words)
{
	return (uint32_t)take_number(words, 0, UINT32_MAX);
}

/* "-" where it is not known. */
static int64_t take_time(struct words *words)
{
	if (words->rest != NULL && words->rest[0] == '-' && strchr(" ", words->rest[1])) {
		take_word(words);
		return NO_TIME;
	}
	return take_number(words, 0, MAX_TIME);
}

/* What a record can say: 32 bits of seconds. */
static int64_t take_event_time(struct words *words)
{
	return take_number(words, 0, UINT32_MAX);
}

static uint64_t take_hash(struct words *words)
{
	const char *word = take_word(words);
	if (strlen(word) != 16 || strspn(word, "0123456789abcdef") != 16)
		words->failed = true;
	return words->failed ? 0 : strtoull(word, NULL, 16);
}

static unsigned take_name(
	struct words *words, const char *(*name_of)(unsigned), unsigned count)
{
	const char *word = take_word(words);
	for (unsigned i = 0; i < count; i++) {
		if (name_of(i) != NULL && strcmp(word, name_of(i)) == 0)
			return i;
	}
	words->failed = true;
	return 0;
}

static const char *name_of_origin(unsigned number)
{
	return origin_names[number];
}

static const char *name_of_state(unsigned number)
{
	return number == 0 ? NULL : service_state_name((enum service_state)number);
}

static const char *name_of_log(unsigned number)
{
	return log_name((enum log_kind)number);
}

/* A file that is being read: the state so far, and the log whose lines follow. */
struct reading {
	const char *server;
	struct state *state;
	struct log *log;
	bool has_log[LOGS];
};

static void read_server(struct reading *reading, struct words *words)
{
	if (strcmp(take_word(words), reading->server) != 0)
		words->failed = true;
}

static void read_watch(struct reading *reading, struct words *words)
{
	reading->state->watched = take_hash(words);
}

static void read_service(struct reading *reading, struct words *words)
{
	reading->state->has_state = true;
	reading->state->service_state =
		(enum service_state)take_name(words, name_of_state, SERVICE_STATES);
	reading->state->service_state_since = take_time(words);
}

static void read_clock(struct reading *reading, struct words *words)
{
	reading->state->clock_skew = take_number(words, -(int64_t)UINT32_MAX, UINT32_MAX);
	reading->state->clock_read_at = take_time(words);
}

static void read_log(struct reading *reading, struct words *words)
{
	unsigned kind = take_name(words, name_of_log, LOGS);
	if (reading->has_log[kind])
		words->failed = true;
	reading->has_log[kind] = true;
	struct log *log = reading->log = &reading->state->logs[kind];
	log->generation = take_u32(words);
	log->newest.is_set = take_number(words, 0, 1) == 1;
	log->newest.record = take_u32(words);
	log->newest.time = take_event_time(words);
	log->newest.hash = take_hash(words);
	log->is_whole = take_number(words, 0, 1) == 1;
	log->is_wrapped = take_number(words, 0, 1) == 1;
	log->damaged = take_u32(words);
	log->damage_time = take_time(words);
	log->reaches_back_to = take_time(words);
}

static void read_fall(struct reading *reading, struct words *words)
{
	struct clock_fall fall = {
		.generation = take_u32(words), .record = take_u32(words)};
	fall.from = take_event_time(words);
	fall.to = take_event_time(words);
	if (reading->log == NULL)
		words->failed = true;
	else if (!words->failed)
		log_add_fall(reading->state, reading->log, &fall);
}

static void read_event(struct reading *reading, struct words *words)
{
	struct event event = {
		.origin = (enum origin)take_name(words, name_of_origin, ORIGINS)};
	event.generation = take_u32(words);
	event.record = take_u32(words);
	event.time = take_event_time(words);
	event.id = take_u32(words);
	event.type = (uint16_t)take_number(words, 0, UINT16_MAX);
	char *detail = NULL;
	if (words->rest != NULL) {
		detail = text_percent_decode(NULL, take_word(words));
		words->failed |= detail == NULL;
	}
	event.detail = detail;
	if (reading->log == NULL)
		words->failed = true;
	else if (!words->failed)
		log_add_event(reading->state, reading->log, &event);
	talloc_free(detail);
}

static const struct {
	const char *word;
	void (*read)(struct reading *reading, struct words *words);
} line_kinds[] = {
	{"server", read_server},
	{"watch", read_watch},
	{"service", read_service},
	{"clock", read_clock},
	{"log", read_log},
	{"fall", read_fall},
	{"event", read_event},
};

static bool read_line(struct reading *reading, char *line)
{
	struct words words = {.rest = line};
	const char *word = take_word(&words);
	for (size_t i = 0; i < sizeof(line_kinds) / sizeof(line_kinds[0]); i++) {
		if (strcmp(line_kinds[i].word, word) != 0)
			continue;
		line_kinds[i].read(reading, &words);
		return !words.failed && words.rest == NULL;
	}
	return false;
}

/* The version line and the hash over all before the last line. */
static bool check_frame(const char *path, struct bytes text, struct failure *why)
{
	enum { END_LENGTH = 4 + 16 + 1 }; /* "end ", the hash, a newline */
	const char *begin = (const char *)text.data;
	size_t prefix = strlen(first_words);
	if (text.length < prefix || memcmp(begin, first_words, prefix) != 0 ||
		memchr(begin, '\0', text.length) != NULL)
		return fail(why, FAIL_DAMAGED,
			"%s: line 1: this is no state file of imc-monitor; remove it "
			"or name "
			"another --state-dir",
			path);
	size_t digits = 0;
	while (prefix + digits < text.length && begin[prefix + digits] != '\n')
		digits++;
	char version[8];
	snprintf(version, sizeof(version), "%.*s", (int)(digits > 7 ? 7 : digits),
		begin + prefix);
	if (prefix + digits < text.length && atoi(version) != STATE_VERSION)
		return fail(why, FAIL_UNSUPPORTED,
			"%s: line 1: state of version %s, but this program knows "
			"version %d",
			path, version, STATE_VERSION);
	char end[END_LENGTH + 1];
	struct bytes body = {
		text.data, text.length > END_LENGTH ? text.length - END_LENGTH : 0};
	snprintf(end, sizeof(end), "end %016" PRIx64 "\n", bytes_hash(body));
	if (body.length == 0 || memcmp(begin + body.length, end, END_LENGTH) != 0)
		return fail(why, FAIL_DAMAGED,
			"%s: this state file was cut or changed: its last line is not "
			"\"end\" "
			"with the right hash; remove the file to start anew",
			path);
	return true;
}

bool state_parse(void *parent, const char *path, const char *server, struct bytes text,
	struct state **ret, struct failure *why)
{
	if (!check_frame(path, text, why))
		return false;
	struct state *state = state_new(parent);
	struct reading reading = {.server = server, .state = state};
	char *copy = memory_copy_bytes(state, (const char *)text.data, text.length);
	unsigned number = 1;
	for (char *line = strchr(copy, '\n') + 1;; number++) {
		char *end = strchr(line, '\n');
		if (end == NULL || strncmp(line, "end ", 4) == 0)
			break;
		*end = '\0';
		if (!read_line(&reading, line)) {
			talloc_free(state);
			return fail(why, FAIL_DAMAGED,
				"%s: line %u is not what this program writes for "
				"server %s; "
				"remove the file to start anew",
				path, number + 1, server);
		}
		line = end + 1;
	}
	talloc_free(copy);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		log_sort(&state->logs[kind]);
	*ret = state;
	return true;
}
