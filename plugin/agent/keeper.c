/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keeper.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <tevent.h>

#include "channel.h"
#include "core/config.h"
#include "core/memory.h"
#include "hints.h"
#include "log.h"
#include "names.h"
#include "polls.h"
#include "ration.h"
#include "schedule.h"
#include "source/deadline.h"

enum {
	ALIVE_MS = 5000,
	LOCATE_MS = 1000,
	HINTED_LINES = 20 /* a minute */
};

/* A server of the configuration. */
struct watched {
	const struct target *target; /* belongs to the configuration */
	struct turn turn;
	struct bytes state;  /* for the next poll; belongs to this where not empty */
	struct poll *poll;   /* NULL: none */
	uint32_t generation; /* of the configuration under which that began */
	enum trust trust;
	uint32_t hint_event; /* that the newest trap told of */
};

struct keeper {
	struct logger *logger;
	struct tevent_context *loop;
	struct channel *parent;
	bool is_alone; /* the parent is gone */
	struct polls *polls;
	struct timers *timers;
	struct timer alive, due;
	struct schedule *schedule;
	struct config *config;    /* NULL: none came yet */
	uint32_t generation;      /* its number */
	struct watched **servers; /* by name, as the configuration has them */
	size_t server_count;
	struct hints *hints; /* of these servers; NULL: nobody needed them yet */
	uint64_t located;    /* the edition of the names that they know... */
	int64_t located_ms;  /* ...and since when */
	struct ration hinted;
};

/* --- polls --- */

static void set_due(struct keeper *keeper)
{
	int64_t wake = schedule_wake(keeper->schedule);
	if (wake == INT64_MAX)
		timers_stop(keeper->timers, &keeper->due);
	else
		timers_start(keeper->timers, &keeper->due, wake);
}

static void say_hinted(struct keeper *keeper, const struct watched *server)
{
	if (ration_take(&keeper->hinted, HINTED_LINES, deadline_now()))
		log_info(keeper->logger, "server %s: polled now, a trap told of event %u",
			server->target->server, server->hint_event & 0xFFFF);
}

static void start_due(void *context)
{
	struct keeper *keeper = context;
	struct watched *server;
	while ((server = schedule_take(keeper->schedule, deadline_now())) != NULL) {
		if (server->turn.is_by_hint)
			say_hinted(keeper, server);
		struct bytes state = server->state;
		server->state = (struct bytes){NULL, 0};
		server->generation = keeper->generation;
		server->poll = polls_start(
			keeper->polls, server->target, state, server->trust, server);
	}
	set_due(keeper);
}

/* A moment of CLOCK_MONOTONIC, in milliseconds, by the wall clock, in seconds. */
static int64_t clock_time_of(int64_t moment_ms)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return (now_ms + moment_ms - deadline_now() + 500) / 1000;
}

/* It is not polled again before the parent has answered with a STATE. */
static void ended(void *context, void *owner, const struct poll_result *result)
{
	static const enum turn_end ends[POLL_ENDS] = {
		[POLL_LEARNED] = TURN_WORKED,
		[POLL_FAILED] = TURN_FAILED,
		[POLL_NOT_MADE] = TURN_NOT_MADE,
	};
	struct keeper *keeper = context;
	struct watched *server = owner;
	struct message_result message = result->message;
	server->poll = NULL;
	if (message.end == POLL_LEARNED)
		server->trust = TRUST_WELL;
	else if (!result->is_own_fault)
		server->trust = TRUST_SUSPECT;
	message.is_extra = !schedule_ended(
		keeper->schedule, &server->turn, ends[message.end], deadline_now());
	/* What it was asked for may not be what is wanted now. */
	if (server->generation != keeper->generation)
		schedule_soon(keeper->schedule, &server->turn, 0, 1, deadline_now());
	message.generation = server->generation;
	message.next_poll = clock_time_of(server->turn.next_ms);
	if (!keeper->is_alone)
		channel_send(
			keeper->parent, message_put_result(keeper, &message), NULL, 0);
}

