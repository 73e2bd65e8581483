/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_ROLE_H
#define IMC_AGENT_ROLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/failure.h"

/*
 * imc-agentd is three kinds of process, all of them this program: the parent starts the
 * keeper, the keeper starts workers. Each is executed anew, so that none inherits what
 * another one had in memory or open. Which file is whose:
 *
 *   parent   parent settings instance attendant | fleet server row alarms | statedir
 *            standing | teller notice totals | agentx* handlers table objects* appl |
 *            traps trap_socket
 *   keeper   keeper schedule hints | polls probe names | guard logons cards trust | crew
 *            hand slots trouble
 *   worker   worker sandbox
 *   all      main options role log ration | message* packet channel | timers heap
 */
enum agent_role { ROLE_OF_PARENT, ROLE_OF_KEEPER, ROLE_OF_WORKER };

enum { ROLE_SOCKET = 3 }; /* the descriptor at which a child finds its channel */

struct role_process {
	pid_t pid;
	int socket; /* our end */
};

/* Starts a keeper or a worker; it ends when our end of the socket is closed. */
bool role_start(enum agent_role role, struct role_process *ret, struct failure *why);

/* What this process was started as. */
enum agent_role role_of(int argc, char **argv);

/* For every role, first of all: no core files, no debugger, no new privileges, ends with
 * its parent (but for the parent itself), SIGPIPE and SIGXFSZ ignored. */
void role_protect(enum agent_role role);

#endif
