/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <limits.h>

#include "core/config.h"
#include "core/value.h"

static const struct command_option options[] = {
	{'c', "config", "FILE", "the configuration (" CONFIG_PATH ")"},
	{'s', "socket", "PATH", "imc-agentd's socket, instead of trap_socket"},
	{'n', "dry-run", NULL, "say what the trap is, and hand over nothing"},
	{'h', "help", NULL, "show this, and end"},
	{'V', "version", NULL, "show the version, and end"},
};

static bool take(void *context, char letter, const char *value, struct failure *why)
{
	struct trap_options *ret = context;
	switch (letter) {
	case 'c':
		ret->config = value;
		return value_text(value, PATH_MAX - 1, why);
	case 's':
		if (value[0] != '/')
			return fail(why, FAIL_USAGE,
				"must be an absolute path, not \"%.60s\"", value);
		ret->socket = value;
		break;
	case 'n':
		ret->mode = TRAP_DRY_RUN;
		break;
	case 'h':
		ret->mode = TRAP_HELP;
		break;
	case 'V':
		ret->mode = TRAP_VERSION;
		break;
	}
	return true;
}

static const struct command_line line = {
	.program = "imc-trap",
	.purpose = "gives traps of Exchange's Internet Mail Service to imc-agentd",
	.synopsis = "[-n] [-c FILE] [-s PATH], as a traphandle of snmptrapd",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.take = take,
};

const struct command_line *trap_options_line(void)
{
	return &line;
}

bool trap_options_parse(
	int argc, char **argv, struct trap_options *ret, struct failure *why)
{
	*ret = (struct trap_options){.config = CONFIG_PATH};
	return command_line_parse(&line, argc, argv, ret, why);
}
