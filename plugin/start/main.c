/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act.h"
#include "audit.h"
#include "core/config.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/store.h"
#include "core/text.h"
#include "source/deadline.h"

/* Seconds: after the timeout, which should never be needed; and for what comes before it
 * is known. */
enum { ALARM_GRACE = 2, PARSING_SECONDS = 10 };

/* SIGTERM, SIGINT or SIGHUP came: what goes on ends where it can still be told. */
static volatile sig_atomic_t has_signal;

/* Nothing but write() and _exit(), which are safe in a signal handler. The attempt is
 * written down and in syslog before it is made: that much is known of it. */
static _Noreturn void end_at_once(const char *line)
{
	ssize_t written = write(STDERR_FILENO, line, strlen(line));
	(void)written;
	_exit(ACT_UNKNOWN);
}

_Noreturn void out_of_memory(void)
{
	end_at_once("imc-start: out of memory\n");
}

/* SIGALRM is the last resort: every wait ends at the deadline, or soon after a signal, so
 * that it comes only where a library or the kernel does not return. */
static void on_signal(int number)
{
	if (number == SIGALRM || has_signal)
		end_at_once("imc-start: it hung, or was to end at once; what came of a "
			    "start call, if syslog tells of one, is not known\n");
	has_signal = true;
	alarm(ALARM_GRACE);
}

static bool has_to_end(void)
{
	return has_signal;
}

/* Who started this with nohup(1) meant it. */
static void catch_signal(int number)
{
	struct sigaction action = {.sa_handler = on_signal}, before;
	sigaction(number, NULL, &before);
	if (number == SIGALRM || before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

static void protect(void)
{
	static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		catch_signal(caught[i]);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a file that may not grow is an error */
	sigset_t none_blocked; /* whoever started this may have blocked some */
	sigemptyset(&none_blocked);
	sigprocmask(SIG_SETMASK, &none_blocked, NULL);
	process_hide_memory();
	process_fill_descriptors();
}

/* Who is to be told of what was done: syslog of each deed, the caller of the last. */
struct listener {
	void *memory;
	const char *server;
	const struct asker *asker;
	char *last; /* one line, clean */
};

static void listen_to(void *context, const struct deed *deed)
{
	struct listener *listener = context;
	audit_write(
		audit_format(listener->memory, listener->server, listener->asker, deed),
		deed);
	listener->last = text_clean(listener->memory, deed->text, ACT_TEXT_MAX);
}

/* Where nobody reads what an event handler says, syslog still tells. */
static int refuse(struct listener *listener, const struct failure *why)
{
	const struct deed deed = {ACT_NOTHING, ACT_UNKNOWN, NULL, why->text};
	listen_to(listener, &deed);
	fprintf(stderr, "imc-start: %s\n", listener->last);
	return ACT_UNKNOWN;
}

static const char *state_directory(const struct start_options *options)
{
	const char *found = store_directory(options->state_dir, getenv);
	return found != NULL ? found : IMC_STATEDIR;
}

/* As the configuration is now: it may change while this waits. */
static bool act_once(void *root, struct act_order *order,
	const struct start_options *options, enum act_end *ret_end, int64_t *ret_wait,
	struct failure *why)
{
	struct target *target;
	if (!config_read_target(root, options->config, options->server, &target, why) ||
		!target_finish(target, why))
		return false;
	order->target = target;
	*ret_end = act(order, ret_wait);
	return true;
}

/* Without a connection, and without the lock. */
static void wait_seconds(int64_t seconds)
{
	int64_t until = deadline_in(seconds * 1000);
	while (!deadline_passed(until) && !has_signal)
		poll(NULL, 0, (int)deadline_left(until));
}

static int start(void *root, const struct start_options *options,
	struct listener *listener, int64_t began_ms)
{
	struct act_order order = {
		.asker = listener->asker,
		.state_dir = state_directory(options),
		.credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
		.deadline_ms = began_ms + options->timeout * 1000,
		.allows_manual = options->allows_manual,
		.is_dry_run = options->mode == MODE_DRY_RUN,
		.tell = listen_to,
		.context = listener,
		.has_to_end = has_to_end,
	};
	enum act_end end;
	int64_t wait;
	struct failure why;
	do {
		if (!act_once(root, &order, options, &end, &wait, &why))
			return refuse(listener, &why);
		wait_seconds(wait);
	} while (wait > 0 && !has_signal);
	if (wait > 0) {
		const struct deed deed = {ACT_NOTHING, end, NULL,
			"not started: a signal ended the wait for start_delay"};
		listen_to(listener, &deed);
	}
	printf("imc-start: %s: %s\n", options->server, listener->last);
	return (int)end;
}

static int run(void *root, int argc, char **argv)
{
	int64_t began_ms = deadline_now();
	alarm(PARSING_SECONDS);
	struct start_options options;
	struct failure why;
	bool is_parsed = start_options_parse(argc, argv, &options, &why);
	struct listener listener = {.memory = root,
		.server = is_parsed ? options.server : "-",
		.asker = asker_find(root, &options.call)};
	if (!is_parsed)
		return refuse(&listener, &why);
	switch (options.mode) {
	case MODE_SHOW_HELP:
		fputs(command_line_usage(root, start_options_line()), stdout);
		return EXIT_SUCCESS;
	case MODE_SHOW_VERSION:
		puts("imc-start " IMC_VERSION);
		return EXIT_SUCCESS;
	case MODE_ACT:
	case MODE_DRY_RUN:
		break;
	}
	alarm((unsigned)options.timeout + ALARM_GRACE);
	return start(root, &options, &listener, began_ms);
}

int main(int argc, char **argv)
{
	protect();
	void *root = memory_required(talloc_new(NULL));
	int status = run(root, argc, argv);
	talloc_free(root);
	return status;
}
