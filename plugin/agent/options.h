/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_OPTIONS_H
#define IMC_AGENT_OPTIONS_H

#include <stdbool.h>

#include "core/failure.h"

enum agent_mode { AGENT_RUN, AGENT_CHECK, AGENT_HELP, AGENT_VERSION };

/* What imc-agentd was asked for on its command line. */
struct agent_options {
	enum agent_mode mode;
	bool is_foreground;
	const char *config;
};

bool agent_options_parse(
	int argc, char **argv, struct agent_options *ret, struct failure *why);
/* For --help; belongs to `parent`. */
char *agent_options_usage(void *parent);

#endif
