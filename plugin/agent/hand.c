/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hand.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "channel.h"
#include "core/memory.h"
#include "role.h"
#include "source/deadline.h"

enum {
	READY_MS = 10000, /* to start and say so */
	GRACE_MS = 2000,  /* after a poll's deadline */
	IDLE_MS = 60000,
	LOGONS_MAX = 8 /* that one poll asks for: one, and another without SPNEGO */
};

struct hand {
	const struct hand_means *means;
	void *context;
	pid_t pid; /* 0: it is gone */
	struct channel *channel;
	uint64_t identity;
	enum hand_step step, before_end;
	int64_t since_ms;
	unsigned logons;    /* that it asked for in this poll */
	struct timer timer; /* the end of what it does, or of doing nothing */
};

static void go_to(struct hand *hand, enum hand_step step, int64_t until_ms)
{
	hand->step = step;
	hand->since_ms = deadline_now();
	timers_start(hand->means->timers, &hand->timer, until_ms);
}

void hand_kill(struct hand *hand)
{
	if (hand->step == HAND_ENDS)
		return;
	hand->before_end = hand->step;
	hand->step = HAND_ENDS;
	timers_stop(hand->means->timers, &hand->timer);
	kill(hand->pid, SIGKILL);
}

static void on_time(void *context)
{
	struct hand *hand = context;
	enum hand_step before = hand->step;
	hand_kill(hand);
	hand->before_end = HAND_ENDS;
	hand->means->hooks->late(hand->context, before);
}

/* --- what it says --- */

static bool on_done(struct hand *hand, struct bytes body)
{
	struct message_done done;
	if (hand->step != HAND_WORKS || !message_take_done(body, &done))
		return false;
	go_to(hand, HAND_IDLE, deadline_in(IDLE_MS));
	hand->means->hooks->done(hand->context, &done);
	return true;
}

static bool on_ready(struct hand *hand)
{
	if (hand->step != HAND_STARTS)
		return false;
	go_to(hand, HAND_IDLE, deadline_in(IDLE_MS));
	hand->means->hooks->ready(hand->context);
	return true;
}

/* False: no worker says such a thing, or not now. */
static bool take_message(struct hand *hand, const struct message *message)
{
	const struct hand_hooks *hooks = hand->means->hooks;
	if (message->type == MESSAGE_DONE)
		return on_done(hand, message->body);
	if (message->body.length != 0)
		return false;
	if (message->type == MESSAGE_READY)
		return on_ready(hand);
	if (hand->step != HAND_WORKS)
		return false;
	if (message->type == MESSAGE_LOGGING_ON)
		return ++hand->logons <= LOGONS_MAX && hooks->logging_on(hand->context);
	return message->type == MESSAGE_LOGGED_ON && hooks->logged_on(hand->context);
}

static void take(
	void *context, const struct message *message, int *files, size_t file_count)
{
	struct hand *hand = context;
	(void)files;
	(void)file_count;
	if (hand->step != HAND_ENDS && !take_message(hand, message))
		hand_kill(hand);
}

/* A worker that speaks no more, or nonsense, is of no use. */
static void on_end(void *context, const char *why)
{
	(void)why;
	hand_kill(context);
}

static const struct channel_hooks channel_hooks = {take, on_end};

/* --- its life --- */

/* Nobody waits for it: whoever frees a hand before it is gone is ending. */
static int forget(struct hand *hand)
{
	timers_stop(hand->means->timers, &hand->timer);
	if (hand->pid != 0)
		kill(hand->pid, SIGKILL);
	return 0;
}

static struct hand *start(
	void *parent, const struct hand_means *means, void *context, struct failure *why)
{
	struct role_process process;
	if (!role_start(ROLE_OF_WORKER, &process, why))
		return NULL;
	struct hand *hand = memory_new(parent, struct hand);
	hand->means = means;
	hand->context = context;
	hand->pid = process.pid;
	hand->channel =
		channel_new(hand, means->loop, process.socket, &channel_hooks, hand);
	hand->timer.fire = on_time;
	hand->timer.context = hand;
	talloc_set_destructor(hand, forget);
	go_to(hand, HAND_STARTS, deadline_in(READY_MS));
	return hand;
}

bool hand_start(void *parent, const struct hand_means *means, const char *credentials,
	void *context, struct hand **ret, struct failure *why)
{
	struct credentials *account = NULL;
	if (credentials != NULL &&
		!credentials_read(NULL, credentials, getenv("CREDENTIALS_DIRECTORY"),
			&account, why))
		return false;
	struct hand *hand = start(parent, means, context, why);
	if (hand != NULL && account != NULL) {
		hand->identity = account->identity;
		channel_send(hand->channel, message_put_account(hand, account), NULL, 0);
	}
	talloc_free(account);
	*ret = hand;
	return hand != NULL;
}

enum hand_step hand_step(const struct hand *hand)
{
	return hand->step;
}

int64_t hand_since(const struct hand *hand)
{
	return hand->since_ms;
}

uint64_t hand_identity(const struct hand *hand)
{
	return hand->identity;
}

void hand_order(struct hand *hand, struct packet *order, int64_t deadline_ms,
	const int *files, size_t file_count)
{
	hand->logons = 0;
	go_to(hand, HAND_WORKS, deadline_ms + GRACE_MS);
	channel_send(hand->channel, order, files, file_count);
}

void hand_grant(struct hand *hand, bool is_granted)
{
	channel_send(hand->channel, message_put_grant(hand, is_granted), NULL, 0);
}

static char *how_it_ended(void *parent, int status)
{
	if (WIFSIGNALED(status))
		return memory_format(parent, "ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	return memory_format(parent, "ended with status %d", WEXITSTATUS(status));
}

void hand_look(struct hand *hand)
{
	int status = 0;
	pid_t pid = waitpid(hand->pid, &status, WNOHANG);
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return;
	hand->pid = 0;
	char *how = how_it_ended(NULL, status);
	hand->means->hooks->gone(hand->context,
		hand->step == HAND_ENDS ? hand->before_end : hand->step, how);
	talloc_free(how);
}
