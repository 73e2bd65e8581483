/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handover.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct advice {
	int error;
	const char *text;
} advices[] = {
	{EAGAIN, "its queue is full: imc-agentd is busy, and polls anyway"},
	{ENOENT,
		"there is no such socket: is imc-agentd running, with this trap_socket?"},
	{ECONNREFUSED, "nobody listens there: is imc-agentd running?"},
	{EACCES, "this user may not: imc-agentd's trap_group must be one of its groups"},
	{EPROTOTYPE, "that is not imc-agentd's socket: see trap_socket"},
};

static bool refuse(const char *path, int error, struct failure *why)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].error == error)
			return fail(why, FAIL_REFUSED, "cannot hand over to %.110s: %s",
				path, advices[i].text);
	errno = error;
	return fail(why, FAIL_SYSTEM, "cannot hand over to %.110s: %m", path);
}

bool handover_send(const char *path, const struct hint *hint, struct failure *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint8_t datagram[HINT_BYTES];
	size_t length = strlen(path);
	if (length >= sizeof(address.sun_path))
		return fail(why, FAIL_USAGE,
			"the socket's path must have at most %zu bytes: %.60s...",
			sizeof(address.sun_path) - 1, path);
	memcpy(address.sun_path, path, length);
	hint_encode(hint, datagram);
	int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (file < 0)
		return fail(why, FAIL_SYSTEM, "cannot make a socket: %m");
	ssize_t sent =
		sendto(file, datagram, sizeof(datagram), MSG_DONTWAIT | MSG_NOSIGNAL,
			(const struct sockaddr *)&address, sizeof(address));
	int error = errno;
	close(file);
	return sent == (ssize_t)sizeof(datagram) || refuse(path, error, why);
}
