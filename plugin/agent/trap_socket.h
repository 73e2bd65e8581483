/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TRAP_SOCKET_H
#define IMC_AGENT_TRAP_SOCKET_H

#include <stdbool.h>

#include "core/bytes.h"
#include "core/failure.h"
#include "trap_writers.h"

struct tevent_context;

/*
 * Where imc-trap hands over: a Unix socket that root, our own user and one group may
 * write to, which the kernel says of each sender.
 */
struct trap_socket;

struct trap_socket_hooks {
	void (*take)(void *context, struct bytes datagram);
	/* Somebody who may not, or what nobody could read; in one line. */
	void (*refuse)(void *context, const char *text);
	/* May one more be taken? Otherwise it waits for trap_socket_go_on(). */
	bool (*has_room)(void *context);
};

/* As trap_place_bind() says. Nobody but root and our own user may write to it yet.
 * Freeing it removes the socket's file. */
bool trap_socket_open(void *parent, struct tevent_context *loop, const char *path,
	const struct trap_socket_hooks *hooks, void *context, struct trap_socket **ret,
	struct failure *why);

/* Who may write to it besides. False: nobody. */
bool trap_socket_give(struct trap_socket *socket, const struct trap_writers *writers,
	struct failure *why);

/* Does the path lead to it? Its own one may not any more. */
bool trap_socket_is_at(const struct trap_socket *socket, const char *path);
const char *trap_socket_path(const struct trap_socket *socket);

/* There is room again. */
void trap_socket_go_on(struct trap_socket *socket);

#endif
