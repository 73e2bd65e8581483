/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TELLER_H
#define IMC_AGENT_TELLER_H

#include "objects.h"
#include "statedir.h"

/*
 * Hands notifications to the master: those that the alarms of the fleet's servers are due
 * for, each written down in the standing file before it is sent, so that whoever comes
 * after a sudden end tells it again rather than not at all.
 */
struct teller {
	struct fleet *fleet;
	struct statedir *statedir;
	struct agentx *agentx;
	struct totals *totals; /* counts what was sent */
	size_t next;           /* where the last round broke off */
	int64_t lost_at;       /* the master; NO_TIME */
	int64_t saved_ms;      /* the standing file, CLOCK_MONOTONIC */
};

/* A round: some of what is due now. Call it often. */
void teller_step(struct teller *teller, int64_t now, int64_t now_ms);

/* The master is gone; it is there, maybe again. */
void teller_lost(struct teller *teller, int64_t now);
void teller_connected(struct teller *teller);

#endif
