/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_loop.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <tevent.h>

#include "core/memory.h"
#include "deadline.h"
#include "request.h"

/* The talloc parent of its event context: that is how the operations find it. */
struct rpc_loop {
	const struct request *request;
	int64_t limit_ms; /* 0: none */
	int alarm;        /* wakes it at the earlier of both */
	const struct tevent_ops *base;
	struct tevent_ops ops; /* those of the base but for two */
	struct tevent_context *context;
	int socket;        /* that Samba waits for now; -1: none */
	int newest_socket; /* that it waited for last */
	unsigned watchers; /* of it: Samba reads and writes by one each */
	int connect_error;
	bool has_expired, has_ended;
	bool has_passed_gate, has_logged_on; /* in this session */
	bool is_refused;
	struct failure refusal;
	struct smb_progress progress;
};

/* Stands before Samba's handler of a socket's events. */
struct watcher {
	struct rpc_loop *loop;
	int socket;
	tevent_fd_handler_t handler;
	void *private_data;
};

static struct rpc_loop *loop_of(struct tevent_context *context)
{
	return talloc_get_type_abort(talloc_parent(context), struct rpc_loop);
}

static bool is_connected(int socket)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	return socket >= 0 && getpeername(socket, (struct sockaddr *)&peer, &length) == 0;
}

/* Asking for it clears it: Samba, which would take it for a want of memory, sees none. */
static bool has_connect_error(struct rpc_loop *loop, int socket)
{
	int error = 0;
	socklen_t length = sizeof(error);
	if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0)
		loop->connect_error = error;
	return loop->connect_error != 0;
}

static void look_ahead(struct rpc_loop *loop, int socket)
{
	uint8_t head[SMB_HEAD];
	ssize_t length = recv(socket, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);
	if (length > 0)
		smb_progress_see(&loop->progress, (struct bytes){head, (size_t)length});
}

static void watch(struct tevent_context *context, struct tevent_fd *event, uint16_t flags,
	void *private_data)
{
	struct watcher *watcher = private_data;
	struct rpc_loop *loop = watcher->loop;
	if (loop->progress.step == SMB_AT_CONNECT) {
		if (has_connect_error(loop, watcher->socket)) {
			/* Nobody is refused so: it was accepted, and reset at once. */
			if (loop->connect_error == ECONNRESET)
				loop->progress.step = SMB_AT_NEGOTIATE;
			tevent_fd_set_flags(event, 0);
			return;
		}
		if (is_connected(watcher->socket))
			loop->progress.step = SMB_AT_NEGOTIATE;
	}
	if ((flags & TEVENT_FD_READ) != 0)
		look_ahead(loop, watcher->socket);
	if (loop->progress.step > SMB_AT_LOGON)
		rpc_loop_logged_on(loop);
	watcher->handler(context, event, flags, watcher->private_data);
}

/* The number may soon be somebody else's. */
static int forget_socket(struct watcher *watcher)
{
	struct rpc_loop *loop = watcher->loop;
	if (loop->socket == watcher->socket && --loop->watchers == 0)
		loop->socket = -1;
	return 0;
}

static bool is_internet(int socket)
{
	int domain = 0;
	socklen_t length = sizeof(domain);
	return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
		(domain == AF_INET || domain == AF_INET6);
}

static struct tevent_fd *add_fd(struct tevent_context *context, TALLOC_CTX *parent,
	int fd, uint16_t flags, tevent_fd_handler_t handler, void *private_data,
	const char *handler_name, const char *location)
{
	struct rpc_loop *loop = loop_of(context);
	if (!is_internet(fd))
		return loop->base->add_fd(context, parent, fd, flags, handler,
			private_data, handler_name, location);
	struct watcher *watcher = memory_new(loop, struct watcher);
	*watcher = (struct watcher){loop, fd, handler, private_data};
	struct tevent_fd *event = loop->base->add_fd(
		context, parent, fd, flags, watch, watcher, handler_name, location);
	talloc_steal(memory_required(event), watcher);
	talloc_set_destructor(watcher, forget_socket);
	loop->watchers = loop->socket == fd ? loop->watchers + 1 : 1;
	loop->socket = fd;
	loop->newest_socket = fd;
	return event;
}

static void end_on(struct rpc_loop *loop, int socket)
{
	loop->has_ended = true;
	/* else Samba waits for the answer to its farewell, for a second with each pipe */
	if (is_connected(socket))
		shutdown(socket, SHUT_RDWR);
}

void rpc_loop_end(struct rpc_loop *loop)
{
	end_on(loop, loop->socket);
}

static bool ask_gate(const struct request *request, struct failure *why)
{
	if (!request->gate(request->gate_context, GATE_LOGGING_ON, why))
		return false;
	return !deadline_passed(request->deadline_ms) ||
		fail_at(why, FAIL_TIMEOUT, STAGE_LOGON,
			"the time ran out before the logon at %s",
			request->target->address);
}

