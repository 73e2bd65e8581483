/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_POLICY_H
#define IMC_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "range.h"

/* Nagios's exit codes. */
enum status { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN, STATUSES };

/* The rows of the severity table: one row of state, then the added ones. */
enum key {
	KEY_MAINTENANCE,
	KEY_UNREACHABLE,
	KEY_ABSENT,
	KEY_ACTIVE,
	KEY_STATE_UNREADABLE,
	KEY_DISABLED,
	KEY_BOOTING,
	KEY_STOPPED,
	KEY_PENDING,
	KEY_PAUSED,
	KEY_RECOVERED_AUTOMATIC,
	KEY_RECOVERED_UNKNOWN,
	KEY_RECOVERED_MANUAL,
	KEY_CLEARED,
	KEY_RUNNING,
	/* added rows */
	KEY_LOG_UNREADABLE,
	KEY_SYSTEM_UNREADABLE,
	KEY_CONFIG_UNREADABLE,
	KEY_LOG_NOT_OFFERED,
	KEY_LOG_DAMAGED,
	KEY_LOG_CLEARED,
	KEY_LOG_SHORT,
	KEY_START_TYPE,
	KEY_STALE,
	KEY_STATE_FILE,
	KEY_TOLD_BY_TRAP,
	KEY_EVENTS,
	KEYS
};

/* Evidence that is older than so many of the intervals it should come in is stale. */
enum { POLICY_STALE_INTERVALS = 3 };

/* How bad each finding is, and the durations (seconds) that the rules need. */
struct policy {
	int64_t lookback;         /* 7 d */
	int64_t boot_window;      /* 15 min */
	int64_t pending_warning;  /* 5 min */
	int64_t pending_critical; /* 15 min */
	int64_t max_age;          /* of evidence; 0: no limit */
	int64_t fixed_since;      /* NO_TIME: not given */
	bool is_maintenance;
	bool has_warning,
		has_critical; /* -w, -c on the 4071 attempts inside the lookback */
	struct range warning, critical;
	/* By key. `pending` and `events` have states of their own until they are set. */
	enum status severity[KEYS];
	bool is_severity_set[KEYS];
};

struct policy policy_default(void);

/* "KEY=STATE,KEY=STATE": STATE is ok, warning, critical or unknown. Nothing is changed
 * where any part of it is wrong. */
bool policy_set_severities(struct policy *policy, const char *text, struct failure *why);

/* The worse of two: critical, warning, unknown, ok. */
enum status status_worst(enum status a, enum status b);

const char *status_name(enum status status);           /* "critical" */
const char *status_word(enum status status);           /* "CRITICAL" */
bool status_parse(const char *text, enum status *ret); /* either, or 0 to 3 */
const char *key_name(enum key key);                    /* "recovered-automatic" */
const char *key_help(enum key key);                    /* when it holds, in a few words */

#endif
