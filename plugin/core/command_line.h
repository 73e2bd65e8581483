/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_COMMAND_LINE_H
#define IMC_CORE_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

/* One option of a program. */
struct command_option {
	char letter;
	const char *name, *argument, *help; /* argument NULL: it takes none */
};

/* What a program may be started with: options only, in the order of --help and of its
 * manual page. */
struct command_line {
	const char *program;
	const char *purpose;  /* goes after the version and a colon */
	const char *synopsis; /* goes after the program's name */
	const struct command_option *options;
	size_t count; /* at most COMMAND_LINE_OPTIONS */
	/* Takes one of them; `value` is NULL where it has none. Messages go after
	 * "--NAME: ". */
	bool (*take)(void *options, char letter, const char *value, struct failure *why);
};

enum { COMMAND_LINE_OPTIONS = 32 };

/* Gives each option to take(), in their order; strings are those of argv, which is
 * permuted. */
bool command_line_parse(const struct command_line *line, int argc, char **argv,
	void *options, struct failure *why);

/* For --help, in lines; belongs to `parent`. */
char *command_line_usage(void *parent, const struct command_line *line);

#endif
