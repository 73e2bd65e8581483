/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_EVIDENCE_H
#define IMC_CORE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "when.h"

/*
 * What is known of one server at one moment: plain data, made by a source, joined with
 * what the state file remembers, read by judge.
 */

/* [MS-SCMR] 2.2.47; 8 and 9 are ours (and the MIB's). */
enum service_state {
	SERVICE_STOPPED = 1,
	SERVICE_START_PENDING,
	SERVICE_STOP_PENDING,
	SERVICE_RUNNING,
	SERVICE_CONTINUE_PENDING,
	SERVICE_PAUSE_PENDING,
	SERVICE_PAUSED,
	SERVICE_ABSENT,  /* there is no such service */
	SERVICE_UNKNOWN, /* not learned */
	SERVICE_STATES
};

/* [MS-SCMR] 2.2.15 */
enum start_type {
	START_BOOT,
	START_SYSTEM,
	START_AUTOMATIC,
	START_MANUAL,
	START_DISABLED,
	START_UNKNOWN,
	START_TYPES
};

/* Win32 exit codes with a meaning of their own ([MS-ERREF] 2.2). */
enum {
	EXIT_SERVICE_SPECIFIC = 1066, /* the service-specific code is valid */
	EXIT_NEVER_STARTED = 1077     /* nobody tried since the last boot */
};

/* The parts of the evidence, each learned or not on its own. */
enum part {
	PART_STATE,
	PART_CONFIG, /* start type, start account */
	PART_APPLICATION,
	PART_SYSTEM,
	PART_DEPENDENCIES, /* asked for only when the service is down */
	PART_CLOCK,        /* never fatal */
	PART_MEMORY,       /* the state file */
	PARTS
};

/* The parts that a source learns from a server. */
enum { SERVER_PARTS = 4 };
extern const enum part server_parts[SERVER_PARTS];

enum knowledge {
	NOT_OFFERED, /* this source has no such part, or it was not asked for */
	NOT_LEARNED, /* it should be there, but `why` */
	LEARNED
};

struct part_report {
	enum knowledge knowledge;
	struct failure why; /* where NOT_LEARNED */
};

enum log_kind { LOG_APPLICATION, LOG_SYSTEM, LOGS };

/* Who wrote an event, as far as it matters here. */
enum origin {
	FROM_IMC,      /* MSExchangeIMC, Application log */
	FROM_DRWATSON, /* DrWatson naming msexcimc, Application log */
	FROM_EVENTLOG, /* EventLog 6005, a boot, and 6006, a shutdown; System log */
	FROM_SCM,      /* Service Control Manager naming the service, System log */
	ORIGINS
};

struct event {
	enum origin origin;
	uint32_t generation; /* how often the log was seen cleared before this record */
	uint32_t record;
	int64_t time; /* generated, by the server's clock */
	uint32_t id;  /* all 32 bits */
	uint16_t type;
	char *detail; /* its strings as one UTF-8 text, cut; not cleaned; NULL: none */
};

/* The clock stepped back between two records of a log that follow each other. */
struct clock_fall {
	uint32_t generation;
	uint32_t record; /* the one after the step */
	int64_t from, to;
};

/* A record that is recognised again: number, time and hash of its bytes. */
struct bookmark {
	bool is_set;
	uint32_t record;
	int64_t time;
	uint64_t hash;
};

/* What is known of one log: from one reading, from memory, or both joined. */
struct log {
	struct event *events; /* the relevant ones, in order (event_before) */
	size_t event_count;
	struct clock_fall *falls;
	size_t fall_count;
	uint32_t generation;
	struct bookmark newest;   /* the newest record that was examined */
	int64_t reaches_back_to;  /* time of the oldest record examined; NO_TIME: no
				     records */
	bool is_whole;            /* the reading came to the log's oldest record */
	bool is_wrapped;          /* older records existed and are gone, unread */
	bool was_cleared;         /* found out in this run */
	bool stopped_at_bookmark; /* the reading ended there: the rest is remembered */
	bool is_cut;              /* the reading broke off before its end */
	uint32_t damaged;         /* spans that could not be decoded */
	int64_t damage_time;      /* the latest that the newest of them can be; NO_TIME */
};