/* --- the configuration --- */

static int compare_names(const char *name, const struct watched *server)
{
	return strcmp(name, server->target->server);
}

static struct watched *find_server(const struct keeper *keeper, const char *name)
{
	size_t low = 0, high = keeper->server_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_names(name, keeper->servers[middle]);
		if (order == 0)
			return keeper->servers[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static struct watched *keep_or_add(
	struct keeper *keeper, void *parent, const struct target *target)
{
	struct watched *server = find_server(keeper, target->server);
	if (server == NULL) {
		server = memory_new(parent, struct watched);
		server->trust = TRUST_NEW;
		schedule_add(&server->turn, server, target->server, target->interval,
			target->retries);
	} else {
		talloc_steal(parent, server);
		schedule_change(keeper->schedule, &server->turn, target->server,
			target->interval, target->retries, deadline_now());
	}
	return server;
}

static void remove_server(struct keeper *keeper, struct watched *server)
{
	schedule_remove(keeper->schedule, &server->turn);
	if (server->poll != NULL)
		polls_disown(server->poll);
}

/* All that are left in the old list are in the new configuration no more. Those that stay
 * are polled soon, too: what they are judged by may have changed. */
static void replace_servers(struct keeper *keeper, struct config *config)
{
	size_t count = config->server_count;
	struct watched **servers = memory_array(keeper, struct watched *, count);
	for (size_t i = 0; i < count; i++)
		servers[i] = keep_or_add(keeper, servers, config->servers[i]);
	for (size_t i = 0; i < keeper->server_count; i++) {
		struct watched *server = keeper->servers[i];
		if (talloc_parent(server) != servers)
			remove_server(keeper, server);
	}
	int64_t now = deadline_now();
	for (size_t i = 0; i < count; i++) {
		servers[i]->target = config->servers[i];
		schedule_soon(keeper->schedule, &servers[i]->turn, i, count, now);
	}
	TALLOC_FREE(keeper->hints);
	talloc_free(keeper->servers);
	keeper->servers = servers;
	keeper->server_count = count;
}

static bool take_config(struct keeper *keeper, void *scratch, struct bytes body)
{
	struct message_config message;
	struct config *config;
	struct failure why;
	if (!message_take_config(scratch, body, &message))
		return false;
	if (!config_parse(keeper, message.path, message.text, &config, &why) ||
		!config_finish(config, message.path, &why)) {
		log_error(keeper->logger, "%s", why.text);
		return false;
	}
	replace_servers(keeper, config);
	talloc_free(keeper->config);
	keeper->config = config;
	keeper->generation = message.generation;
	polls_configure(keeper->polls, config);
	set_due(keeper);
	return true;
}

/* The server can be polled again. One that is polled at this moment does without: its
 * result is answered with a newer one. */
static bool take_state(struct keeper *keeper, void *scratch, struct bytes body)
{
	struct message_state message;
	if (!message_take_state(scratch, body, &message))
		return false;
	struct watched *server = find_server(keeper, message.server);
	if (server == NULL || server->poll != NULL)
		return true;
	talloc_free((void *)server->state.data);
	server->state = (struct bytes){NULL, 0};
	if (message.text.length > 0)
		server->state =
			(struct bytes){memory_required(talloc_memdup(server,
					       message.text.data, message.text.length)),
				message.text.length};
	schedule_wait(keeper->schedule, &server->turn);
	set_due(keeper);
	return true;
}

/* --- traps --- */

static bool peek(void *context, const char *name, struct addresses *ret)
{
	return names_peek(context, name, ret);
}

/* Made when the first trap comes: most have none. All names are gone through once in a
 * while: there may be thousands, and until then the computer's name is enough. */
static void prepare_hints(struct keeper *keeper)
{
	struct names *names = polls_names(keeper->polls);
	bool is_new = keeper->hints == NULL;
	if (is_new) {
		struct hints_server *servers =
			memory_array(keeper, struct hints_server, keeper->server_count);
		for (size_t i = 0; i < keeper->server_count; i++)
			servers[i] = (struct hints_server){
				keeper->servers[i]->target, keeper->servers[i]};
		keeper->hints = hints_new(keeper, servers, keeper->server_count);
		talloc_free(servers);
	}
	int64_t now = deadline_now();
	bool is_old = keeper->located != names_edition(names) &&
		now - keeper->located_ms >= LOCATE_MS;
	if (!is_new && !is_old)
		return;
	hints_locate(keeper->hints, peek, names);
	keeper->located = names_edition(names);
	keeper->located_ms = now;
}

static bool take_hint(struct keeper *keeper, struct bytes body)
{
	struct message_hint message;
	if (!message_take_hint(body, &message))
		return false;
	prepare_hints(keeper);
	struct watched *server = hints_find(keeper->hints, &message.hint);
	char nobody[] = "";
	struct message_hinted answer = {message.number, nobody};
	if (server != NULL) {
		answer.server = server->target->server;
		server->hint_event = message.hint.event_id;
		schedule_hint(keeper->schedule, &server->turn);
		set_due(keeper);
	}
	channel_send(keeper->parent, message_put_hinted(keeper, &answer), NULL, 0);
	return true;
}

/* --- the parent --- */

static bool take_message(
	struct keeper *keeper, void *scratch, const struct message *message)
{
	if (message->type == MESSAGE_CONFIG)
		return take_config(keeper, scratch, message->body);
	if (message->type == MESSAGE_STATE)
		return take_state(keeper, scratch, message->body);
	if (message->type == MESSAGE_HINT)
		return take_hint(keeper, message->body);
	return false;
}

static void take(
	void *context, const struct message *message, int *files, size_t file_count)
{
	struct keeper *keeper = context;
	void *scratch = memory_required(talloc_new(keeper));
	(void)files;
	(void)file_count;
	if (!take_message(keeper, scratch, message)) {
		log_error(keeper->logger, "the parent sent what the keeper cannot take");
		keeper->is_alone = true;
	}
	talloc_free(scratch);
}

static void on_end(void *context, const char *why)
{
	struct keeper *keeper = context;
	log_info(keeper->logger, "ends with the parent: %s", why);
	keeper->is_alone = true;
}

static const struct channel_hooks hooks = {take, on_end};

static void say_alive(void *context)
{
	struct keeper *keeper = context;
	unsigned left_out = ration_settle(&keeper->hinted, deadline_now());
	if (left_out > 0)
		log_info(keeper->logger, "traps made %u more polls begin", left_out);
	channel_send(keeper->parent, message_plain(keeper, MESSAGE_ALIVE), NULL, 0);
	timers_start(keeper->timers, &keeper->alive, deadline_in(ALIVE_MS));
}

/* Each connection on its way is a file. */
static void raise_limit_of_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool make(struct keeper *keeper, int socket, struct failure *why)
{
	keeper->loop = memory_required(tevent_context_init(keeper));
	keeper->parent = channel_new(keeper, keeper->loop, socket, &hooks, keeper);
	keeper->schedule = schedule_new(keeper, deadline_now());
	if (!polls_new(keeper, keeper->loop, keeper->logger, ended, keeper,
		    &keeper->polls, why))
		return false;
	keeper->timers = polls_timers(keeper->polls);
	keeper->alive.fire = say_alive;
	keeper->due.fire = start_due;
	keeper->alive.context = keeper->due.context = keeper;
	say_alive(keeper);
	return true;
}

int keeper_run(struct logger *logger, int socket)
{
	struct failure why;
	struct keeper *keeper = memory_new(NULL, struct keeper);
	keeper->logger = logger;
	raise_limit_of_files();
	bool is_made = make(keeper, socket, &why);
	if (!is_made)
		log_error(logger, "the keeper cannot start: %s", why.text);
	while (is_made && !keeper->is_alone)
		tevent_loop_once(keeper->loop);
	talloc_free(keeper);
	return is_made ? 0 : 1;
}
