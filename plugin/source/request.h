/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_REQUEST_H
#define IMC_SOURCE_REQUEST_H

#include "core/credentials.h"
#include "core/evidence.h"
#include "core/state.h"
#include "core/target.h"

struct addresses;

/* Where a source that logs on stops to ask. */
enum gate_moment {
	GATE_LOGGING_ON, /* the account is about to be used: waits for leave to do so */
	GATE_LOGGED_ON   /* it was accepted */
};

/* What a source is asked. All of it belongs to the caller and outlives the call. */
struct request {
	const struct target *target;
	const struct credentials *credentials; /* NULL: none were given */
	const struct state *state;             /* what is remembered; NULL: nothing */
	int64_t now;                           /* seconds, this machine's clock or --at */
	int64_t deadline_ms;                   /* CLOCK_MONOTONIC; see deadline.h */
	void (*trace)(void *context, const char *line); /* NULL: nobody listens (-vvv) */
	void *trace_context;
	const struct addresses *addresses; /* NULL: target->address is looked up */
	/* LOGS descriptors of copied logs, which stay the caller's; -1: that one could
	 * not be opened, and file_failures[] says why. NULL: opened by their paths. */
	const int *files;
	const struct failure *file_failures;
	/* Asked before each use of the account; returns before the deadline. False: it is
	 * not used, and `why` is why nothing was learned. NULL: nobody is asked. */
	bool (*gate)(void *context, enum gate_moment moment, struct failure *why);
	void *gate_context;
	/* What the source keeps from one request to the next: NULL at first, freed by the
	 * caller with talloc. NULL: it keeps nothing. */
	void **kept;
};

/* One line for who asked with -vvv. */
void request_trace(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* How to read a log of this target, given what is remembered: cutoff, boot, bookmark.
 * `server_now` by the server's clock; `last_boot` NO_TIME where it is not known (yet). */
struct harvest_plan request_plan(const struct request *request, enum log_kind kind,
	int64_t server_now, int64_t last_boot);

/* Time of the newest boot in a System log or, where it holds none, in what is remembered,
 * earlier where the clock was set back since; NO_TIME: not known. */
int64_t request_last_boot(const struct request *request, const struct log *system);

#endif
