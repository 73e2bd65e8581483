/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_ACT_H
#define IMC_START_ACT_H

#include "asker.h"
#include "core/target.h"
#include "source/starter.h"

/* How it ended; the exit codes. */
enum act_end {
	ACT_RUNS,     /* the service runs */
	ACT_NOT_DONE, /* no start call was sent, and why */
	ACT_FAILED,   /* one was sent, and the service does not run */
	ACT_UNKNOWN   /* what has to be known is not: before the call, or after it */
};

/* What was done, as the audit line calls it. */
enum act_kind {
	ACT_NOTHING,
	ACT_DRY_RUN,
	ACT_WAITING,  /* it is to be waited until start_delay is over */
	ACT_STARTING, /* the call is about to be sent */
	ACT_STARTED,  /* it was sent, and the service runs */
	ACT_TRIED,    /* it was sent, and the service does not, or nobody knows */
	ACTS
};

struct deed {
	enum act_kind act;
	enum act_end end;     /* not yet known for ACT_WAITING and ACT_STARTING */
	const char *evidence; /* in words; NULL: nobody was asked */
	const char *text;     /* one finished sentence; not cleaned */
};

/* What is said of a deed, at most. */
enum { ACT_TEXT_MAX = 600 };

/* All of it belongs to the caller and outlives the call. */
struct act_order {
	const struct target *target;
	const struct asker *asker;
	const char *state_dir;
	const char *credentials_directory; /* $CREDENTIALS_DIRECTORY; NULL: not set */
	int64_t deadline_ms;               /* CLOCK_MONOTONIC */
	bool allows_manual, is_dry_run;
	/* Told of each decision as it is made, of a start call before it is sent. */
	void (*tell)(void *context, const struct deed *deed);
	void *context;
	bool (*has_to_end)(void); /* a signal came; NULL: none can */
};

/* From an order to its end, by the rules of decide.h: at most one start call is sent, on
 * evidence read over the same session, after it was written down. The last deed that is
 * told is how it ended, which is returned. *ret_wait is 0, or for ACT_WAITING, which is
 * told last, the seconds after which the configuration is to be read again, and this
 * called once more: within the deadline. */
enum act_end act(const struct act_order *order, int64_t *ret_wait);

#endif
