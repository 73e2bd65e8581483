/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "scene.h"

#include <stdlib.h>

/* "2h59m", and with a plus sign in the future. */
static int64_t parse_moment(const char *text)
{
	static const char units[] = "smhd";
	static const int64_t lengths[] = {1, WHEN_MINUTE, WHEN_HOUR, WHEN_DAY};
	bool is_future = text[0] == '+';
	int64_t seconds = 0;
	for (char *rest = (char *)text + is_future; *rest != '\0';) {
		int64_t number = strtol(rest, &rest, 10);
		const char *unit = strchr(units, *rest);
		if (*rest == '\0' || unit == NULL)
			fail_msg("no moment: %s", text);
		seconds += number * lengths[unit - units];
		rest++;
	}
	return is_future ? SCENE_NOW + seconds : SCENE_NOW - seconds;
}

static void add_fall(
	struct evidence *evidence, enum log_kind kind, char *moments, uint32_t record)
{
	char *to = strchr(moments, '>');
	assert_non_null(to);
	*to++ = '\0';
	struct clock_fall fall = {
		.record = record, .from = parse_moment(moments), .to = parse_moment(to)};
	log_add_fall(evidence, &evidence->logs[kind], &fall);
}

static enum log_kind parse_what(const char *what, struct event *ret)
{
	if (strcmp(what, "boot") == 0) {
		ret->origin = FROM_EVENTLOG;
		ret->id = 0x80001775;
		return LOG_SYSTEM;
	}
	if (strcmp(what, "shutdown") == 0) {
		ret->origin = FROM_EVENTLOG;
		ret->id = 0x80001776;
		return LOG_SYSTEM;
	}
	if (strncmp(what, "scm", 3) == 0) {
		ret->origin = FROM_SCM;
		ret->id = 0xC0000000U | (uint32_t)atoi(what + 3);
		return LOG_SYSTEM;
	}
	if (strcmp(what, "drwatson") == 0) {
		ret->origin = FROM_DRWATSON;
		ret->id = 0x40001001;
		return LOG_APPLICATION;
	}
	ret->origin = FROM_IMC;
	ret->id = 0xC0000000U | (uint32_t)atoi(what);
	return LOG_APPLICATION;
}

void scene_events(struct evidence *evidence, const char *events)
{
	char *copy = strdup(events), *rest = copy;
	uint32_t record = 1;
	for (char *word; (word = strsep(&rest, " ")) != NULL; record++) {
		char *at = strchr(word, '@');
		if (at == NULL)
			continue;
		*at++ = '\0';
		if (strcmp(word, "fall") == 0) {
			add_fall(evidence, LOG_SYSTEM, at, record);
		} else if (strcmp(word, "appfall") == 0) {
			add_fall(evidence, LOG_APPLICATION, at, record);
		} else {
			struct event event = {
				.record = record, .time = parse_moment(at), .type = 1};
			enum log_kind kind = parse_what(word, &event);
			log_add_event(evidence, &evidence->logs[kind], &event);
		}
	}
	free(copy);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		log_sort(&evidence->logs[kind]);
}

struct evidence *scene(void *parent, enum service_state state, const char *events)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "rpc");
	evidence->observed_at = SCENE_NOW;
	evidence->service.state = state;
	evidence->service.start_type = START_AUTOMATIC;
	evidence->service.has_exit_codes = true;
	for (enum part part = 0; part < PART_DEPENDENCIES; part++)
		evidence_learned(evidence, part);
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		struct log *log = &evidence->logs[kind];
		log->is_whole = true;
		log->reaches_back_to = SCENE_NOW - 365 * (int64_t)WHEN_DAY;
		log->newest = (struct bookmark){true, 1000, SCENE_NOW, 1};
	}
	scene_events(evidence, events);
	return evidence;
}

struct evidence *scene_without_logs(void *parent, enum service_state state)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "snmp");
	evidence->observed_at = SCENE_NOW;
	evidence->service.state = state;
	evidence->service.is_inferred = state == SERVICE_STOPPED;
	evidence_learned(evidence, PART_STATE);
	return evidence;
}
