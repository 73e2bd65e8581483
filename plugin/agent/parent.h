/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_PARENT_H
#define IMC_AGENT_PARENT_H

#include <stdbool.h>

#include "core/failure.h"

struct logger;
struct parent;

/*
 * The role that judges and answers: AgentX, rows, state files, notifications. It reads
 * the configuration, but no credentials, and talks to no server: that is the keeper's,
 * which it starts.
 */

/* All that can be wrong at the start is found here: the configuration, the state
 * directory, another imc-agentd. Nothing was started where it fails. */
bool parent_new(void *owner, const char *config_path, struct logger *logger,
	struct parent **ret, struct failure *why);

/* Until SIGTERM or SIGINT; SIGHUP reads the configuration again. Returns the exit status.
 */
int parent_run(struct parent *parent);

#endif
