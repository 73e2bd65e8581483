/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <limits.h>

#include "core/config.h"
#include "core/value.h"

static const struct command_option options[] = {
	{'c', "config", "FILE", "the configuration (" CONFIG_PATH ")"},
	{'f', "foreground", NULL, "stay in the foreground, and log to stderr"},
	{'n', "check", NULL, "check the configuration, and end"},
	{'h', "help", NULL, "show this, and end"},
	{'V', "version", NULL, "show the version, and end"},
};

static bool take(void *context, char letter, const char *value, struct failure *why)
{
	struct agent_options *ret = context;
	switch (letter) {
	case 'c':
		ret->config = value;
		return value_text(value, PATH_MAX - 1, why);
	case 'f':
		ret->is_foreground = true;
		break;
	case 'n':
		ret->mode = AGENT_CHECK;
		break;
	case 'h':
		ret->mode = AGENT_HELP;
		break;
	case 'V':
		ret->mode = AGENT_VERSION;
		break;
	}
	return true;
}

static const struct command_line line = {
	.program = "imc-agentd",
	.purpose = "SNMP subagent that watches Exchange's Internet Mail Service",
	.synopsis = "[-f] [-n] [-c FILE]",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.take = take,
};

const struct command_line *agent_options_line(void)
{
	return &line;
}

bool agent_options_parse(
	int argc, char **argv, struct agent_options *ret, struct failure *why)
{
	*ret = (struct agent_options){.config = CONFIG_PATH};
	return command_line_parse(&line, argc, argv, ret, why);
}
