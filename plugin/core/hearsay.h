/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_HEARSAY_H
#define IMC_CORE_HEARSAY_H

#include "verdict.h"

/*
 * What traps told of a server whose Application log cannot be read: that event 4071 came.
 * Anybody can send a trap, so hearsay is kept for a day at most, and not beyond the
 * server's next boot; it makes a verdict worse or leaves it as it is, and it is marked
 * where it does. Only event 4071 is kept: every other event could take it back.
 */
enum { HEARSAY_MAX = 8, HEARSAY_LASTS = 24 * WHEN_HOUR };

struct hearsay {
	struct hearsay_event {
		uint32_t id;      /* all 32 bits */
		int64_t heard_at; /* by this machine's clock */
	} events[HEARSAY_MAX];    /* the oldest first */
	size_t count;
};

/* Keeps it, in the place of the oldest where there are many; false: it is no 4071, or was
 * heard a moment ago. */
bool hearsay_add(struct hearsay *hearsay, uint32_t id, int64_t now);

/* Drops what the server's next boot, a day or a readable log has outdated, or a verdict
 * that was told; `verdict` is the one without hearsay. */
void hearsay_outdate(struct hearsay *hearsay, const struct verdict *verdict, int64_t now);

/*
 * The verdict with hearsay where that finds anything else and is not the better one, in
 * the place of `without`, which is freed then; else `without`. What is counted and listed
 * is of logs in both. `now` is what `without` was judged at, and its evidence is not
 * changed: what is remembered of that knows nothing of hearsay.
 */
struct verdict *hearsay_judge(void *parent, const struct hearsay *hearsay,
	struct verdict *without, int64_t now);

#endif
