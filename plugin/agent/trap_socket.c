/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trap_socket.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tevent.h>

#include "core/hint.h"
#include "core/memory.h"
#include "trap_place.h"

enum { DATAGRAMS_A_TURN = 32 /* then others have theirs */ };

struct trap_socket {
	int file;
	struct trap_place place;
	struct trap_writers writers;
	struct tevent_fd *event;
	const struct trap_socket_hooks *hooks;
	void *context;
};

/* --- reading --- */

struct datagram {
	uint8_t data[HINT_BYTES + 1]; /* one more: a longer one is seen as such */
	size_t length;
	struct ucred sender;
	bool has_sender;
};

static void take_controls(struct msghdr *head, struct datagram *ret)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(head); at != NULL;
		at = CMSG_NXTHDR(head, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&ret->sender, CMSG_DATA(at), sizeof(ret->sender));
		ret->has_sender = true;
	}
}

/* There is room for the credentials only: descriptors that somebody sends along are
 * closed by the kernel. */
static bool receive(int file, struct datagram *ret)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr aligned;
	} control;
	struct iovec part = {ret->data, sizeof(ret->data)};
	struct msghdr head = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t length = recvmsg(file, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (length < 0)
		return false;
	ret->length = (size_t)length;
	ret->has_sender = false;
	take_controls(&head, ret);
	return true;
}

static void take(struct trap_socket *socket, const struct datagram *datagram)
{
	char text[96];
	const struct ucred *sender = &datagram->sender;
	if (datagram->has_sender &&
		trap_writers_have(&socket->writers, sender->uid, sender->gid)) {
		socket->hooks->take(socket->context,
			(struct bytes){datagram->data, datagram->length});
		return;
	}
	snprintf(text, sizeof(text), "it came from user %d, group %d, who may not",
		datagram->has_sender ? (int)sender->uid : -1,
		datagram->has_sender ? (int)sender->gid : -1);
	socket->hooks->refuse(socket->context, text);
}

static void on_readable(struct tevent_context *loop, struct tevent_fd *event,
	uint16_t flags, void *private_data)
{
	struct trap_socket *socket = private_data;
	struct datagram datagram;
	(void)loop, (void)event, (void)flags;
	for (int i = 0; i < DATAGRAMS_A_TURN; i++) {
		if (!socket->hooks->has_room(socket->context)) {
			tevent_fd_set_flags(socket->event, 0);
			return;
		}
		if (!receive(socket->file, &datagram))
			return;
		take(socket, &datagram);
	}
}

void trap_socket_go_on(struct trap_socket *socket)
{
	tevent_fd_set_flags(socket->event, TEVENT_FD_READ);
}

/* --- opening --- */

bool trap_socket_is_at(const struct trap_socket *socket, const char *path)
{
	return trap_place_is_at(&socket->place, path);
}

const char *trap_socket_path(const struct trap_socket *socket)
{
	return socket->place.path;
}

static int close_socket(struct trap_socket *socket)
{
	TALLOC_FREE(socket->event);
	trap_place_remove(&socket->place);
	if (socket->file >= 0)
		close(socket->file);
	return 0;
}

bool trap_socket_give(struct trap_socket *socket, const struct trap_writers *writers,
	struct failure *why)
{
	const gid_t *group = writers->has_group ? &writers->group : NULL;
	socket->writers = (struct trap_writers){.has_group = false};
	if (!trap_place_give(&socket->place, group, why))
		return false;
	socket->writers = *writers;
	return true;
}

bool trap_socket_open(void *parent, struct tevent_context *loop, const char *path,
	const struct trap_socket_hooks *hooks, void *context, struct trap_socket **ret,
	struct failure *why)
{
	struct trap_socket *socket = memory_new(parent, struct trap_socket);
	socket->file = -1;
	if (!trap_place_bind(socket, path, &socket->file, &socket->place, why)) {
		talloc_free(socket);
		return false;
	}
	talloc_set_destructor(socket, close_socket);
	socket->hooks = hooks;
	socket->context = context;
	socket->event = memory_required(tevent_add_fd(
		loop, socket, socket->file, TEVENT_FD_READ, on_readable, socket));
	*ret = socket;
	return true;
}
