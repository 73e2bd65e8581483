/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_TRAP_EVENT_H
#define IMC_TRAP_TRAP_EVENT_H

#include "bases.h"
#include "core/failure.h"
#include "core/hint.h"
#include "printed_trap.h"

/* What a trap turned out to be. */
struct trap_event {
	bool is_watched; /* an event of MSExchangeIMC; else there is no hint in it */
	struct hint hint;
	struct bytes identity; /* the notification's, as it was printed */
};

/*
 * Only the first binding of each name counts, for a text may look like another. Failures
 * name the line: there is no notification in it, or one that is about MSExchangeIMC, or
 * may be, but is not put together as it must be.
 */
bool trap_event_read(const struct printed_trap *trap, const struct bases *bases,
	struct trap_event *ret, struct failure *why);

/* In one line, for who sets it up. */
char *trap_event_describe(void *parent, const struct trap_event *event);

#endif
