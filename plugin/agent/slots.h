/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_SLOTS_H
#define IMC_AGENT_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust.h"

/*
 * Which poll gets a worker now, and which one has to give its place up. Suspects have
 * slots of their own, and take none of the others; a poll that hangs in one of those
 * counts as a suspect's from then on. Some slots are never taken but by servers that are
 * well. Accounts share the slots fairly. Reads no clock and knows no process.
 */
struct slots;
struct lane; /* the polls through one source with one account */

/* A poll that needs a worker: lives in the poll, all zero at first. */
struct job {
	struct lane *lane;
	struct job *next, *previous;
	uint64_t identity; /* of the credentials file; the crew's business */
	void *owner;
	enum trust trust;       /* of its server */
	bool is_among_suspects; /* that is what its slot counts as */
	bool is_bound;          /* it is not to be stopped now */
	bool is_running;
	int64_t since_ms;  /* it waits, or works */
	int64_t paused_ms; /* it waits for us since then; 0: it does not */
};

struct slots *slots_new(void *parent);
/* At any time; running polls are not disturbed. */
void slots_resize(struct slots *slots, unsigned well, unsigned suspect);
unsigned slots_total(const struct slots *slots);

/* Polls of different sources, or with different accounts, cannot share a worker.
 * `account`: the path of its credentials file, "" for polls that need none. Lanes live as
 * long as the slots. */
struct lane *slots_lane(struct slots *slots, const char *source, const char *account);
const char *slots_account(const struct lane *lane);
/* Workers of the account that have nothing to do. */
void slots_add_idle(struct lane *lane, int change);

void slots_wait(struct slots *slots, struct job *job, struct lane *lane, int64_t now_ms);
/* Whose turn it is, if there is a slot for it; NULL: nobody's. */
struct job *slots_next(struct slots *slots, int64_t now_ms);
void slots_start(struct slots *slots, struct job *job, int64_t now_ms);
/* It ended, or is not wanted any more. */
void slots_leave(struct slots *slots, struct job *job);

/* A job that waits for us does not hang: for its worker, for leave to log on. */
void slots_pause(struct job *job, int64_t now_ms);
/* It goes on, or its server gave a sign of life. */
void slots_go_on(struct job *job, int64_t now_ms);

/* Counts those that hang as suspects. Returns a running job that is to give up its slot,
 * since others wait for too long (slots_put_back()); NULL: none. */
struct job *slots_look(struct slots *slots, int64_t now_ms);
/* It waits again, trusted less. */
void slots_put_back(struct slots *slots, struct job *job, int64_t now_ms);

#endif
