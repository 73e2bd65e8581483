/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_CHANNEL_H
#define IMC_AGENT_CHANNEL_H

#include "message.h"

struct tevent_context;

/* A stream of messages with another role, over a Unix socket. */
struct channel;

struct channel_hooks {
	/* `files` came beside the message, LOGS at most; they are closed afterwards but
	 * for those that the hook sets to -1. The body lives as long as the call. The
	 * hook may free the channel. */
	void (*take)(void *context, const struct message *message, int *files,
		size_t file_count);
	/* Once: the other side is gone, or sent what is no message. The hook may free the
	 * channel. */
	void (*end)(void *context, const char *why);
};

/* For whoever has a loop. Takes the socket over and makes it non-blocking. */
struct channel *channel_new(void *parent, struct tevent_context *loop, int socket,
	const struct channel_hooks *hooks, void *context);

/* Takes the packet over; it is sent as fast as the other side reads. The files (LOGS at
 * most) are taken over, too, and closed once they are sent. */
void channel_send(struct channel *channel, struct packet *packet, const int *files,
	size_t file_count);

/* For a worker, which waits. The body belongs to `parent`. False: the other side is gone
 * or speaks nonsense, and the worker's time is over. */
bool channel_read(int socket, void *parent, struct message *ret, int *ret_files,
	size_t *ret_file_count);
bool channel_write(int socket, const struct packet *packet);

#endif
