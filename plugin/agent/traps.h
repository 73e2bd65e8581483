/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TRAPS_H
#define IMC_AGENT_TRAPS_H

#include "attendant.h"
#include "core/agent_settings.h"
#include "fleet.h"
#include "totals.h"

struct logger;
struct tevent_context;

/*
 * The parent's side of traps: what comes in at the socket goes to the keeper, who knows
 * which server is meant; what is of none is counted and logged; event 4071 is kept for
 * the server where the configuration says so. Not more of them are on their way than a
 * keeper that is busy can be asked to keep.
 */
struct traps;

struct traps_means {
	struct tevent_context *loop;
	struct logger *logger;
	struct fleet *fleet;
	struct totals *totals;
	struct attendant *const *attendant; /* once there is one */
};

struct traps *traps_new(void *parent, const struct traps_means *means);

/* The configuration in force, at the start and at each reload. Without a socket
 * everything else goes on, and the log says why. */
void traps_configure(struct traps *traps, const struct agent_settings *agent);

/* The keeper is new, and was told of nothing. */
void traps_ask_again(struct traps *traps);

/* A HINTED of the keeper's, which is replaced where that is none. */
void traps_take_answer(struct traps *traps, struct bytes body, int64_t now);

/* Call it often. `now_ms`: CLOCK_MONOTONIC. */
void traps_step(struct traps *traps, int64_t now_ms);

#endif
