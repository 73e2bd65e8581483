/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_ATTENDANT_H
#define IMC_AGENT_ATTENDANT_H

#include <stdbool.h>
#include <stdint.h>

#include "message.h"

struct logger;
struct tevent_context;

/*
 * The parent's side of its keeper: starts it, and another one where it dies, says what is
 * no message, or is silent for too long.
 */
struct attendant;

struct attendant_hooks {
	/* A keeper is there, maybe a new one: it knows nothing yet. */
	void (*started)(void *context);
	void (*take)(void *context, const struct message *message);
};

bool attendant_new(void *parent, struct tevent_context *loop, struct logger *logger,
	const struct attendant_hooks *hooks, void *context, struct attendant **ret,
	struct failure *why);

/* Takes the packet over; lost where there is no keeper at the moment. */
void attendant_send(struct attendant *attendant, struct packet *packet);

/* It cannot be trusted any more. Not while it is being listened to: soon. */
void attendant_replace(struct attendant *attendant, const char *why);

/* Call it often. `now_ms`: CLOCK_MONOTONIC. */
void attendant_step(struct attendant *attendant, int64_t now_ms);

/* Ends the keeper, and its workers with it. */
void attendant_stop(struct attendant *attendant);

#endif
