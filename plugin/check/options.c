/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "core/memory.h"
#include "core/name.h"
#include "core/store.h"
#include "core/value.h"
#include "core/when.h"

#include "arguments.h"

enum {
	TIMEOUT_SECONDS = 10,
	TIMEOUT_MAX = 3600,
	OUTPUT_DEFAULT = 1000,
	OUTPUT_MIN = 200
};

static bool set_path(
	struct options *options, char **field, const char *value, struct failure *why)
{
	if (!value_text(value, PATH_MAX - 1, why))
		return false;
	*field = memory_copy(options, value);
	return true;
}

static bool set_at(struct options *options, const char *value, struct failure *why)
{
	return when_parse_time(value, &options->at, why);
}

static bool set_config(struct options *options, const char *value, struct failure *why)
{
	return set_path(options, &options->config, value, why);
}

static bool set_server(struct options *options, const char *value, struct failure *why)
{
	if (!value_server_name(value, why))
		return false;
	options->server = memory_copy(options, value);
	return true;
}

static bool set_state_dir(struct options *options, const char *value, struct failure *why)
{
	return set_path(options, &options->state_dir, value, why);
}

/* N[:STATE] */
static bool set_timeout(struct options *options, const char *value, struct failure *why)
{
	char seconds[16];
	size_t length = strcspn(value, ":");
	snprintf(seconds, sizeof(seconds), "%.*s", (int)(length > 15 ? 15 : length),
		value);
	unsigned number;
	if (!value_number(seconds, 1, TIMEOUT_MAX, &number, why))
		return false;
	if (value[length] == ':') {
		enum status status;
		if (!status_parse(value + length + 1, &status) || status == STATUS_OK)
			return fail(why, FAIL_USAGE,
				"the state after the seconds must be WARNING, CRITICAL "
				"or UNKNOWN, not \"%.40s\": a server that nothing was "
				"learned of is not OK",
				value + length + 1);
		options->timeout_status = status;
		options->has_timeout_status = true;
	}
	options->timeout_ms = (int64_t)number * 1000;
	return true;
}

static bool set_max_output(
	struct options *options, const char *value, struct failure *why)
{
	return value_number(value, OUTPUT_MIN, 1024 * 1024, &options->max_output, why);
}

static bool set_no_perfdata(
	struct options *options, const char *value, struct failure *why)
{
	(void)value;
	(void)why;
	options->has_perfdata = false;
	return true;
}

static bool set_verbose(struct options *options, const char *value, struct failure *why)
{
	(void)value;
	(void)why;
	if (options->verbosity < 3)
		options->verbosity++;
	return true;
}

static bool set_json(struct options *options, const char *value, struct failure *why)
{
	(void)value;
	(void)why;
	options->is_json = true;
	return true;
}

/* What is no check goes before a check, and what is said at once before what takes time.
 */
static bool set_list_services(
	struct options *options, const char *value, struct failure *why)
{
	(void)value;
	(void)why;
	options->mode = options->mode == MODE_CHECK ? MODE_LIST_SERVICES : options->mode;
	return true;
}

static bool set_explain(struct options *options, const char *value, struct failure *why)
{
	if (!value_number(value, 0, UINT32_MAX, &options->explain_id, why))
		return false;
	if (options->mode == MODE_CHECK || options->mode == MODE_LIST_SERVICES)
		options->mode = MODE_EXPLAIN;
	return true;
}

static bool set_version(struct options *options, const char *value, struct failure *why)
{
	(void)value;
	(void)why;
	options->mode = options->mode == MODE_HELP ? MODE_HELP : MODE_VERSION;
	return true;
}

static bool set_help(struct options *options, const char *value, struct failure *why)
{
	(void)value;
	(void)why;
	options->mode = MODE_HELP;
	return true;
}

