/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_ROW_H
#define IMC_AGENT_ROW_H

#include "core/target.h"
#include "core/verdict.h"

/*
 * What the MIB says of one server: the newest verdict, and how polling it goes. Plain
 * data, written by server.c, read by the columns (objects_servers.c, objects_events.c,
 * appl.c) and for notifications. Texts are cleaned and valid UTF-8. Moments are seconds
 * since 1970; NO_TIME: not known.
 */

enum { ROW_EVENTS = 16 };

/* A failed start attempt: imcEventTable. */
struct row_event {
	uint32_t number; /* only rises, for each server */
	uint32_t id;     /* all 32 bits */
	uint32_t record;
	int64_t time;
	enum trigger trigger;
	const char *text; /* of the catalogue */
};

/* The newest 4071 attempt that was counted. */
struct row_counted {
	int64_t time; /* NO_TIME: none */
	uint32_t record;
};

struct row {
	uint32_t appl_index; /* of RFC 2788's applTable: kept per name, never reused */

	/* from the configuration */
	char *server;  /* 1 to 32 bytes: the index */
	char *address; /* NULL: none (copied logs) */
	const char *source;
	int64_t interval;
	bool is_maintenance;
	int64_t fixed_since;

	/* from the verdict */
	bool is_judged; /* false: not polled yet; the rest of this part is empty then */
	enum status status;
	char *text;
	char *keys;          /* "active,start-type" */
	bool has_keys[KEYS]; /* the same */
	enum service_state service_state;
	bool is_inferred;
	enum start_type start_type;
	char *start_account; /* NULL: not known */
	bool has_exit_codes;
	uint32_t win32_exit, specific_exit;
	int64_t state_since;
	enum condition condition;
	enum trigger trigger;
	int64_t condition_since; /* by this machine's clock */
	bool has_events_4071;    /* the Application log was read */
	uint32_t events_4071;    /* in the lookback */
	uint32_t total_4071;     /* seen since discontinuity_time */
	int64_t last_4071;
	uint32_t last_4071_record;
	uint32_t cause_event; /* low 16 bits; 0: none */
	char *advice;         /* NULL: none */
	int64_t boot_time;
	int64_t log_reaches_back_to; /* the Application log */
	int64_t log_cleared_at;      /* when that was found out */
	uint32_t damaged_records;
	bool has_clock_skew;
	int64_t clock_skew;
	char *smb_level;

	/* how polling goes */
	int64_t last_poll; /* the newest that learned something */
	uint32_t last_poll_ms;
	int64_t next_poll;
	bool has_failed; /* the newest poll; the next two say how */
	enum failure_kind failure_kind;
	char *failure_text;    /* NULL: none */
	uint32_t failed_polls; /* in a row; without those that only traps made begin */
	int64_t backoff_until;
	int64_t discontinuity_time; /* counting began */

	struct row_event events[ROW_EVENTS]; /* the lowest number first */
	size_t event_count;
	uint32_t next_event;        /* the number of the next one */
	struct row_counted counted; /* in total_4071, the newest */
};

/* A row of a server that was not polled yet. It owns all that it points to. */
struct row *row_new(void *parent, const struct target *target, int64_t now);
/* After a reload: what the configuration says now. */
void row_configure(struct row *row, const struct target *target);
/* Nothing is known of it any more. */
void row_forget(struct row *row);
/* Takes over what the verdict says; `now` by this machine's clock. */
void row_take(struct row *row, const struct verdict *verdict, int64_t now);
/* One more finding for a row that is judged already, and how bad that is. */
void row_add_finding(
	struct row *row, const struct policy *policy, enum key key, const char *text);
/* Cleaned, and cut to what an ImcText of the MIB holds. */
char *row_long_text(struct row *row, const char *text);
/* Does the row have this finding? */
bool row_has_finding(const struct row *row, enum key key);

#endif
