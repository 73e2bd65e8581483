/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_AGENT_SETTINGS_H
#define IMC_CORE_AGENT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

/* [agent] of imc-monitor.conf: what imc-agentd itself needs. */
struct agent_settings {
	char *agentx_socket; /* absolute path; NULL: where net-snmp looks */
	char *state_dir;     /* absolute path; NULL: nothing is kept */
	char *trap_socket;   /* absolute path: where imc-trap hands over */
	char *trap_group;    /* who may write to it besides our own user; NULL: nobody */
	char *trap_bases;    /* OIDs, separated by commas, besides Microsoft's; NULL */
	unsigned workers;
	bool notifications, appl_table, accept_trap_events;
};

struct agent_settings *agent_settings_new(void *parent);

struct agent_setting {
	const char *name; /* "state-dir"; the key has `_` for `-` */
	const char *argument;
	/* Messages go after "KEY: ". */
	bool (*set)(struct agent_settings *agent, const char *value, struct failure *why);
};

const struct agent_setting *agent_settings_table(size_t *ret_count);

#endif
