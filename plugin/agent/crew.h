/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_CREW_H
#define IMC_AGENT_CREW_H

#include "message.h"
#include "slots.h"
#include "timers.h"

struct logger;

/*
 * The workers: who of them does which poll. Never more processes than slots; each serves
 * one source and account. One that overruns its poll's deadline is killed.
 */
struct crew;

/* Why a poll got no answer from its worker. */
struct crew_loss {
	bool has_begun; /* false: no worker could be started */
	struct failure why;
};

struct crew_hooks {
	/* A worker is ready for it: its ORDER. Files are taken over. `deadline_ms` is
	 * when the worker must have answered. */
	struct packet *(*order)(void *context, struct job *job, int64_t *ret_deadline_ms,
		int *ret_files, size_t *ret_file_count);
	/* False: it cannot be; its worker is ended. */
	bool (*logging_on)(void *context, struct job *job);
	bool (*logged_on)(void *context, struct job *job);
	/* It was stopped, and waits again as a suspect's. */
	void (*stopped)(void *context, struct job *job);
	/* These two end it: the job is no longer the crew's. */
	void (*done)(void *context, struct job *job, const struct message_done *done);
	void (*lost)(void *context, struct job *job, const struct crew_loss *loss);
};

struct crew *crew_new(void *parent, struct tevent_context *loop, struct timers *timers,
	struct logger *logger, const struct crew_hooks *hooks, void *context);
/* Slots for servers that are well; suspects have four times as many, 32 at most. At any
 * time. */
void crew_resize(struct crew *crew, unsigned workers);

/* A poll through this source with this credentials file (NULL: it needs none), whose
 * identity is known. The hooks are called later. */
void crew_submit(struct crew *crew, struct job *job, const char *source,
	const char *credentials, uint64_t identity);
/* The answer to logging_on(). A job that is granted it is bound until it logged on:
 * nobody else would learn that the account was refused. */
void crew_grant(struct crew *crew, struct job *job, bool is_granted);

#endif
