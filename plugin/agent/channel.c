/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tevent.h>

#include "core/memory.h"

enum { READ_AT_ONCE = 65536, LENGTH_BYTES = 4, TYPE_BYTES = 2 };

/* What was received and is no whole message yet, with the files that came beside it. */
struct inbox {
	uint8_t *data;
	size_t length, room;
	int files[LOGS];
	size_t file_count;
};

/* A packet on its way. */
struct parcel {
	struct parcel *next;
	struct packet *packet;
	size_t sent;
	int files[LOGS];
	size_t file_count; /* those not sent yet */
};

struct channel {
	int socket;
	struct tevent_fd *event;
	const struct channel_hooks *hooks;
	void *context;
	struct inbox inbox;
	struct parcel *first, **last;
	bool has_ended;
	bool *is_freed; /* set while a hook runs, which may free the channel */
};

static void close_files(int *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (files[i] >= 0)
			close(files[i]);
		files[i] = -1;
	}
}

/* --- receiving --- */

static void keep_files(struct inbox *inbox, struct msghdr *head)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(head); at != NULL;
		at = CMSG_NXTHDR(head, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		const int *files = (const int *)(const void *)CMSG_DATA(at);
		for (size_t i = 0; i < count; i++) {
			if (inbox->file_count < LOGS)
				inbox->files[inbox->file_count++] = files[i];
			else
				close(files[i]);
		}
	}
}

/* As many more bytes as there is room: their number, 0 at the end, or -1 with errno. */
static ssize_t receive(int socket, struct inbox *inbox)
{
	char control[CMSG_SPACE(LOGS * sizeof(int))];
	struct iovec place = {inbox->data + inbox->length, inbox->room - inbox->length};
	struct msghdr head = {
		.msg_iov = &place,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
	if (length > 0) {
		inbox->length += (size_t)length;
		keep_files(inbox, &head);
	}
	return length;
}

enum whole { NOT_YET, WHOLE, NONSENSE };

/* Is there a whole message at `at`? */
static enum whole look(struct bytes rest, struct message *ret, size_t *ret_length)
{
	struct cursor cursor = cursor_at(rest);
	uint32_t length = cursor_u32(&cursor);
	if (cursor.failed)
		return NOT_YET;
	if (length < TYPE_BYTES || length > MESSAGE_MAX_BYTES)
		return NONSENSE;
	uint16_t type = cursor_u16(&cursor);
	if (!cursor.failed && (type == 0 || type >= MESSAGE_TYPES))
		return NONSENSE;
	ret->type = type;
	ret->body = cursor_bytes(&cursor, length - TYPE_BYTES);
	*ret_length = LENGTH_BYTES + length;
	return cursor.failed ? NOT_YET : WHOLE;
}

static void drop(struct inbox *inbox, size_t length)
{
	memmove(inbox->data, inbox->data + length, inbox->length - length);
	inbox->length -= length;
}

/* A long message's room is given back. */
static void shrink(void *owner, struct inbox *inbox)
{
	if (inbox->length == 0 && inbox->room > 4 * READ_AT_ONCE) {
		inbox->room = READ_AT_ONCE;
		inbox->data = memory_resize(owner, inbox->data, uint8_t, inbox->room);
	}
}

/* --- in a loop --- */

static void end(struct channel *channel, const char *why)
{
	if (channel->has_ended)
		return;
	channel->has_ended = true;
	TALLOC_FREE(channel->event);
	channel->hooks->end(channel->context, why);
}

static int free_channel(struct channel *channel)
{
	if (channel->is_freed != NULL)
		*channel->is_freed = true;
	close_files(channel->inbox.files, channel->inbox.file_count);
	for (struct parcel *parcel = channel->first; parcel != NULL;
		parcel = parcel->next)
		close_files(parcel->files, parcel->file_count);
	TALLOC_FREE(channel->event);
	close(channel->socket);
	return 0;
}

/* Hands over what is whole. Files belong to the message that they came with: only orders
 * have some, and a keeper sends the next one after the answer to the last. */
static void hand_over(struct channel *channel)
{
	bool is_freed = false;
	size_t taken = 0;
	enum whole whole = WHOLE;
	channel->is_freed = &is_freed;
	while (whole == WHOLE && !channel->has_ended) {
		struct message message;
		size_t length = 0;
		struct bytes rest = {
			channel->inbox.data + taken, channel->inbox.length - taken};
		whole = look(rest, &message, &length);
		if (whole != WHOLE)
			break;
		taken += length;
		channel->hooks->take(channel->context, &message, channel->inbox.files,
			channel->inbox.file_count);
		if (is_freed)
			return;
		close_files(channel->inbox.files, channel->inbox.file_count);
		channel->inbox.file_count = 0;
	}
	channel->is_freed = NULL;
	drop(&channel->inbox, taken);
	shrink(channel, &channel->inbox);
	if (whole == NONSENSE)
		end(channel, "it sent what is no message");
}

static void make_room(void *owner, struct inbox *inbox)
{
	if (inbox->room - inbox->length >= READ_AT_ONCE)
		return;
	inbox->room = inbox->room * 2 + READ_AT_ONCE;
	inbox->data = memory_resize(owner, inbox->data, uint8_t, inbox->room);
}

static void on_readable(struct channel *channel)
{
	make_room(channel, &channel->inbox);
	ssize_t length = receive(channel->socket, &channel->inbox);
	if (length > 0)
		hand_over(channel);
	else if (length == 0)
		end(channel, "it closed its end");
	else if (errno != EAGAIN && errno != EINTR)
		end(channel, strerror(errno));
}

static ssize_t send_some(int socket, const uint8_t *data, size_t length, const int *files,
	size_t file_count)
{
	char control[CMSG_SPACE(LOGS * sizeof(int))] = {0};
	struct iovec place = {(void *)data, length};
	struct msghdr head = {.msg_iov = &place, .msg_iovlen = 1};
	if (file_count > 0) {
		head.msg_control = control;
		head.msg_controllen = CMSG_SPACE(file_count * sizeof(int));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&head);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(file_count * sizeof(int));
		memcpy(CMSG_DATA(rights), files, file_count * sizeof(int));
	}
	return sendmsg(socket, &head, MSG_NOSIGNAL);
}

