/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_OBJECTS_H
#define IMC_AGENT_OBJECTS_H

#include "agentx.h"
#include "notice.h"
#include "row.h"
#include "totals.h"

/*
 * IMC-MONITOR-MIB as data: scalars, imcServerTable, imcEventTable and the notifications,
 * all served from what the parent has in memory.
 */
struct objects_view {
	/* In the order of the MIB's index: the shorter name first, then by its bytes. */
	struct row **rows;
	struct row **rows_by_appl_index; /* the same, for applTable */
	size_t row_count;
	struct totals totals;
};

/* Before agentx_start(). The view is read at each request and must live as long. */
void objects_register(struct agentx *agentx, const struct objects_view *view);

/* Hands one notification to the master, with the values that GET would give. Waits up to
 * 50 ms for a busy one. False: there is none, or it does not take one more now; nothing
 * was sent. */
bool objects_notify(struct agentx *agentx, const struct notice *notice);

/* appl.c: RFC 2788's applTable, one row for each server, of the same view. */
void appl_register(struct agentx *agentx, const struct objects_view *view);

#endif
