/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "act.h"
#include "audit.h"
#include "core/config.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/store.h"
#include "core/text.h"
#include "source/deadline.h"

enum { ALARM_GRACE = 2 }; /* seconds after the timeout: should never be needed */

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

/* SIGALRM is the last resort: every wait ends at the deadline, so that it comes only
 * where a library or the kernel does not return. */
static void on_signal(int number)
{
	end_at_once(number == SIGALRM
			? "imc-start: it hung, and was given up; what came of a start "
			  "call, if syslog tells of one, is not known\n"
			: "imc-start: ended by a signal; what came of a start call, if "
			  "syslog tells of one, is not known\n");
}

static void protect(void)
{
	static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
	struct sigaction action = {.sa_handler = on_signal};
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL); /* a file that may not grow is an error */
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

static int start(void *root, const struct start_options *options,
	struct listener *listener, int64_t began_ms)
{
	struct target *target;
	struct failure why;
	if (!config_read_target(root, options->config, options->server, &target, &why) ||
		!target_finish(target, &why))
		return refuse(listener, &why);
	const struct act_order order = {
		.target = target,
		.asker = listener->asker,
		.state_dir = state_directory(options),
		.credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
		.deadline_ms = began_ms + options->timeout * 1000,
		.allows_manual = options->allows_manual,
		.is_dry_run = options->mode == MODE_DRY_RUN,
		.tell = listen_to,
		.context = listener,
	};
	enum act_end end = act(&order);
	printf("imc-start: %s: %s\n", options->server, listener->last);
	return (int)end;
}

static int run(void *root, int argc, char **argv)
{
	int64_t began_ms = deadline_now();
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
