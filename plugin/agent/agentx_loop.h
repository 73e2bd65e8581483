/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_AGENTX_LOOP_H
#define IMC_AGENT_AGENTX_LOOP_H

struct tevent_context;
struct timers;

/* net-snmp's descriptors and alarms in a tevent loop, the alarms by a clock that nobody
 * steps. */
struct agentx_loop;

struct agentx_loop_hooks {
	void (*readable)(void *context, int fd);
	void (*timeout)(void *context);
};

/* Nothing is watched before agentx_loop_refresh(); nothing any more once it is freed. */
struct agentx_loop *agentx_loop_new(void *parent, struct tevent_context *loop,
	struct timers *timers, const struct agentx_loop_hooks *hooks, void *context);

/*
 * Takes over what net-snmp wants to be watched now, from scratch: sets of numbers are not
 * compared, since a new connection may have the number of the old one. To be called
 * before anybody else opens a descriptor.
 */
void agentx_loop_refresh(struct agentx_loop *loop);

#endif
