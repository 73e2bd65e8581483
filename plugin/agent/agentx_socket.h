/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_AGENTX_SOCKET_H
#define IMC_AGENT_AGENTX_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

/*
 * A transport of our own for net-snmp, which would wait in connect() and in send() for as
 * long as the master likes. This one gives up: at once where the master's queue of
 * connections is full, at `deadline` where it does not read. What was cut off in the
 * middle of a message cannot be mended: the socket is shut down then, and net-snmp
 * connects anew.
 */
struct agentx_socket {
	netsnmp_tdomain domain;
	int fd;           /* -1: none is open */
	int error;        /* errno of the newest try to connect */
	bool has_changed; /* opened or closed: whoever looks at it takes it back */
	unsigned failed;  /* messages that were not sent */
	int64_t deadline; /* of source/deadline.h */
};

/* Registers it under the name AGENTX_SOCKET_PREFIX. One for each process. */
#define AGENTX_SOCKET_PREFIX "imc"
struct agentx_socket *agentx_socket_new(void *parent);

/* Is there room for a notification, now or soon? */
bool agentx_socket_is_writable(const struct agentx_socket *socket, int wait_ms);
bool agentx_socket_is_readable(const struct agentx_socket *socket);

/* Ends the connection; net-snmp finds out when it reads. */
void agentx_socket_break(const struct agentx_socket *socket);

#endif
