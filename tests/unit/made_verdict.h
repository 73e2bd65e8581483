/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_MADE_VERDICT_H
#define IMC_TESTS_UNIT_MADE_VERDICT_H

#include "core/evidence.h"
#include "core/memory.h"
#include "core/verdict.h"

/* A verdict made by hand: 4071 at the automatic start, three attempts, everything
 * learned. */
enum { MADE_NOW = 1795338000 }; /* 2026-11-22T09:00:00Z */

struct made_verdict {
	struct evidence *evidence;
	struct policy policy;
	struct verdict verdict;
};

static inline void made_attempts(struct verdict *verdict)
{
	struct history *history = memory_new(verdict->evidence, struct history);
	history->attempt_count = 3;
	history->attempts = memory_array(history, struct attempt, 3);
	for (int i = 0; i < 3; i++) {
		history->attempts[i] = (struct attempt){
			.time = MADE_NOW - 3 * 86400 + i * 86400,
			.record = 100 + (uint32_t)i,
			.failed_at = MADE_NOW - 3 * 86400 + i * 86400,
			.failed_id = 0xC0000FE7,
			.is_4071 = true,
			.is_since_boot = i == 2,
			.trigger = TRIGGER_AUTOMATIC,
		};
	}
	history->attempts[1].failed_at = NO_TIME;
	history->attempts[1].has_start = true;
	history->attempts[1].trigger = TRIGGER_NONE;
	verdict->history = history;
}

static inline struct made_verdict *made_verdict(void *parent)
{
	struct made_verdict *made = memory_new(parent, struct made_verdict);
	struct evidence *evidence = evidence_new(made, "EXCH01", "rpc");
	for (int part = 0; part < PARTS; part++)
		evidence_learned(evidence, part);
	evidence->observed_at = MADE_NOW - 1;
	evidence->probe_ms = 123;
	evidence->clock_skew = -7;
	evidence->service.state = SERVICE_STOPPED;
	evidence->service.start_type = START_AUTOMATIC;
	evidence->service.start_account = memory_copy(evidence, "EXDOM/exsvc");
	evidence->service.has_exit_codes = true;
	evidence->service.win32_exit = 1066;
	evidence->service.specific_exit = 2140;
	evidence->service.dependencies = memory_array(evidence, struct dependency, 1);
	evidence->service.dependencies[0].name = memory_copy(evidence, "MSExchangeIS");
	evidence->service.dependencies[0].state = SERVICE_RUNNING;
	evidence->service.dependency_count = 1;
	for (int kind = 0; kind < LOGS; kind++)
		evidence->logs[kind].reaches_back_to = MADE_NOW - 30 * 86400;

	made->evidence = evidence;
	made->policy = policy_default();
	made->verdict = (struct verdict){
		.evidence = evidence,
		.policy = &made->policy,
		.status = STATUS_CRITICAL,
		.state_key = KEY_ACTIVE,
		.condition = CONDITION_ACTIVE,
		.trigger = TRIGGER_AUTOMATIC,
		.cause = CAUSE_START_FAILURE,
		.cause_event = 0xC0000FE7,
		.text = memory_copy(made,
			"service stopped, event 4071 at the automatic "
			"start 2h ago (2 in 7d)"),
		.advice = "set the administrator mailbox",
		.events_4071 = 2,
		.first_4071 = MADE_NOW - 3 * 86400,
		.last_4071 = MADE_NOW - 7200,
		.last_4071_record = 102,
		.server_now = MADE_NOW,
		.boot_time = MADE_NOW - 7300,
		.state_since = MADE_NOW - 7190,
		.evidence_age = 1,
	};
	made->verdict.keys[KEY_ACTIVE] = true;
	made->verdict.key_status[KEY_ACTIVE] = STATUS_CRITICAL;
	made->verdict.notes = memory_array(made, char *, 1);
	made->verdict.notes[0] = memory_copy(made, "the Application log is short");
	made->verdict.note_count = 1;
	made_attempts(&made->verdict);
	return made;
}

/* What a hostile server may call things. */
static const char *const hostile_texts[] = {
	"",
	"|",
	"a | b=1;2;3",
	"two\nlines",
	"\r\nOK - all is well | x=1",
	"\x1b[2J\x1b[31mred",
	"\x07\x08\x7f",
	"\xc2\x9b"
	"31m",
	"\xe2\x80\xae"
	"txt.exe",
	"\xe2\x80\xa8line separator\xe2\x80\xa9",
	"\xff\xfe broken \xc3 UTF-8 \xed\xa0\x80 \xf5\x80\x80\x80",
	"\xc0\x80 overlong",
	"<script>alert(1)</script>",
	"$(id) `id` '\"; DROP",
	"%n%s%x",
	"'label'=1",
	"\"}],\"status\":\"ok\",\"x\":[{\"",
	"\\u0000 \\",
};

enum { HOSTILE_TEXTS = sizeof(hostile_texts) / sizeof(hostile_texts[0]) };

/* One of them in every field that can come from outside. */
static inline void made_hostile(struct made_verdict *made, const char *text)
{
	struct evidence *evidence = made->evidence;
	struct failure why;
	evidence->server = memory_copy(evidence, text);
	evidence->service.start_account = memory_copy(evidence, text);
	evidence->service.dependencies[0].name = memory_copy(evidence, text);
	evidence->smb_level = memory_copy(evidence, text);
	made->verdict.text = memory_copy(made, text);
	made->verdict.advice = memory_copy(made, text);
	made->verdict.notes[0] = memory_copy(made, text);
	made->verdict.cause_name = made->verdict.notes[0];
	fail_at(&why, FAIL_PROTOCOL, STAGE_PIPE, "%s", text);
	evidence_failed(evidence, PART_DEPENDENCIES, &why);
}

/* 60 KB of what `unit` repeats. */
static inline char *made_long(void *parent, const char *unit)
{
	enum { LONG = 60 * 1024 };
	char *text = memory_array(parent, char, LONG + 1);
	for (size_t i = 0, length = strlen(unit); i + length <= LONG; i += length)
		memcpy(text + i, unit, length);
	return text;
}

#endif
