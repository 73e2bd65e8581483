/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_GUARD_H
#define IMC_AGENT_GUARD_H

#include "logons.h"
#include "timers.h"

struct logger;

/* The logons of logons.h, with the clock, the state directory's files and the log. */
struct guard;

/* The answer to guard_request(). */
typedef void guard_decide(
	void *context, struct logon *logon, bool is_granted, const struct failure *why);

/* Its server hangs, as hooks.outrun of logons.h says. */
typedef void guard_outrun(void *context, struct logon *logon);

struct guard *guard_new(void *parent, struct timers *timers, struct logger *logger,
	guard_decide *decide, guard_outrun *outrun, void *context);
/* NULL: nothing is shared. The first time counts, as for all of imc-agentd. */
void guard_configure(struct guard *guard, const char *state_dir);

/* These are those of logons.h, at this moment. Accounts live as long as the guard. */
struct account *guard_account(struct guard *guard, const struct credentials *name);
bool guard_allow(struct account *account, uint64_t identity, struct failure *why);
/* `account` NULL: NO_TIME. */
int64_t guard_rests_until(const struct account *account, uint64_t identity);

void guard_request(struct guard *guard, struct logon *logon);
void guard_accepted(struct guard *guard, struct logon *logon);
void guard_refused(struct guard *guard, struct logon *logon);
void guard_end(struct guard *guard, struct logon *logon);

#endif
