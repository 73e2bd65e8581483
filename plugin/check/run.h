/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_RUN_H
#define IMC_CHECK_RUN_H

#include "core/target.h"
#include "report.h"
#include "source/source.h"

/* One check. All of it belongs to the caller and outlives the call. */
struct run_order {
	const struct target *target;
	const struct source *source;       /* NULL: the one that the target names */
	const char *state_dir;             /* NULL: nothing is remembered */
	const char *credentials_directory; /* $CREDENTIALS_DIRECTORY; NULL: not set */
	int64_t clock;                     /* seconds, this machine's */
	int64_t now;                       /* the same, or --at */
	int64_t deadline_ms;               /* CLOCK_MONOTONIC */
	enum status timeout_status; /* where time ran out and nothing was learned */
	bool has_timeout_status;
	struct report_options report; /* its trace is filled here */
};

/* How it ended; `output` is all that is to be printed. */
struct outcome {
	enum status status;
	char *output;
};

/*
 * From an order to an outcome: credentials, what is remembered, the account's back-off,
 * collect, judge, save, report. Never fails: what goes wrong is an outcome, too, and
 * never OK. The output belongs to `parent`.
 */
struct outcome run(void *parent, const struct run_order *order);

/* What a target is asked with: its source and, where that needs them, its credentials,
 * which belong to `parent`. */
bool run_find_means(void *parent, const struct run_order *order,
	const struct source **ret_source, struct credentials **ret_credentials,
	struct failure *why);

/* The outcome of a check that did not come about. `server` may be NULL. */
struct outcome run_failed(void *parent, const char *server, const struct failure *why,
	const struct report_options *options);

#endif
