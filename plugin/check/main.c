/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/process.h"
#include "explain.h"
#include "list_services.h"
#include "options.h"
#include "run.h"
#include "source/deadline.h"
#include "usage.h"

enum {
	ALARM_GRACE_MS = 500, /* after the timeout: what should never be needed */
	PARSING_MS = 10000,   /* for command line and configuration, before -t is known */
	STDOUT_WAIT_MS = 1000 /* for a reader of a full pipe that does not block */
};

/* The output has begun: a signal may not add a line of its own. */
static volatile sig_atomic_t has_output;

/* Where the line cannot be written, the exit code still tells; where writing it hangs,
 * the next signal ends that. */
static _Noreturn void end_at_once(const char *line)
{
	bool is_first = !has_output;
	has_output = true;
	ssize_t written = is_first ? write(STDOUT_FILENO, line, strlen(line)) : 0;
	(void)written;
	_exit(STATUS_UNKNOWN);
}

_Noreturn void out_of_memory(void)
{
	end_at_once("IMC UNKNOWN - out of memory\n");
}

/*
 * Nothing but write() and _exit(), which are safe in a signal handler. SIGALRM is the
 * last resort: every wait of a check ends at its deadline, so that it comes only where a
 * library or the kernel (a file on a dead NFS server) does not return; where that was, a
 * handler cannot tell. Its lines are plain text under --json, too.
 */
static void on_signal(int number)
{
	switch (number) {
	case SIGTERM:
		end_at_once("IMC UNKNOWN - ended by SIGTERM\n");
	case SIGALRM:
		end_at_once("IMC UNKNOWN - no answer within the timeout, and the check "
			    "hung\n");
	case SIGBUS:
		end_at_once(
			"IMC UNKNOWN - a file, a copied log most likely, was cut short "
			"while it was read\n");
	}
}

static void protect(void)
{
	static const int caught[] = {SIGTERM, SIGALRM, SIGBUS};
	struct sigaction action = {.sa_handler = on_signal};
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigset_t none_blocked; /* whoever started this may have blocked some */
	sigemptyset(&none_blocked);
	sigprocmask(SIG_SETMASK, &none_blocked, NULL);
	process_hide_memory();
	process_fill_descriptors();
}

static void set_alarm(int64_t deadline_ms)
{
	int64_t left = deadline_left(deadline_ms) + ALARM_GRACE_MS;
	struct itimerval timer = {.it_value = {left / 1000, left % 1000 * 1000}};
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* All of it, or false: closed, full, nobody reads. */
static bool print(const char *text)
{
	size_t length = strlen(text);
	has_output = true;
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, text, length);
		struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
		if (written < 0 && errno == EAGAIN && poll(&wait, 1, STDOUT_WAIT_MS) > 0)
			continue;
		if (written < 0 && errno != EINTR)
			return false;
		text += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

/* A wrong command line has no options yet that could say it. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

static struct run_order order_of(const struct options *options, int64_t began_ms)
{
	int64_t clock = time(NULL);
	return (struct run_order){
		.target = options->target,
		.state_dir = options->state_dir,
		.credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
		.clock = clock,
		.now = options->at != NO_TIME ? options->at : clock,
		.deadline_ms = began_ms + options->timeout_ms,
		.timeout_status = options->timeout_status,
		.has_timeout_status = options->has_timeout_status,
		.report =
			{
				.json = options->is_json,
				.no_perfdata = !options->has_perfdata,
				.verbosity = options->verbosity,
				.max_output = options->max_output,
			},
	};
}

static struct outcome check(void *parent, const struct options *options, int64_t began_ms)
{
	struct run_order order = order_of(options, began_ms);
	set_alarm(order.deadline_ms);
	return run(parent, &order);
}

static struct outcome list(void *parent, const struct options *options, int64_t began_ms)
{
	struct run_order order = order_of(options, began_ms);
	struct outcome outcome = {.status = STATUS_UNKNOWN};
	struct failure why;
	set_alarm(order.deadline_ms);
	if (list_services(parent, &order, &outcome.output, &why))
		return outcome;
	return run_failed(parent, options->target->server, &why, &order.report);
}

/* What is no check is never OK: whoever configures it as one by mistake is to see that.
 */
static struct outcome answer(
	void *parent, const struct options *options, int64_t began_ms)
{
	struct outcome outcome = {.status = STATUS_UNKNOWN};
	struct failure why;
	switch (options->mode) {
	case MODE_CHECK:
		return check(parent, options, began_ms);
	case MODE_LIST_SERVICES:
		return list(parent, options, began_ms);
	case MODE_EXPLAIN:
		if (!explain(parent, options->explain_id, &outcome.output, &why))
			outcome.output = memory_format(parent, "%s\n", why.text);
		break;
	case MODE_HELP:
		outcome.output = usage_text(parent);
		break;
	case MODE_VERSION:
		outcome.output = memory_copy(parent, "check_imc " IMC_VERSION "\n");
		break;
	}
	return outcome;
}

int main(int argc, char **argv)
{
	int64_t began_ms = deadline_now();
	protect();
	set_alarm(began_ms + PARSING_MS);
	void *root = memory_required(talloc_new(NULL));
	struct report_options plain = {
		.json = wants_json(argc, argv), .max_output = 1000};
	struct options *options;
	struct outcome outcome;
	struct failure why;
	if (options_parse(root, argc, (const char *const *)argv, getenv, &options, &why))
		outcome = answer(root, options, began_ms);
	else
		outcome = run_failed(root, NULL, &why, &plain);
	bool is_printed = print(outcome.output);
	talloc_free(root);
	return is_printed ? (int)outcome.status : STATUS_UNKNOWN;
}