/* In the order of check_imc(1). */
static const struct option_row rows[] = {
	{.heading = "The server"},
	{.letter = 'H', .name = "hostname"},
	{.letter = 'S', .name = "source"},
	{.letter = 'p', .name = "port"},
	{.letter = 'A', .name = "credentials"},
	{.name = "evt"},
	{.name = "system-evt"},
	{.name = "at",
		.argument = "TIME",
		.help = "the clock for ages (now)",
		.set = set_at},
	{.name = "config",
		.argument = "FILE",
		.help = "the configuration, imc-monitor.conf",
		.set = set_config},
	{.name = "server",
		.argument = "NAME",
		.help = "its section in the configuration",
		.set = set_server},
	{.name = "snmp-version"},
	{.name = "remote-server"},
	{.name = "service"},
	{.name = "display-name"},
	{.name = "list-services",
		.help = "print what the server lists, do no check",
		.set = set_list_services},
	{.name = "smb-protocol"},
	{.name = "smb-signing"},
	{.heading = "The rules"},
	{.name = "lookback"},
	{.name = "boot-window"},
	{.name = "pending"},
	{.name = "max-age"},
	{.name = "fixed-since"},
	{.letter = 'w', .name = "warning"},
	{.letter = 'c', .name = "critical"},
	{.name = "severity"},
	{.heading = "The run"},
	{.name = "state-dir",
		.argument = "DIR",
		.help = "remembers between runs",
		.set = set_state_dir},
	{.letter = 't',
		.name = "timeout",
		.argument = "N[:STATE]",
		.help = "seconds, state if nothing was learned (10:UNKNOWN)",
		.set = set_timeout},
	{.name = "max-output",
		.argument = "N",
		.help = "bytes in all (1000)",
		.set = set_max_output},
	{.name = "no-perfdata",
		.help = "leave performance data out",
		.set = set_no_perfdata},
	{.letter = 'v',
		.name = "verbose",
		.help = "more details, up to -vvv",
		.set = set_verbose},
	{.name = "json", .help = "print one JSON object", .set = set_json},
	{.name = "explain",
		.argument = "ID",
		.help = "what an event id means",
		.set = set_explain},
	{.name = "extra-opts",
		.argument = "[SECTION][@FILE]",
		.help = "options from monitoring-plugins.ini"},
	{.letter = 'V',
		.name = "version",
		.help = "print the version",
		.set = set_version},
	{.letter = 'h', .name = "help", .help = "print this help", .set = set_help},
};

const struct option_row *options_table(size_t *ret_count)
{
	*ret_count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const char *option_argument(const struct option_row *row)
{
	return row->help != NULL ? row->argument : target_setting(row->name)->argument;
}

const char *option_help(const struct option_row *row)
{
	return row->help != NULL ? row->help : target_setting(row->name)->help;
}

/* Applies the rows that are the options' own, or those that are the target's. */
static bool apply(struct options *options, const struct arguments *arguments,
	bool is_target, struct failure *why)
{
	for (size_t i = 0; i < arguments->count; i++) {
		const struct argument *argument = &arguments->list[i];
		const struct option_row *row = argument->row;
		if ((row->help == NULL) != is_target)
			continue;
		struct failure inner;
		bool is_good;
		if (is_target)
			is_good = target_setting(row->name)->set(
				options->target, argument->value, &inner);
		else
			is_good = row->set(options, argument->value, &inner);
		if (is_good)
			continue;
		/* What is in a file of --extra-opts is not shown (CVE-2014-4701). */
		if (argument->origin != NULL)
			return fail(why, FAIL_USAGE,
				"%s: the value of %s is not valid (it wants %s)",
				argument->origin, row->name, option_argument(row));
		return fail(why, FAIL_USAGE, "--%s: %s", row->name, inner.text);
	}
	return true;
}

/* The target to begin with: the server's section, [defaults], or the built-in values. */
static bool begin_target(struct options *options, struct failure *why)
{
	if (options->config == NULL && options->server == NULL) {
		options->target = target_new(options);
		return true;
	}
	const char *path = options->config != NULL ? options->config : CONFIG_PATH;
	return config_read_target(options, path, options->server, &options->target, why);
}

static bool finish_target(struct options *options, struct failure *why)
{
	struct target *target = options->target;
	if (target->address == NULL && target->evt == NULL && target->server == NULL)
		return fail(why, FAIL_USAGE,
			"no server: give -H HOST with -A FILE, or --evt FILE, or "
			"--server NAME (see check_imc --help)");
	if (target->server == NULL && target->address != NULL)
		target->server = memory_copy(target, name_of_server(target));
	if (target->server == NULL && options->state_dir != NULL)
		return fail(why, FAIL_USAGE,
			"--state-dir needs the name of the server whose logs these "
			"are: give -H NAME");
	/* A list is how the names are found. */
	return target_finish(target, why) &&
		(options->mode == MODE_LIST_SERVICES || target_has_names(target, why));
}

static bool fill(struct options *options, int argc, const char *const *argv,
	options_env *env, struct failure *why)
{
	struct arguments *arguments;
	if (!arguments_read(options, argc, argv, env, &arguments, why) ||
		!apply(options, arguments, false, why))
		return false;
	if (options->mode != MODE_CHECK && options->mode != MODE_LIST_SERVICES)
		return true;
	if (!begin_target(options, why) || !apply(options, arguments, true, why) ||
		!finish_target(options, why) ||
		!arguments_suit(arguments, options->target->source, why))
		return false;
	const char *directory = store_directory(options->state_dir, env);
	if (directory != NULL && options->state_dir == NULL)
		options->state_dir = memory_copy(options, directory);
	return true;
}

bool options_parse(void *parent, int argc, const char *const *argv, options_env *env,
	struct options **ret, struct failure *why)
{
	struct options *options = memory_new(parent, struct options);
	options->at = NO_TIME;
	options->timeout_ms = TIMEOUT_SECONDS * 1000;
	options->timeout_status = STATUS_UNKNOWN;
	options->max_output = OUTPUT_DEFAULT;
	options->has_perfdata = true;
	if (!fill(options, argc, argv, env, why)) {
		talloc_free(options);
		return false;
	}
	*ret = options;
	return true;
}
