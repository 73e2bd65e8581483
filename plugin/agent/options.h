/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_OPTIONS_H
#define IMC_AGENT_OPTIONS_H

#include "core/command_line.h"

enum agent_mode { AGENT_RUN, AGENT_CHECK, AGENT_HELP, AGENT_VERSION };

/* What imc-agentd was asked for on its command line. */
struct agent_options {
	enum agent_mode mode;
	bool is_foreground;
	const char *config;
};

bool agent_options_parse(
	int argc, char **argv, struct agent_options *ret, struct failure *why);
/* For --help, and for the manual page. */
const struct command_line *agent_options_line(void);

#endif
