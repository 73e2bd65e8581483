/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SOURCE_H
#define IMC_SOURCE_SOURCE_H

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

/* A way to learn about a server. */
struct source {
	const char *name; /* as --source takes it */
	const char *help; /* one line */
	bool needs_address;
	bool needs_credentials;
	/* Loads what the first collect() would load from files, for who locks itself in
	 * before that; NULL: nothing. */
	void (*prepare)(void);
	/* Fills the evidence (fresh from evidence_new()) before the deadline: each part
	 * is learned, or carries why it was not. Never fails as a whole. */
	void (*collect)(const struct request *request, struct evidence *evidence);
};

/*
 * A module is imc-NAME.so with two symbols: `const struct source imc_NAME_source`, and
 * `const unsigned imc_NAME_abi`, which is SOURCE_ABI of the tree that it was built from.
 * Raise it with each change of what modules see of core and source.
 */
enum { SOURCE_ABI = 3 };

/* By name. A source that lives in a module is opened now: `why` says what to install. */
bool source_find(const char *name, const struct source **ret, struct failure *why);

/* One line for who asked with -vvv. */
void request_trace(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* How to read a log of this target, given what is remembered: cutoff, boot, bookmark.
 * `server_now` by the server's clock; `last_boot` NO_TIME where it is not known (yet). */
struct harvest_plan request_plan(const struct request *request, enum log_kind kind,
	int64_t server_now, int64_t last_boot);

/* Time of the newest boot in a System log or, where it holds none, in what is remembered;
 * NO_TIME: not known. */
int64_t request_last_boot(const struct request *request, const struct log *system);

extern const struct source evt_source;
/* Opens a copied log for request.files; whether it is one, evt_source says. */
bool evt_open(const char *path, int *ret_file, struct failure *why);

#endif
