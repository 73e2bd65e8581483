/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attendant.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "core/memory.h"
#include "log.h"
#include "role.h"
#include "source/deadline.h"

enum {
	SILENCE_MS = 60000, /* it says something every few seconds */
	AGAIN_MS = 1000,    /* between two starts */
	AWAY_MS = 5000      /* between two steps of ours, at most */
};

struct attendant {
	struct tevent_context *loop;
	struct logger *logger;
	const struct attendant_hooks *hooks;
	void *context;
	pid_t pid; /* 0: there is none */
	struct channel *channel;
	int64_t heard_ms, started_ms, stepped_ms;
	bool is_bad; /* to be replaced at the next step */
};

/* SIGKILL first: it may be hung. Then it is gone at once, and no zombie stays. */
static void bury(struct attendant *attendant)
{
	if (attendant->pid == 0)
		return;
	TALLOC_FREE(attendant->channel);
	kill(attendant->pid, SIGKILL);
	while (waitpid(attendant->pid, NULL, 0) < 0 && errno == EINTR)
		;
	attendant->pid = 0;
}

static void on_message(
	void *context, const struct message *message, int *files, size_t file_count)
{
	struct attendant *attendant = context;
	(void)files; /* a keeper sends none; what came is closed */
	(void)file_count;
	attendant->heard_ms = deadline_now();
	attendant->hooks->take(attendant->context, message);
}

static void on_end(void *context, const char *why)
{
	struct attendant *attendant = context;
	log_error(
		attendant->logger, "the keeper is gone: %s; another one is started", why);
	bury(attendant);
}

static const struct channel_hooks channel_hooks = {on_message, on_end};

static bool start(struct attendant *attendant, struct failure *why)
{
	struct role_process process;
	attendant->started_ms = attendant->heard_ms = deadline_now();
	if (!role_start(ROLE_OF_KEEPER, &process, why))
		return false;
	attendant->pid = process.pid;
	attendant->channel = channel_new(
		attendant, attendant->loop, process.socket, &channel_hooks, attendant);
	return true;
}

static int free_attendant(struct attendant *attendant)
{
	bury(attendant);
	return 0;
}

bool attendant_new(void *parent, struct tevent_context *loop, struct logger *logger,
	const struct attendant_hooks *hooks, void *context, struct attendant **ret,
	struct failure *why)
{
	struct attendant *attendant = memory_new(parent, struct attendant);
	attendant->loop = loop;
	attendant->logger = logger;
	attendant->hooks = hooks;
	attendant->context = context;
	talloc_set_destructor(attendant, free_attendant);
	*ret = attendant;
	return start(attendant, why);
}

void attendant_send(struct attendant *attendant, struct packet *packet)
{
	if (attendant->channel != NULL)
		channel_send(attendant->channel, packet, NULL, 0);
	else
		talloc_free(packet);
}

void attendant_replace(struct attendant *attendant, const char *why)
{
	log_error(attendant->logger, "the keeper is replaced: %s", why);
	attendant->is_bad = true;
}

void attendant_step(struct attendant *attendant, int64_t now_ms)
{
	struct failure why;
	/* It was us who did not listen. */
	if (now_ms - attendant->stepped_ms > AWAY_MS)
		attendant->heard_ms = now_ms;
	attendant->stepped_ms = now_ms;
	if (attendant->pid != 0 && now_ms - attendant->heard_ms > SILENCE_MS) {
		log_error(attendant->logger,
			"the keeper says nothing: another one is started");
		bury(attendant);
	}
	if (attendant->is_bad)
		bury(attendant);
	attendant->is_bad = false;
	if (attendant->pid != 0 || now_ms - attendant->started_ms < AGAIN_MS)
		return;
	if (start(attendant, &why))
		attendant->hooks->started(attendant->context);
	else
		log_error(attendant->logger, "%s", why.text);
}

void attendant_stop(struct attendant *attendant)
{
	bury(attendant);
}
