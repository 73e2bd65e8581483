/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_SERVER_H
#define IMC_AGENT_SERVER_H

#include "alarms.h"
#include "core/hearsay.h"
#include "message.h"
#include "row.h"

/*
 * One server under watch, as the parent has it: what polls told becomes a verdict, its
 * row, and what is to be told. The evidence itself is not kept: what the next verdict
 * needs of it is in the state.
 */
struct server {
	const struct target *target; /* of the configuration in force */
	struct row *row;
	struct alarms alarms;
	struct hearsay hearsay;
	bool is_raised_by_trap; /* the condition's alarm: nothing else told of it */
	char *state_name;       /* what its state file is kept under: core/name.h */
	char *state;            /* text of the state file; NULL: nothing is remembered */
	bool keeps_state;       /* there is a state directory */
	bool is_unread;         /* the file: it comes first; a check_imc may hold it */
	bool is_unsaved;        /* the file is older than `state` */
	bool is_unreadable;     /* the file: it is left as it is, for its owner to see */
	struct failure
		*trouble; /* the file could not be read or written; NULL: all well */
	int64_t ended_ms; /* the newest poll, however it ended, or since when it is polled
			     like this; CLOCK_MONOTONIC */
	uint64_t place;   /* which machine is asked, how, and for what: a hash */
	uint32_t moved_in; /* the configuration that gave it another place: what an older
			      one asked is of another machine */
};

struct server *server_new(void *parent, const struct target *target, int64_t now);

/* After a reload, which is number `generation`: the same server, as it is configured
 * now. */
void server_configure(struct server *server, const struct target *target, int64_t now_ms,
	uint32_t generation);

/* A poll ended. `evidence` is decoded, and changed: what is remembered joins it. Adds
 * changes that will never be told to *suppressed. */
void server_take(struct server *server, const struct message_result *result,
	struct evidence *evidence, int64_t now, uint32_t *suppressed);

/* A trap told of an event, and is believed (hearsay.h). True: it is kept, which it is not
 * where a far imc-agentd judges the server. */
bool server_hear(struct server *server, uint32_t event_id, int64_t now);
/* Nothing that traps told counts any more, from the next poll on. True: there was
 * something. */
bool server_unhear(struct server *server);

/* No poll at all has ended for three intervals: says so in the row, once; then true. */
bool server_look_for_stale(
	struct server *server, int64_t now, int64_t now_ms, uint32_t *suppressed);

/* The state file could not be written: said in the row at once. */
void server_has_trouble(struct server *server, const struct failure *why);
void server_is_saved(struct server *server);

#endif
