/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_VERDICT_H
#define IMC_CORE_VERDICT_H

#include "attempt.h"
#include "evidence.h"
#include "policy.h"

/* Where the 4071 condition stands. */
enum condition {
	CONDITION_NONE,
	CONDITION_ACTIVE,
	CONDITION_RECOVERED,
	CONDITION_PAST,
	CONDITION_UNKNOWN,
	CONDITION_CLEARED,
	CONDITIONS
};

/* Why a service is down, where that is known. */
enum cause {
	CAUSE_NONE,
	CAUSE_START_FAILURE, /* `cause_event` */
	CAUSE_NEVER_TRIED,   /* 1077 */
	CAUSE_DEPENDENCY,    /* `cause_name` is down */
	CAUSE_DIED,
	CAUSE_STOPPED_CLEANLY,
	CAUSE_EXIT_CODE, /* none of these, but the exit code is not 0 */
	CAUSE_UNKNOWN
};

/* What judge made of the evidence. All that it points to belongs to it, or to the
 * evidence that it was made from, which must live as long. */
struct verdict {
	const struct evidence *evidence;
	const struct policy *policy;
	enum status status;
	bool keys[KEYS];    /* the rows that matched: one of state, and added ones */
	enum key state_key; /* the row of state, under maintenance too */
	enum status status_without_maintenance;
	enum status key_status[KEYS]; /* of those that matched */
	enum condition condition;
	enum condition condition_by_log; /* as it is without hearsay (hearsay.h) */
	enum trigger trigger;
	struct history *history;
	enum cause cause;
	uint32_t cause_event; /* all 32 bits; 0: none */
	const char *cause_name;
	char *text;         /* the finding in one line, without server and status;
			       from the network in part: not cleaned */
	const char *advice; /* what to do; NULL: nothing */
	char **notes;       /* what else is to be said, most important first */
	size_t note_count;
	unsigned events_4071;          /* failed attempts with 4071 inside the lookback */
	int64_t first_4071, last_4071; /* first of those; last in the horizon;
					   NO_TIME */
	uint32_t last_4071_record;
	int64_t server_now;   /* the moment of judging, by the server's clock */
	int64_t boot_time;    /* NO_TIME */
	int64_t state_since;  /* by the server's clock; NO_TIME */
	int64_t evidence_age; /* seconds */
};

const char *condition_name(enum condition condition);

#endif
