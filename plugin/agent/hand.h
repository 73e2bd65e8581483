/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_HAND_H
#define IMC_AGENT_HAND_H

#include "message.h"
#include "timers.h"

/* One worker process, as the keeper sees it. */
struct hand;

enum hand_step {
	HAND_STARTS,
	HAND_IDLE,
	HAND_WORKS,
	HAND_ENDS /* it was killed, and is not gone yet */
};

struct hand_hooks {
	void (*ready)(void *context); /* once: it is idle now */
	/* False: it cannot be, and it is killed. */
	bool (*logging_on)(void *context);
	bool (*logged_on)(void *context);
	void (*done)(void *context, const struct message_done *done); /* it is idle now */
	/* It was killed, since it did not end in time what it was at; `before` is that.
	 */
	void (*late)(void *context, enum hand_step before);
	/* It ended, and no process is left. `before`: what it was at. The hook frees the
	 * hand. */
	void (*gone)(void *context, enum hand_step before, const char *how);
};

/* What hands have in common. */
struct hand_means {
	struct tevent_context *loop;
	struct timers *timers;
	const struct hand_hooks *hooks;
};

/* Starts one. `credentials`: the path of the account's file, which is read now and not
 * kept; NULL: it needs none. */
bool hand_start(void *parent, const struct hand_means *means, const char *credentials,
	void *context, struct hand **ret, struct failure *why);

enum hand_step hand_step(const struct hand *hand);
/* Since when it does that (deadline.h). */
int64_t hand_since(const struct hand *hand);
/* Identity of the credentials file that it was started with. */
uint64_t hand_identity(const struct hand *hand);

/* To an idle one. It is killed if it is not done soon after the deadline. Files are taken
 * over. */
void hand_order(struct hand *hand, struct packet *order, int64_t deadline_ms,
	const int *files, size_t file_count);
/* The answer to logging_on(). */
void hand_grant(struct hand *hand, bool is_granted);
/* gone() follows. */
void hand_kill(struct hand *hand);
/* After SIGCHLD: if it is this one that ended, gone() is called. */
void hand_look(struct hand *hand);

#endif