struct dependency {
	char *name;
	enum service_state state;
};

struct service {
	enum service_state state;
	bool is_inferred; /* from events or absence, not asked from the server */
	bool has_exit_codes;
	uint32_t win32_exit, specific_exit;
	bool check_point_moved;           /* between two questions of this check */
	enum service_state earlier_state; /* the first answer where it was asked twice and
					     differed; else SERVICE_UNKNOWN */
	enum start_type start_type;
	char *start_account;             /* NULL: not known */
	struct dependency *dependencies; /* where it is down */
	size_t dependency_count;
	bool has_other_dependencies; /* groups, or more than are asked for */
};

struct told;

struct evidence {
	char *server;        /* as the operator names it */
	const char *source;  /* "rpc", "evt", ...: source.h */
	int64_t observed_at; /* by this machine's clock (evt: the older file time) */
	struct part_report parts[PARTS];
	struct service service;
	struct log logs[LOGS];
	int64_t clock_skew; /* server's clock minus ours; 0 where it was never learned */
	int64_t clock_read_at; /* by our clock; NO_TIME */
	int64_t state_since;   /* present state first seen at (server's clock); NO_TIME */
	/* As the server itself says, where no log tells; by its clock; NO_TIME. Source
	 * snmp: now less hrSystemUptime, TimeTicks that begin anew after 497 days (RFC
	 * 2790, RFC 2578 7.1.8): the real boot can be a multiple of those earlier. */
	int64_t booted_at;
	struct told *told; /* a verdict that somebody else made (told.h); NULL: none */
	bool has_hearsay;  /* its Application events are what traps told (hearsay.h) */
	uint64_t watched;  /* watch_hash() of the names that were looked for */
	char *smb_level;   /* "NT1 unsigned", ...; NULL */
	unsigned probe_ms;
};

/* Nothing learned and nothing offered; state, start type and times unknown. */
struct evidence *evidence_new(void *parent, const char *server, const char *source);

/* A part was learned; or was not, with the stage. Copies `why`. */
void evidence_learned(struct evidence *evidence, enum part part);
void evidence_failed(
	struct evidence *evidence, enum part part, const struct failure *why);
bool evidence_has(const struct evidence *evidence, enum part part);
/* None of the server's parts was learned, all for the same reason. */
void evidence_fail_all(struct evidence *evidence, const struct failure *why);
/* Was any of the server's parts learned, or a verdict told? Did the time run out for any?
 */
bool evidence_is_anything_learned(const struct evidence *evidence);
bool evidence_has_timed_out(const struct evidence *evidence);

/* PART_APPLICATION or PART_SYSTEM. */
enum part part_of_log(enum log_kind kind);

/* Order inside one log: generation, then record number. */
bool event_before(const struct event *a, const struct event *b);
/* Negative, 0 or positive: the step's record is before, is, or is after the event's. */
int fall_order(const struct clock_fall *fall, const struct event *event);

/* EventLog 6005: the machine booted. */
bool event_is_boot(const struct event *event);
/* The service's process ended by itself: SCM 7023, 7024, 7031, 7034, or DrWatson. */
bool event_is_death(const struct event *event);

/* The newest boot, or NULL. */
const struct event *log_last_boot(const struct log *system);

/* Appends; `log` owns the arrays, `detail` is copied. Not sorted: log_sort() once at the
 * end. */
void log_add_event(void *owner, struct log *log, const struct event *event);
void log_add_fall(void *owner, struct log *log, const struct clock_fall *fall);
/* Sorts events and falls, and thins series of runtime events to their first and last. */
void log_sort(struct log *log);

/*
 * What was remembered of a log, joined to what was read of it now. `fresh` keeps its own
 * findings (was_cleared, newest) and gains what it no longer holds. Both in order before
 * and after; fresh->was_cleared says that the remembered records are another generation.
 */
void log_join(void *owner, struct log *fresh, const struct log *remembered);

/* Names for output and state files: "start-pending", "automatic", "application-log". */
const char *service_state_name(enum service_state state);
const char *start_type_name(enum start_type type);
const char *part_name(enum part part);
const char *log_name(
	enum log_kind kind); /* "Application", "System": as servers call them */
bool service_state_is_pending(enum service_state state);

#endif
