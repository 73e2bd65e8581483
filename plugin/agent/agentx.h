/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_AGENTX_H
#define IMC_AGENT_AGENTX_H

#include <stdbool.h>
#include <stdint.h>

struct logger;
struct table_group;
struct tevent_context;
struct timers;
struct variable_list;

/*
 * The AgentX session with snmpd, by net-snmp, in our loop: it starts without a master,
 * reconnects and registers again by itself, and never holds the loop up for longer than a
 * second, whatever the master does.
 */
struct agentx;

/* Called from the loop, never from inside of a function of this file. */
struct agentx_hooks {
	void (*connected)(void *context); /* all is registered; again at each reconnect */
	void (*lost)(void *context);
};

/* `socket` NULL: where net-snmp looks. One session for each process: net-snmp's library
 * has global state. Register tables and scalars after this and before agentx_start(). */
struct agentx *agentx_new(void *parent, struct tevent_context *loop,
	struct timers *timers, const char *socket, const struct agentx_hooks *hooks,
	void *context, struct logger *logger);

/* Serves tables; `context` goes to their rows. Where another subagent holds the group's
 * OID, that is logged, and tried again each minute; other groups are served. */
void agentx_serve(
	struct agentx *agentx, const struct table_group *group, const void *context);

void agentx_start(struct agentx *agentx);

bool agentx_is_connected(const struct agentx *agentx);
uint32_t agentx_reconnects(const struct agentx *agentx);

/* Sends a notification: snmpTrapOID.0 and the objects after it. Waits up to 50 ms for a
 * busy master. False: there is none, or it takes no more now; nothing was sent. */
bool agentx_notify(struct agentx *agentx, struct variable_list *variables);

/* Ends the session in good order (reason shutdown), and net-snmp's library with it; to
 * be called once, before `agentx` is freed. */
void agentx_stop(struct agentx *agentx);

#endif
