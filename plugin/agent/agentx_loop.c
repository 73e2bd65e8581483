/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentx_loop.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/large_fd_set.h>
#include <tevent.h>

#include "core/memory.h"
#include "source/deadline.h"
#include "timers.h"

enum { IDLE_SECONDS = 60 };

struct agentx_loop {
	struct tevent_context *loop;
	struct timers *timers;
	struct agentx_loop_hooks hooks;
	void *context;
	void *descriptors; /* parent of the tevent_fds */
	struct timer alarm;
};

struct descriptor {
	struct agentx_loop *loop;
	int fd;
};

static void is_ready(struct tevent_context *context, struct tevent_fd *event,
	uint16_t flags, void *private)
{
	(void)context;
	(void)event;
	(void)flags;
	const struct descriptor *descriptor = private;
	const struct agentx_loop *loop = descriptor->loop;
	loop->hooks.readable(loop->context, descriptor->fd);
}

static void is_time(void *context)
{
	const struct agentx_loop *loop = context;
	loop->hooks.timeout(loop->context);
}

static int stop_alarm(struct agentx_loop *loop)
{
	timers_stop(loop->timers, &loop->alarm);
	return 0;
}

struct agentx_loop *agentx_loop_new(void *parent, struct tevent_context *context,
	struct timers *timers, const struct agentx_loop_hooks *hooks, void *private)
{
	struct agentx_loop *loop = memory_new(parent, struct agentx_loop);
	loop->loop = context;
	loop->timers = timers;
	loop->alarm = (struct timer){.fire = is_time, .context = loop};
	talloc_set_destructor(loop, stop_alarm);
	loop->hooks = *hooks;
	loop->context = private;
	return loop;
}

static void watch(struct agentx_loop *loop, netsnmp_large_fd_set *set, int limit)
{
	talloc_free(loop->descriptors);
	loop->descriptors = memory_required(talloc_new(loop));
	for (int fd = 0; fd < limit; fd++) {
		if (!NETSNMP_LARGE_FD_ISSET(fd, set))
			continue;
		struct descriptor *descriptor =
			memory_new(loop->descriptors, struct descriptor);
		*descriptor = (struct descriptor){loop, fd};
		memory_required(tevent_add_fd(loop->loop, descriptor, fd, TEVENT_FD_READ,
			is_ready, descriptor));
	}
}

void agentx_loop_refresh(struct agentx_loop *loop)
{
	struct timeval wait = {0, 0};
	int limit = 0, is_endless = 1;
	netsnmp_large_fd_set set;
	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&set);
	snmp_select_info2(&limit, &set, &wait, &is_endless);
	watch(loop, &set, limit);
	netsnmp_large_fd_set_cleanup(&set);
	if (is_endless)
		wait.tv_sec = IDLE_SECONDS;
	timers_start(loop->timers, &loop->alarm,
		deadline_in((int64_t)wait.tv_sec * 1000 + wait.tv_usec / 1000 + 1));
}
