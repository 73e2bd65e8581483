/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TOTALS_H
#define IMC_AGENT_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

/* What imc-agentd says of itself in the MIB's scalars; servers are counted when somebody
 * asks. Plain data. */
struct totals {
	const char *version;
	int64_t started_at;
	int64_t reloaded_at; /* NO_TIME: never */
	char *reload_error;  /* of the newest reload, with file and line; NULL: it worked
			      */
	uint32_t polls_done, polls_failed;
	uint32_t workers_killed;
	uint32_t notifications_sent, notifications_suppressed;
	bool are_notifications_enabled;
	uint32_t reconnects; /* of the AgentX session */
	uint32_t unknown_traps;
};

#endif
