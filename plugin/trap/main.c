/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bases.h"
#include "complaint.h"
#include "core/memory.h"
#include "handover.h"
#include "options.h"
#include "printed_trap.h"
#include "settings.h"
#include "stream.h"
#include "trap_event.h"

enum { LIFE_SECONDS = 5 };

/* Nothing can be done where it is not read. */
static _Noreturn void end_with(const char *line, size_t length)
{
	complaint_show(line, length);
	_exit(EXIT_FAILURE);
}

_Noreturn void out_of_memory(void)
{
	static const char line[] = "imc-trap: out of memory\n";
	end_with(line, sizeof(line) - 1);
}

/* A disk, a log, whatever stands still: snmptrapd waits, and all other traps with it. A
 * second alarm ends what waits in here. */
static void on_alarm(int number)
{
	static const char line[] = "imc-trap: it took too long, and was given up\n";
	(void)number;
	alarm(1);
	end_with(line, sizeof(line) - 1);
}

/* Whoever started us may have blocked the signal. */
static void limit_life(void)
{
	struct sigaction action = {
		.sa_handler = on_alarm, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	sigset_t signals;
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	alarm(LIFE_SECONDS);
}

static int refuse(const struct failure *why)
{
	complaint_make(why);
	return EXIT_FAILURE;
}

static bool find(
	void *root, const char *configured, struct trap_event *ret, struct failure *why)
{
	struct bytes text;
	struct printed_trap trap;
	struct bases *bases;
	bool is_cut;
	return stream_read(root, STDIN_FILENO, STREAM_PATIENCE_MS, &text, &is_cut, why) &&
		printed_trap_parse(root, text, is_cut, &trap, why) &&
		bases_new(root, configured, &bases, why) &&
		trap_event_read(&trap, bases, ret, why);
}

static bool act(void *root, const struct trap_options *options,
	const struct agent_settings *settings, struct failure *why)
{
	struct trap_event event;
	if (!find(root, settings->trap_bases, &event, why))
		return false;
	if (options->mode == TRAP_DRY_RUN) {
		return (puts(trap_event_describe(root, &event)) >= 0 &&
			       fflush(stdout) == 0) ||
			fail(why, FAIL_SYSTEM, "cannot write to the standard output: %m");
	}
	const char *path =
		options->socket != NULL ? options->socket : settings->trap_socket;
	return !event.is_watched || handover_send(path, &event.hint, why);
}

/* Without a configuration, a hint to the usual place, by the usual bases, is worth more
 * than none; and it goes out before anything is said, for that may wait. */
static int handle(void *root, const struct trap_options *options)
{
	struct agent_settings *settings;
	struct failure wrong, why;
	bool is_configured = trap_settings_read(root, options->config, &settings, &wrong);
	if (!is_configured)
		settings = agent_settings_new(root);
	bool is_done = act(root, options, settings, &why);
	if (!is_configured)
		complaint_make(&wrong);
	return is_done ? EXIT_SUCCESS : refuse(&why);
}

static int run(void *root, int argc, char **argv)
{
	struct trap_options options;
	struct failure why;
	if (!trap_options_parse(argc, argv, &options, &why))
		return refuse(&why);
	switch (options.mode) {
	case TRAP_HELP:
		fputs(command_line_usage(root, trap_options_line()), stdout);
		return EXIT_SUCCESS;
	case TRAP_VERSION:
		puts("imc-trap " IMC_VERSION);
		return EXIT_SUCCESS;
	case TRAP_HAND_OVER:
	case TRAP_DRY_RUN:
		break;
	}
	return handle(root, &options);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	limit_life();
	void *root = memory_required(talloc_new(NULL));
	int status = run(root, argc, argv);
	talloc_free(root);
	return status;
}
