/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_ARGUMENTS_H
#define IMC_CHECK_ARGUMENTS_H

#include "options.h"

/* An option as it was given, its value not looked at yet. */
struct argument {
	const struct option_row *row;
	const char *value;  /* NULL: the option takes none */
	const char *origin; /* NULL: the command line; else "FILE:LINE" of --extra-opts */
};

struct arguments {
	struct argument
		*list; /* those of --extra-opts first, so that argv's come over them */
	size_t count;
};

/*
 * Takes argv apart as getopt_long() does, over the table of options: -x VALUE, -xVALUE,
 * -vv,
 * --name VALUE, --name=VALUE, a unique beginning of a name, --. No globals, and messages
 * that say more. Strings point into argv or belong to *ret, which belongs to `parent`.
 */
bool arguments_read(void *parent, int argc, const char *const *argv, options_env *env,
	struct arguments **ret, struct failure *why);

/* Can the source do something with each option? Where it stands in a file it may be meant
 * for other servers, and does not count. */
bool arguments_suit(
	const struct arguments *arguments, const char *source, struct failure *why);

#endif
