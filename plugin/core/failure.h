/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_FAILURE_H
#define IMC_CORE_FAILURE_H

#include <stdbool.h>

/* What kind of thing went wrong; names for output: failure_kind_name(). */
enum failure_kind {
	FAIL_USAGE, /* what the operator wrote: an option, a key, a file's permissions */
	FAIL_TIMEOUT, /* no answer before the deadline */
	FAIL_REFUSED, /* nobody there: refused, reset, unreachable, name not resolved */
	FAIL_LOGON,  /* the account was not accepted; counts for the account's back-off */
	FAIL_DENIED, /* logged on, but not allowed to */
	FAIL_PROTOCOL,    /* an answer that makes no sense, or a hostile one */
	FAIL_UNSUPPORTED, /* the other side, or this build, cannot do that */
	FAIL_ABSENT,      /* the thing asked for does not exist */
	FAIL_DAMAGED,     /* a file or a log whose structure is broken */
	FAIL_SYSTEM,      /* this machine: a file, a disk, a socket */
	FAILURE_KINDS
};

/* Where in a check it went wrong; names for output: stage_name(). */
enum stage {
	STAGE_NONE,
	STAGE_RESOLVE,     /* host name to address */
	STAGE_CONNECT,     /* TCP */
	STAGE_NEGOTIATE,   /* the first answer of the SMB server */
	STAGE_LOGON,       /* authentication and the share IPC$ */
	STAGE_PIPE,        /* opening or binding a named pipe */
	STAGE_SERVICE,     /* the service's state, configuration, dependencies */
	STAGE_APPLICATION, /* the Application log */
	STAGE_SYSTEM,      /* the System log */
	STAGE_CLOCK,       /* the server's clock */
	STAGE_FILE,        /* a file on this machine */
	STAGES
};

/* A stage's text may hold names from the network: it is cleaned where it is shown. */
struct failure {
	enum failure_kind kind;
	enum stage stage;
	char text[480]; /* one finished sentence without a full stop */
};

/*
 * Says why in `why` (NULL: nobody asks), with STAGE_NONE, and returns false, so that
 * `return fail(why, FAIL_TIMEOUT, "...");` ends a function that could not do its work.
 */
bool fail(struct failure *why, enum failure_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, naming the stage. */
bool fail_at(struct failure *why, enum failure_kind kind, enum stage stage,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Stable names, as JSON and state files use them: "timeout", "application-log". */
const char *failure_kind_name(enum failure_kind kind);
const char *stage_name(enum stage stage);

#endif
