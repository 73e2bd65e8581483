/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_ATTEMPT_H
#define IMC_CORE_ATTEMPT_H

#include "boot.h"
#include "catalogue.h"
#include "evidence.h"
#include "policy.h"

/* What brought a start about. */
enum trigger {
	TRIGGER_NONE,
	TRIGGER_AUTOMATIC,
	TRIGGER_MANUAL,
	TRIGGER_UNKNOWN,
	TRIGGER_MIXED,
	TRIGGERS
};

/* A start attempt: a run of MSExchangeIMC events in record order. */
struct attempt {
	int64_t time;       /* of its first event */
	uint32_t record;    /* of the failure's event, else of its first event */
	int64_t failed_at;  /* NO_TIME: it did not fail */
	uint32_t failed_id; /* all 32 bits of the event that it failed with; 4071 goes
			       first */
	bool is_4071;
	int64_t latest;      /* newest time in the log up to its last event */
	int64_t stop_before; /* newest stop logged before it; NO_TIME */
	bool has_start;      /* event 1000 */
	bool ran_later;      /* later events show that the service ran after it */
	bool is_since_boot;
	bool is_excused;      /* before fixed-since */
	enum trigger trigger; /* of a failed one; else TRIGGER_NONE */
};

struct history {
	struct attempt *attempts; /* in order */
	size_t attempt_count;
	struct boot *boots; /* in order; those of the horizon */
	size_t boot_count;
	int64_t horizon;                /* earlier events do not count */
	const struct event *last_stop;  /* newest stop event, or NULL */
	const struct event *last_death; /* newest sign that the process died, or NULL */
};

/* Attempts and boots of the evidence; only events not before the horizon count. */
struct history *history_of(void *parent, const struct evidence *evidence,
	const struct policy *policy, int64_t server_now);

const struct boot *history_last_boot(const struct history *history); /* or NULL */
const struct attempt *history_newest(const struct history *history); /* or NULL */

/* Counts for the conditions: 4071 since the boot, and not put right since (fixed-since).
 */
bool attempt_is_current_4071(const struct attempt *attempt);
bool history_has_current_4071(const struct history *history);

const char *trigger_name(enum trigger trigger);

#endif
