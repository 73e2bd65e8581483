/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <signal.h>

#include <tevent.h>

#include "agent/channel.h"
#include "agent/log.h"
#include "agent/polls.h"
#include "agent/role.h"
#include "core/config.h"

/* This program is what role_start() executes: the tests play the keeper, and a worker is
 * one that was taken over: it asks a copied log, and says that it logs on. */

enum { LOGGING_ON, LOGGED_ON, REFUSED, ACCEPTED, LIES };

static const char *const servers[LIES] = {
	[LOGGING_ON] = "logging-on",
	[LOGGED_ON] = "logged-on",
	[REFUSED] = "refused",
	[ACCEPTED] = "accepted",
};

/* --- the worker --- */

static bool lie(void *scratch, const struct message_order *order)
{
	const char *server = order->target->server;
	struct message_done done = {.end = POLL_FAILED, .logon = LOGON_NOT_TRIED};
	if (strcmp(server, servers[LOGGING_ON]) == 0)
		channel_write(ROLE_SOCKET, message_plain(scratch, MESSAGE_LOGGING_ON));
	else if (strcmp(server, servers[LOGGED_ON]) == 0)
		channel_write(ROLE_SOCKET, message_plain(scratch, MESSAGE_LOGGED_ON));
	else if (strcmp(server, servers[REFUSED]) == 0)
		done.logon = LOGON_REFUSED;
	else
		done.logon = LOGON_ACCEPTED;
	return channel_write(ROLE_SOCKET, message_put_done(scratch, &done));
}

static int be_worker(void)
{
	struct message message;
	struct message_order order;
	int files[LOGS];
	size_t file_count = 0;
	void *scratch = talloc_new(NULL);
	bool is_well = channel_write(ROLE_SOCKET, message_plain(scratch, MESSAGE_READY));
	while (is_well &&
		channel_read(ROLE_SOCKET, scratch, &message, files, &file_count))
		is_well = message_take_order(scratch, message.body, &order) &&
			lie(scratch, &order);
	talloc_free(scratch);
	return 0;
}

/* --- the keeper --- */

struct ending {
	bool is_over, has_lost_worker;
	enum poll_end end;
};

static void ended(void *context, void *owner, const struct poll_result *result)
{
	struct ending *ending = owner;
	(void)context;
	*ending = (struct ending){
		true, result->message.has_lost_worker, result->message.end};
}

static void worker_without_an_account_cannot_log_on(void **state)
{
	static const bool is_ended[LIES] = {[LOGGING_ON] = true, [LOGGED_ON] = true};
	struct failure why;
	struct polls *polls;
	struct tevent_context *loop = tevent_context_init(*state);
	struct agent_settings settings = {.workers = 1};
	struct config config = {.agent = &settings};
	struct logger *logger = log_open(loop, NULL);
	assert_true(polls_new(loop, loop, logger, ended, NULL, &polls, &why));
	polls_configure(polls, &config);
	for (size_t i = 0; i < LIES; i++) {
		struct ending ending = {.is_over = false};
		struct target *target = target_new(loop);
		test_row("%s", servers[i]);
		target->server = memory_copy(target, servers[i]);
		target->source = memory_copy(target, "evt");
		target->evt = memory_copy(target, "/nowhere/AppEvent.Evt");
		polls_start(polls, target, (struct bytes){NULL, 0}, TRUST_NEW, &ending);
		while (!ending.is_over)
			tevent_loop_once(loop);
		assert_int_equal(ending.end, POLL_FAILED);
		assert_int_equal(ending.has_lost_worker, is_ended[i]);
	}
	test_row("%s", "");
	talloc_free(loop);
}

static void ignore(struct tevent_context *loop, struct tevent_signal *event, int number,
	int count, void *info, void *private_data)
{
	(void)loop;
	(void)event;
	(void)number;
	(void)count;
	(void)info;
	(void)private_data;
}

/* What tevent keeps is no leak. */
static void warm_up(void)
{
	struct tevent_context *loop = tevent_context_init(NULL);
	tevent_add_signal(loop, loop, SIGCHLD, 0, ignore, NULL);
	talloc_free(loop);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		sentence(worker_without_an_account_cannot_log_on),
	};
	if (role_of(argc, argv) == ROLE_OF_WORKER)
		return be_worker();
	warm_up();
	return cmocka_run_group_tests_name("polls", tests, NULL, NULL);
}
