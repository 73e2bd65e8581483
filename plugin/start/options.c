/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <limits.h>

#include "core/config.h"
#include "core/value.h"
#include "core/when.h"

enum { TIMEOUT = 2 * WHEN_MINUTE, TIMEOUT_MIN = 5, ATTEMPT_MAX = 1000000 };

static const struct command_option options[] = {
	{'s', "server", "NAME", "the server, as the configuration names it"},
	{'c', "config", "FILE", "instead of " CONFIG_PATH},
	{'d', "state-dir", "DIR", "where attempts are kept (" IMC_STATEDIR ")"},
	{'t', "timeout", "DURATION", "for all of it, waiting included (2m)"},
	{'m', "even-manual", NULL, "also where a start by hand failed"},
	{'n', "dry-run", NULL, "say what would be done, and start nothing"},
	{'S', "service-state", "STATE", "as an event handler: $SERVICESTATE$"},
	{'T', "state-type", "TYPE", "as an event handler: $SERVICESTATETYPE$"},
	{'a', "attempt", "NUMBER", "as an event handler: $SERVICEATTEMPT$"},
	{'h', "help", NULL, "show this, and end"},
	{'V', "version", NULL, "show the version, and end"},
};

static bool take_state(const char *value, struct handler_call *call, struct failure *why)
{
	static const char *const states[STATUSES] = {
		[STATUS_OK] = "OK",
		[STATUS_WARNING] = "WARNING",
		[STATUS_CRITICAL] = "CRITICAL",
		[STATUS_UNKNOWN] = "UNKNOWN",
	};
	size_t index;
	call->has_state = value_choice(value, states, STATUSES, &index, why);
	if (call->has_state)
		call->state = (enum status)index;
	return call->has_state;
}

static bool take_type(const char *value, struct handler_call *call, struct failure *why)
{
	static const char *const types[] = {"SOFT", "HARD"};
	size_t index;
	call->has_type = value_choice(value, types, 2, &index, why);
	call->is_hard = call->has_type && index == 1;
	return call->has_type;
}

static bool take(void *context, char letter, const char *value, struct failure *why)
{
	struct start_options *ret = context;
	switch (letter) {
	case 's':
		ret->server = value;
		return value_server_name(value, why);
	case 'c':
		ret->config = value;
		return value_text(value, PATH_MAX - 1, why);
	case 'd':
		ret->state_dir = value;
		return value_text(value, PATH_MAX - 1, why);
	case 't':
		return value_duration(value, TIMEOUT_MIN, WHEN_HOUR, &ret->timeout, why);
	case 'm':
		ret->allows_manual = true;
		break;
	case 'n':
		ret->mode = MODE_DRY_RUN;
		break;
	case 'S':
		return take_state(value, &ret->call, why);
	case 'T':
		return take_type(value, &ret->call, why);
	case 'a':
		return value_number(value, 1, ATTEMPT_MAX, &ret->call.attempt, why);
	case 'h':
		ret->mode = MODE_SHOW_HELP;
		break;
	case 'V':
		ret->mode = MODE_SHOW_VERSION;
		break;
	}
	return true;
}

static const struct command_line line = {
	.program = "imc-start",
	.purpose = "starts the Internet Mail Service once, after event 4071",
	.synopsis = "-s NAME [-mn] [-c FILE] [-d DIR] [-t DURATION]\n"
		    "          [-S STATE -T TYPE [-a NUMBER]]",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.take = take,
};

const struct command_line *start_options_line(void)
{
	return &line;
}

bool start_options_parse(
	int argc, char **argv, struct start_options *ret, struct failure *why)
{
	*ret = (struct start_options){.config = CONFIG_PATH, .timeout = TIMEOUT};
	if (!command_line_parse(&line, argc, argv, ret, why))
		return false;
	if (ret->mode == MODE_SHOW_HELP || ret->mode == MODE_SHOW_VERSION)
		return true;
	if (ret->server == NULL)
		return fail(why, FAIL_USAGE,
			"--server NAME is missing: whose service is to be started?");
	if (ret->call.has_state != ret->call.has_type ||
		(ret->call.attempt != 0 && !ret->call.has_state))
		return fail(why, FAIL_USAGE,
			"an event handler gives both --service-state and --state-type; "
			"by hand, leave out both and --attempt");
	return true;
}