/* Samba is about to send: it waits for nothing now, but its socket is still that one. */
bool rpc_loop_pass_gate(struct rpc_loop *loop)
{
	if (loop->request->gate == NULL || loop->has_passed_gate)
		return true;
	if (loop->is_refused)
		return false;
	loop->has_passed_gate = ask_gate(loop->request, &loop->refusal);
	loop->is_refused = !loop->has_passed_gate;
	if (loop->is_refused)
		end_on(loop, loop->newest_socket);
	return loop->has_passed_gate;
}

const struct failure *rpc_loop_refusal(const struct rpc_loop *loop)
{
	return loop->is_refused ? &loop->refusal : NULL;
}

void rpc_loop_logged_on(struct rpc_loop *loop)
{
	const struct request *request = loop->request;
	struct failure why;
	if (!loop->has_passed_gate || loop->has_logged_on)
		return;
	loop->has_logged_on = true;
	request->gate(request->gate_context, GATE_LOGGED_ON, &why);
}

static int loop_once(struct tevent_context *context, const char *location)
{
	struct rpc_loop *loop = loop_of(context);
	if (!loop->has_ended && deadline_passed(loop->request->deadline_ms)) {
		if (loop->progress.step == SMB_AT_CONNECT && is_connected(loop->socket))
			loop->progress.step = SMB_AT_NEGOTIATE;
		loop->has_expired = true;
		rpc_loop_end(loop);
	}
	if (loop->has_ended || loop->connect_error != 0) {
		errno = loop->connect_error != 0 ? loop->connect_error : ETIMEDOUT;
		return -1;
	}
	if (rpc_loop_is_over_limit(loop)) {
		errno = ETIMEDOUT;
		return -1;
	}
	return loop->base->loop_once(context, location);
}

bool rpc_loop_is_over_limit(const struct rpc_loop *loop)
{
	return loop->limit_ms != 0 && deadline_passed(loop->limit_ms);
}

/* loop_once() looks at the clock itself. */
static void wake(struct tevent_context *context, struct tevent_fd *event, uint16_t flags,
	void *private_data)
{
	(void)context;
	(void)event;
	(void)flags;
	(void)private_data;
}

static bool set_alarm(struct rpc_loop *loop, int64_t at_ms)
{
	struct itimerspec at = {.it_value = {at_ms / 1000, at_ms % 1000 * 1000000}};
	return timerfd_settime(loop->alarm, TFD_TIMER_ABSTIME, &at, NULL) == 0;
}

/* tevent's own timers follow the wall clock, which may be stepped. */
static bool make_alarm(struct rpc_loop *loop)
{
	loop->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->alarm < 0)
		return false;
	struct tevent_fd *event = memory_required(tevent_add_fd(
		loop->context, loop->context, loop->alarm, TEVENT_FD_READ, wake, NULL));
	tevent_fd_set_auto_close(event);
	return set_alarm(loop, loop->request->deadline_ms);
}

void rpc_loop_limit(struct rpc_loop *loop, int64_t until_ms)
{
	int64_t deadline = loop->request->deadline_ms;
	bool is_earlier = until_ms != 0 && until_ms < deadline;
	loop->limit_ms = is_earlier ? until_ms : 0;
	set_alarm(loop, is_earlier ? until_ms : deadline);
}

bool rpc_loop_new(void *parent, const struct request *request, struct rpc_loop **ret,
	struct failure *why)
{
	struct rpc_loop *loop = memory_new(parent, struct rpc_loop);
	loop->request = request;
	loop->socket = -1;
	loop->newest_socket = -1;
	loop->base = tevent_find_ops_byname("poll");
	if (loop->base == NULL)
		return fail(why, FAIL_UNSUPPORTED, "this tevent has no \"poll\" backend");
	loop->ops = *loop->base;
	loop->ops.add_fd = add_fd;
	loop->ops.loop_once = loop_once;
	loop->context = tevent_context_init_ops(loop, &loop->ops, NULL);
	if (loop->context == NULL || !make_alarm(loop))
		return fail(why, FAIL_SYSTEM, "no event loop: %s", strerror(errno));
	*ret = loop;
	return true;
}

struct tevent_context *rpc_loop_context(struct rpc_loop *loop)
{
	return loop->context;
}

bool rpc_loop_has_expired(const struct rpc_loop *loop)
{
	return loop->has_expired;
}

int rpc_loop_connect_error(const struct rpc_loop *loop)
{
	return loop->connect_error;
}

const struct smb_progress *rpc_loop_progress(const struct rpc_loop *loop)
{
	return &loop->progress;
}

void rpc_loop_begin_session(struct rpc_loop *loop)
{
	loop->progress = (struct smb_progress){.step = SMB_AT_CONNECT};
	loop->connect_error = 0;
	loop->has_passed_gate = false;
	loop->has_logged_on = false;
}

void rpc_loop_begin_pipe(struct rpc_loop *loop)
{
	loop->progress.step = SMB_AT_PIPE;
}
