/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_OPTIONS_H
#define IMC_TRAP_OPTIONS_H

#include "core/command_line.h"

enum trap_mode { TRAP_HAND_OVER, TRAP_DRY_RUN, TRAP_HELP, TRAP_VERSION };

/* What imc-trap was asked for on its command line. */
struct trap_options {
	enum trap_mode mode;
	const char *config;
	const char *socket; /* NULL: the configuration's */
};

bool trap_options_parse(
	int argc, char **argv, struct trap_options *ret, struct failure *why);
/* For --help, and for the manual page. */
const struct command_line *trap_options_line(void);

#endif