static void pop(struct channel *channel)
{
	struct parcel *parcel = channel->first;
	channel->first = parcel->next;
	if (channel->first == NULL)
		channel->last = &channel->first;
	close_files(parcel->files, parcel->file_count);
	talloc_free(parcel);
}

/* As much as the other side's buffer takes. */
static void flush(struct channel *channel)
{
	while (channel->first != NULL) {
		struct parcel *parcel = channel->first;
		ssize_t length =
			send_some(channel->socket, parcel->packet->data + parcel->sent,
				parcel->packet->length - parcel->sent, parcel->files,
				parcel->file_count);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno == EAGAIN)
			break;
		if (length < 0) {
			end(channel, strerror(errno));
			return;
		}
		close_files(parcel->files, parcel->file_count);
		parcel->file_count = 0;
		parcel->sent += (size_t)length;
		if (parcel->sent == parcel->packet->length)
			pop(channel);
	}
	tevent_fd_set_flags(channel->event,
		TEVENT_FD_READ | (channel->first != NULL ? TEVENT_FD_WRITE : 0));
}

static void on_event(struct tevent_context *loop, struct tevent_fd *event, uint16_t flags,
	void *private_data)
{
	struct channel *channel = private_data;
	(void)loop;
	(void)event;
	if ((flags & TEVENT_FD_READ) != 0)
		on_readable(channel);
	else if ((flags & TEVENT_FD_WRITE) != 0)
		flush(channel);
}

struct channel *channel_new(void *parent, struct tevent_context *loop, int socket,
	const struct channel_hooks *hooks, void *context)
{
	struct channel *channel = memory_new(parent, struct channel);
	fcntl(socket, F_SETFL, O_NONBLOCK);
	channel->socket = socket;
	channel->hooks = hooks;
	channel->context = context;
	channel->last = &channel->first;
	channel->event = memory_required(
		tevent_add_fd(loop, channel, socket, TEVENT_FD_READ, on_event, channel));
	talloc_set_destructor(channel, free_channel);
	return channel;
}

void channel_send(struct channel *channel, struct packet *packet, const int *files,
	size_t file_count)
{
	struct parcel *parcel = memory_new(channel, struct parcel);
	parcel->packet = talloc_steal(parcel, packet);
	for (size_t i = 0; i < file_count && i < LOGS; i++)
		parcel->files[parcel->file_count++] = files[i];
	*channel->last = parcel;
	channel->last = &parcel->next;
	if (channel->event != NULL)
		tevent_fd_set_flags(channel->event, TEVENT_FD_READ | TEVENT_FD_WRITE);
}

/* --- without a loop --- */

/* The length of the message that comes next, its own four bytes included; 0: none. */
static size_t next_length(int socket)
{
	uint8_t head[LENGTH_BYTES];
	ssize_t length;
	do
		length = recv(socket, head, sizeof(head), MSG_PEEK | MSG_WAITALL);
	while (length < 0 && errno == EINTR);
	if (length != sizeof(head))
		return 0;
	struct cursor cursor = cursor_at((struct bytes){head, sizeof(head)});
	uint32_t wanted = cursor_u32(&cursor);
	return wanted <= MESSAGE_MAX_BYTES ? LENGTH_BYTES + (size_t)wanted : 0;
}

/* Takes no byte of the next message, whose files are its own. */
bool channel_read(int socket, void *parent, struct message *ret, int *ret_files,
	size_t *ret_file_count)
{
	struct inbox inbox = {.room = next_length(socket)};
	inbox.data = memory_array(parent, uint8_t, inbox.room);
	ssize_t length = inbox.room > 0 ? 1 : 0;
	while (inbox.length < inbox.room &&
		(length > 0 || (length < 0 && errno == EINTR)))
		length = receive(socket, &inbox);
	size_t taken = 0;
	enum whole whole = look((struct bytes){inbox.data, inbox.length}, ret, &taken);
	*ret_file_count = inbox.file_count;
	memcpy(ret_files, inbox.files, sizeof(inbox.files));
	if (whole == WHOLE)
		return true;
	close_files(inbox.files, inbox.file_count);
	return false;
}

bool channel_write(int socket, const struct packet *packet)
{
	size_t sent = 0;
	while (sent < packet->length) {
		ssize_t length = send_some(
			socket, packet->data + sent, packet->length - sent, NULL, 0);
		if (length < 0 && errno != EINTR)
			return false;
		sent += length > 0 ? (size_t)length : 0;
	}
	return true;
}
