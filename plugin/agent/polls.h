/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_POLLS_H
#define IMC_AGENT_POLLS_H

#include "message.h"
#include "timers.h"
#include "trust.h"

struct config;
struct logger;

/*
 * Polls, each from the moment it is due to its end: who answers at all is found out
 * first, then a worker asks, and the account is guarded meanwhile.
 */
struct polls;
struct poll;

/* How one ended. */
struct poll_result {
	struct message_result message; /* without the time of the next poll */
	/* The server had no part in it: it is no suspect for that. */
	bool is_own_fault;
};

/* The poll is over; `owner` is polls_start()'s. */
typedef void polls_ended(void *context, void *owner, const struct poll_result *result);

bool polls_new(void *parent, struct tevent_context *loop, struct logger *logger,
	polls_ended *ended, void *context, struct polls **ret, struct failure *why);
/* The timers that it runs on. */
struct timers *polls_timers(struct polls *polls);
/* The names that it finds the addresses of. */
struct names *polls_names(struct polls *polls);
void polls_configure(struct polls *polls, const struct config *config);

/* Takes the state's text over, which is a talloc object, or has length 0. NULL: it ended
 * already. */
struct poll *polls_start(struct polls *polls, const struct target *target,
	struct bytes state, enum trust trust, void *owner);
/* Nobody is to be told of its end any more. */
void polls_disown(struct poll *poll);

#endif
