/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tevent.h>

#include "core/memory.h"
#include "source/deadline.h"
#include "source/reach.h"

struct probe {
	struct probe_means means;
	char *address;
	enum transport transport;
	unsigned port;
	int64_t deadline_ms;
	probe_done *done;
	void *context;
	struct timer timer;
	struct name_wait wait;
	struct addresses addresses; /* none until they are found out */
	bool has_begun;
	size_t position; /* of the address that is tried */
	int socket;
	struct tevent_fd *event; /* of the socket, which it closes */
};

static void tell(struct probe *probe, const struct failure *why)
{
	struct addresses rest = {.count = 0};
	timers_stop(probe->means.timers, &probe->timer);
	TALLOC_FREE(probe->event);
	for (size_t i = probe->position; i < probe->addresses.count; i++)
		memcpy(rest.text[rest.count++], probe->addresses.text[i], RESOLVE_TEXT);
	probe->done(probe->context, why == NULL ? &rest : NULL, why);
}

static bool has_next(const struct probe *probe)
{
	return probe->position + 1 < probe->addresses.count &&
		!deadline_passed(probe->deadline_ms);
}

static void connect_next(struct probe *probe);

/* The address did not answer: the next one has its turn, or nobody is there. */
static void pass_on(struct probe *probe, int error)
{
	struct failure why;
	TALLOC_FREE(probe->event);
	if (has_next(probe)) {
		probe->position++;
		connect_next(probe);
		return;
	}
	if (error == EMFILE || error == ENFILE)
		fail_at(&why, FAIL_SYSTEM, STAGE_CONNECT, "no socket to reach %s: %s",
			probe->address, strerror(error));
	else if (error == ETIMEDOUT)
		reach_timed_out(probe->address, STAGE_CONNECT, REACH_CONNECTION, &why);
	else
		reach_refused(probe->address, probe->port, error, &why);
	tell(probe, &why);
}

static void on_event(struct tevent_context *loop, struct tevent_fd *event, uint16_t flags,
	void *private_data)
{
	struct probe *probe = private_data;
	int error = 0;
	socklen_t length = sizeof(error);
	(void)loop;
	(void)event;
	(void)flags;
	if (getsockopt(probe->socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		error = errno;
	/* Reset after it was accepted: somebody is there, and a worker finds out what. */
	if (error == 0 || error == ECONNRESET)
		tell(probe, NULL);
	else
		pass_on(probe, error);
}

static struct addrinfo *parse(const struct probe *probe, const char *text)
{
	char port[16];
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	snprintf(port, sizeof(port), "%u", probe->port);
	return getaddrinfo(text, port, &hints, &list) == 0 ? list : NULL;
}

/* 0 or EINPROGRESS where it is on its way. */
static int begin_connecting(struct probe *probe, const struct addrinfo *to)
{
	probe->socket =
		socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->socket < 0)
		return errno;
	int error = connect(probe->socket, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
	if (error != 0 && error != EINPROGRESS) {
		close(probe->socket);
		return error;
	}
	/* tevent tells of errors only who waits for something to read */
	probe->event = memory_required(tevent_add_fd(probe->means.loop, probe,
		probe->socket, TEVENT_FD_READ | TEVENT_FD_WRITE, on_event, probe));
	tevent_fd_set_auto_close(probe->event);
	return error;
}

/* A silent address does not use up the time of those behind it. */
static void connect_next(struct probe *probe)
{
	struct addrinfo *to = parse(probe, probe->addresses.text[probe->position]);
	int error = to != NULL ? begin_connecting(probe, to) : EAFNOSUPPORT;
	if (to != NULL)
		freeaddrinfo(to);
	if (error != 0 && error != EINPROGRESS) {
		pass_on(probe, error);
		return;
	}
	int64_t remaining = (int64_t)(probe->addresses.count - probe->position);
	int64_t share = deadline_left(probe->deadline_ms) / remaining;
	timers_start(probe->means.timers, &probe->timer, deadline_in(share));
}

static void go_on(struct probe *probe)
{
	if (probe->transport == TRANSPORT_TCP)
		connect_next(probe);
	else
		tell(probe, NULL);
}

static void found(
	void *context, const struct addresses *addresses, const struct failure *why)
{
	struct probe *probe = context;
	if (addresses == NULL) {
		tell(probe, why);
		return;
	}
	probe->addresses = *addresses;
	go_on(probe);
}

static void give_up_name(struct probe *probe)
{
	struct failure why;
	names_leave(&probe->wait);
	resolve_too_slow(probe->address, &why);
	tell(probe, &why);
}

static void on_timer(void *context)
{
	struct probe *probe = context;
	if (probe->has_begun && probe->addresses.count == 0) {
		give_up_name(probe);
		return;
	}
	if (probe->has_begun) {
		pass_on(probe, ETIMEDOUT);
		return;
	}
	probe->has_begun = true;
	timers_start(probe->means.timers, &probe->timer, probe->deadline_ms);
	if (names_find(
		    probe->means.names, probe->address, &probe->addresses, &probe->wait))
		go_on(probe);
}

static int end(struct probe *probe)
{
	timers_stop(probe->means.timers, &probe->timer);
	names_leave(&probe->wait);
	return 0;
}

struct probe *probe_start(void *parent, const struct probe_means *means,
	const char *address, enum transport transport, unsigned port, int64_t deadline_ms,
	probe_done *done, void *context)
{
	struct probe *probe = memory_new(parent, struct probe);
	probe->means = *means;
	probe->address = memory_copy(probe, address);
	probe->transport = transport;
	probe->port = port;
	probe->deadline_ms = deadline_ms;
	probe->done = done;
	probe->context = context;
	probe->timer.fire = on_timer;
	probe->timer.context = probe;
	probe->wait.found = found;
	probe->wait.context = probe;
	talloc_set_destructor(probe, end);
	timers_start(means->timers, &probe->timer, deadline_now());
	return probe;
}
