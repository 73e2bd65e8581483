/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TROUBLE_H
#define IMC_AGENT_TROUBLE_H

#include <stdint.h>

#include "core/failure.h"

struct lane;

/* Accounts whose workers cannot be started: none is tried more than once a second, and
 * each of their polls is told why. */
struct trouble;

struct trouble *trouble_new(void *parent);

/* A start did not work, or one did. True: that is news. */
bool trouble_begins(struct trouble *trouble, const struct lane *lane, int64_t now_ms,
	const struct failure *why);
bool trouble_ends(struct trouble *trouble, const struct lane *lane);

/* Why no worker is to be started now; NULL: one may be. Belongs to the trouble. */
const struct failure *trouble_of(
	const struct trouble *trouble, const struct lane *lane, int64_t now_ms);

#endif
