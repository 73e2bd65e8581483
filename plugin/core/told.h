/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_TOLD_H
#define IMC_CORE_TOLD_H

#include "verdict.h"

enum { TOLD_MAX_ATTEMPTS = 16 }; /* of a server in imcEventTable, says the MIB */

/* A failed start attempt, as imcEventTable has it. */
struct told_attempt {
	int64_t time;
	uint32_t record;
	uint32_t id; /* all 32 bits */
	enum trigger trigger;
};

/*
 * A verdict that somebody else made: the row of a far imc-agentd. It comes as part of the
 * evidence, and is taken as it is: nothing of it is judged again. What the row says of
 * the service stands in the evidence's own fields. Moments by the server's clock.
 */
struct told {
	enum status status;
	bool keys[KEYS]; /* those that this version knows */
	char *text;
	char *advice; /* NULL: none */
	enum condition condition;
	enum trigger trigger;
	unsigned events_4071; /* inside the far side's lookback */
	int64_t last_4071;    /* NO_TIME: none */
	uint32_t last_4071_record;
	uint32_t cause_event; /* low 16 bits; 0: none */
	int64_t boot_time;    /* NO_TIME: not known */
	int64_t interval;     /* seconds between the far side's polls */
	int64_t age; /* seconds since its last good poll; NO_TIME: there was none */
	struct told_attempt *attempts; /* the oldest first */
	size_t attempt_count;
};

/* The verdict as it was told, but for what only this side knows: that it is old
 * (`stale`, after three of the far side's intervals), how bad it is that nothing was
 * learned there, and that the server is under maintenance here. judge() calls it. */
struct verdict *told_judge(void *parent, const struct evidence *evidence,
	const struct policy *policy, int64_t now);

#endif
