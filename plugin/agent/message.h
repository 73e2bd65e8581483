/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_MESSAGE_H
#define IMC_AGENT_MESSAGE_H

#include "core/credentials.h"
#include "core/evidence.h"
#include "core/hint.h"
#include "core/target.h"
#include "packet.h"
#include "source/resolve.h"

/*
 * What imc-agentd's three roles say to each other. On the wire a message is its length
 * (32 bits, of what follows), its type (16 bits), and a body. Every body is read to its
 * end through one cursor; one byte too few or too many, and it is no message.
 *
 *   parent -> keeper   CONFIG, then one STATE for each server of it; later one STATE for
 *                      each RESULT, which the keeper waits for before it polls that
 *                      server again; HINT for a trap
 *   keeper -> parent   RESULT for each poll; HINTED for each HINT; ALIVE every few
 *                      seconds
 *   keeper -> worker   ACCOUNT once (but not for sources without one), then ORDER; GRANT
 *   worker -> keeper   READY, LOGGING_ON (waits for GRANT), LOGGED_ON, DONE
 */
enum message_type {
	MESSAGE_CONFIG = 1,
	MESSAGE_STATE,
	MESSAGE_RESULT,
	MESSAGE_ALIVE, /* no body */
	MESSAGE_ACCOUNT,
	MESSAGE_ORDER,
	MESSAGE_GRANT,
	MESSAGE_READY,      /* no body */
	MESSAGE_LOGGING_ON, /* no body */
	MESSAGE_LOGGED_ON,  /* no body */
	MESSAGE_DONE,
	MESSAGE_HINT,
	MESSAGE_HINTED,
	MESSAGE_TYPES
};

/* Of one message, type included: a configuration, or the evidence of the longest log. */
enum {
	MESSAGE_MAX_BYTES = 72 * 1024 * 1024,
	EVIDENCE_MAX_BYTES = 64 * 1024 * 1024,
	MESSAGE_HEAD = 6
};

struct message {
	enum message_type type;
	struct bytes body;
};

/* A packet that begins with room for the head; message_end() fills it in. */
struct packet *message_begin(void *parent, enum message_type type);
void message_end(struct packet *packet);
/* A whole message without a body. */
struct packet *message_plain(void *parent, enum message_type type);

/* The configuration as the parent read it: both read the same bytes. */
struct message_config {
	uint32_t generation; /* rises from one to the next */
	char *path;          /* as messages name it */
	struct bytes text;
};

/* What is remembered of a server (state_text.h); empty: nothing. */
struct message_state {
	char *server;
	struct bytes text;
};

/* How a poll ended. */
enum poll_end {
	POLL_LEARNED,  /* something was learned */
	POLL_FAILED,   /* nothing was learned: no answer, or no worker could ask */
	POLL_NOT_MADE, /* nobody was asked: the account rests, its file is unusable */
	POLL_ENDS
};

struct message_result {
	char *server;
	uint32_t generation; /* of the configuration under which it began */
	enum poll_end end;
	bool has_lost_worker; /* it was killed, or ended before its poll did */
	bool is_extra; /* a trap made it begin, and as a failed one it does not count */
	uint32_t took_ms;
	int64_t next_poll;     /* by this machine's clock; seconds */
	int64_t backoff_until; /* of its account; NO_TIME */
	struct bytes evidence; /* for message_take_evidence() */
};

/* A trap came. The number is the parent's, and the answer's. */
struct message_hint {
	uint32_t number;
	struct hint hint;
};

/* Who it was about: that server is polled soon. */
struct message_hinted {
	uint32_t number;
	char *server; /* "": it is not known */
};

/* One poll. The files are those of copied logs, open, in the order of enum log_kind; they
 * come beside the message; absent ones were not opened, and `file_failures` says why. */
struct message_order {
	struct target *target;
	struct addresses addresses; /* count 0: none is needed */
	bool has_file[LOGS];
	bool has_file_failure[LOGS];
	struct failure file_failure[LOGS];
	struct bytes state; /* text; empty: nothing is remembered */
	int64_t now;
	int64_t deadline_ms; /* CLOCK_MONOTONIC, which is the same in all processes */
};

/* How far the logon came. */
enum logon_end { LOGON_NOT_TRIED, LOGON_ACCEPTED, LOGON_REFUSED, LOGON_ENDS };

struct message_done {
	enum poll_end end;
	enum logon_end logon;
	bool is_spent; /* the worker: the next poll is for another one */
	struct bytes evidence;
};

struct packet *message_put_config(void *parent, const struct message_config *config);
struct packet *message_put_state(void *parent, const struct message_state *state);
struct packet *message_put_result(void *parent, const struct message_result *result);
struct packet *message_put_hint(void *parent, const struct message_hint *hint);
struct packet *message_put_hinted(void *parent, const struct message_hinted *hinted);
struct packet *message_put_account(void *parent, const struct credentials *account);
struct packet *message_put_order(void *parent, const struct message_order *order);
struct packet *message_put_grant(void *parent, bool is_granted);
struct packet *message_put_done(void *parent, const struct message_done *done);

/* Each reads a body. Strings belong to `parent`; bytes point into the body. False: it is
 * no such message. */
bool message_take_config(void *parent, struct bytes body, struct message_config *ret);
bool message_take_state(void *parent, struct bytes body, struct message_state *ret);
bool message_take_result(void *parent, struct bytes body, struct message_result *ret);
bool message_take_hint(struct bytes body, struct message_hint *ret);
bool message_take_hinted(void *parent, struct bytes body, struct message_hinted *ret);
/* Wiped when freed, as credentials.h says. */
bool message_take_account(void *parent, struct bytes body, struct credentials **ret);
bool message_take_order(void *parent, struct bytes body, struct message_order *ret);
bool message_take_grant(struct bytes body, bool *ret_is_granted);
bool message_take_done(struct bytes body, struct message_done *ret);

/* A failure, as part of a message. */
void message_put_failure(struct packet *packet, const struct failure *why);
void message_take_failure(struct cursor *cursor, struct failure *ret);

/* A moment as sources tell it, or NO_TIME: what lies before `least`, or after the year
 * 9999, would overflow where an age is made of it, or could not be read back from a state
 * file, and fails the cursor. */
int64_t message_take_moment(struct cursor *cursor, int64_t least);

/* A told verdict, as part of evidence (message_told.c). NULL: there is none. */
void message_put_told(struct packet *packet, const struct told *told);
void message_take_told(void *parent, struct cursor *cursor, struct told **ret);

/* Evidence as bytes, and back: message_evidence.c. The server's name is not in it. */
void message_put_evidence(struct packet *packet, const struct evidence *evidence);
bool message_take_evidence(
	void *parent, const char *server, struct bytes bytes, struct evidence **ret);

#endif
