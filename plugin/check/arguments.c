/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arguments.h"

#include <string.h>

#include "core/memory.h"
#include "core/value.h"

#include "extra_opts.h"

/* What others take on the command line, where every user of the machine can read it. */
static const char *const secrets[] = {"password", "pass", "passwd", "username", "user",
	"domain", "authentication-file"};
static const char secret_letters[] = "PUua";

struct reading {
	int argc;
	const char *const *argv;
	int next;
	options_env *env;
	struct arguments *arguments;
	struct arguments extra;
};

static void add(struct arguments *arguments, void *owner, struct argument argument)
{
	arguments->list = memory_resize(
		owner, arguments->list, struct argument, arguments->count + 1);
	arguments->list[arguments->count++] = argument;
}

static const struct option_row *find_letter(char letter)
{
	size_t count;
	const struct option_row *rows = options_table(&count);
	for (size_t i = 0; i < count; i++)
		if (rows[i].heading == NULL && rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static bool is_optional(const struct option_row *row)
{
	const char *argument = option_argument(row);
	return argument != NULL && argument[0] == '[';
}

static bool refuse_secret(
	const char *dashes, const char *name, int length, struct failure *why)
{
	return fail(why, FAIL_USAGE,
		"there is no %s%.*s, as every user can see a command line: put username, "
		"password and domain into a file and name it with -A FILE",
		dashes, length, name);
}

static bool unknown_name(const char *name, size_t length, struct failure *why)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (strlen(secrets[i]) == length &&
			strncmp(secrets[i], name, length) == 0)
			return refuse_secret("--", name, (int)length, why);
	char *wanted = memory_copy_bytes(NULL, name, length);
	struct nearest nearest = nearest_to(wanted);
	size_t count;
	const struct option_row *rows = options_table(&count);
	for (size_t i = 0; i < count; i++)
		if (rows[i].heading == NULL)
			nearest_offer(&nearest, rows[i].name);
	if (nearest.best == NULL)
		fail(why, FAIL_USAGE, "unknown option --%.60s (see check_imc --help)",
			wanted);
	else
		fail(why, FAIL_USAGE, "unknown option --%.60s: did you mean --%s?",
			wanted, nearest.best);
	talloc_free(wanted);
	return false;
}

/* By the whole name, or by a beginning that only one name has. */
static bool find_name(const char *name, size_t length, const struct option_row **ret,
	struct failure *why)
{
	size_t count;
	const struct option_row *rows = options_table(&count);
	const struct option_row *first = NULL, *second = NULL;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].heading != NULL || strncmp(rows[i].name, name, length) != 0)
			continue;
		if (rows[i].name[length] == '\0') {
			*ret = &rows[i];
			return true;
		}
		second = first;
		first = &rows[i];
		if (second != NULL)
			break;
	}
	if (first == NULL || length == 0)
		return unknown_name(name, length, why);
	if (second != NULL)
		return fail(why, FAIL_USAGE, "--%.*s is ambiguous: --%s or --%s?",
			(int)length, name, second->name, first->name);
	*ret = first;
	return true;
}

/* The next of argv as the option's value. */
static bool take_next(struct reading *reading, const struct option_row *row,
	const char **ret, struct failure *why)
{
	if (reading->next == reading->argc)
		return fail(why, FAIL_USAGE, "--%s needs a value: %s", row->name,
			option_argument(row));
	*ret = reading->argv[reading->next++];
	return true;
}

/* An option of a file; there, too, a key of one letter is a short option. */
static bool add_extra(
	struct reading *reading, const struct extra_opt *opt, struct failure *why)
{
	const struct option_row *row = NULL;
	bool is_known = opt->key[0] != '\0';
	if (is_known && opt->key[1] == '\0')
		is_known = (row = find_letter(opt->key[0])) != NULL;
	else if (is_known)
		is_known = find_name(opt->key, strlen(opt->key), &row, NULL);
	if (!is_known)
		return fail(why, FAIL_USAGE, "%s: the key is no option of check_imc",
			opt->origin);
	if (is_optional(row))
		return fail(why, FAIL_USAGE, "%s: %s cannot stand in such a file",
			opt->origin, row->name);
	bool takes_value = option_argument(row) != NULL;
	if (takes_value && opt->value == NULL)
		return fail(why, FAIL_USAGE, "%s: %s needs a value: %s", opt->origin,
			row->name, option_argument(row));
	if (!takes_value && opt->value != NULL)
		return fail(why, FAIL_USAGE, "%s: %s takes no value: write \"%s =\"",
			opt->origin, row->name, row->name);
	add(&reading->extra, reading->arguments,
		(struct argument){row, opt->value, opt->origin});
	return true;
}

static bool add_extras(struct reading *reading, const char *locator, struct failure *why)
{
	/* As theirs: the value may also stand alone, where it does not look like an
	 * option. */
	if (locator == NULL && reading->next < reading->argc &&
		reading->argv[reading->next][0] != '-')
		locator = reading->argv[reading->next++];
	struct extra_opt *opts;
	size_t count;
	if (!extra_opts_read(
		    reading->arguments, locator, reading->env, &opts, &count, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_extra(reading, &opts[i], why))
			return false;
	return true;
}

/* --name, --name=VALUE, --name VALUE */
static bool take_long(struct reading *reading, const char *text, struct failure *why)
{
	size_t length = strcspn(text, "=");
	const char *value = text[length] == '=' ? text + length + 1 : NULL;
	const struct option_row *row;
	if (!find_name(text, length, &row, why))
		return false;
	if (is_optional(row))
		return add_extras(reading, value, why);
	if (option_argument(row) == NULL && value != NULL)
		return fail(why, FAIL_USAGE, "--%s takes no value", row->name);
	if (option_argument(row) != NULL && value == NULL &&
		!take_next(reading, row, &value, why))
		return false;
	add(reading->arguments, reading->arguments, (struct argument){row, value, NULL});
	return true;
}

/* -x, -xyz, -xVALUE, -x VALUE */
static bool take_short(struct reading *reading, const char *letters, struct failure *why)
{
	for (const char *at = letters; *at != '\0'; at++) {
		const struct option_row *row = find_letter(*at);
		if (row == NULL && strchr(secret_letters, *at) != NULL)
			return refuse_secret("-", at, 1, why);
		if (row == NULL && (*at <= ' ' || *at > '~'))
			return fail(
				why, FAIL_USAGE, "unknown option (see check_imc --help)");
		if (row == NULL)
			return fail(why, FAIL_USAGE,
				"unknown option -%c (see check_imc --help)", *at);
		const char *value = NULL;
		bool takes_value = option_argument(row) != NULL;
		if (takes_value && at[1] != '\0')
			value = at + 1;
		else if (takes_value && !take_next(reading, row, &value, why))
			return false;
		add(reading->arguments, reading->arguments,
			(struct argument){row, value, NULL});
		if (takes_value)
			break;
	}
	return true;
}

static bool take_argument(struct reading *reading, struct failure *why)
{
	const char *text = reading->argv[reading->next++];
	bool is_end = strcmp(text, "--") == 0;
	if (is_end && reading->next == reading->argc)
		return true;
	if (is_end)
		text = reading->argv[reading->next];
	if (is_end || text[0] != '-' || text[1] == '\0')
		return fail(why, FAIL_USAGE,
			"check_imc takes no arguments without an option: \"%.60s\"",
			text);
	if (text[1] == '-')
		return take_long(reading, text + 2, why);
	return take_short(reading, text + 1, why);
}

bool arguments_read(void *parent, int argc, const char *const *argv, options_env *env,
	struct arguments **ret, struct failure *why)
{
	struct arguments *arguments = memory_new(parent, struct arguments);
	struct reading reading = {.argc = argc,
		.argv = argv,
		.next = 1,
		.env = env,
		.arguments = arguments};
	while (reading.next < argc) {
		if (!take_argument(&reading, why)) {
			talloc_free(arguments);
			return false;
		}
	}
	for (size_t i = 0; i < arguments->count; i++)
		add(&reading.extra, arguments, arguments->list[i]);
	talloc_free(arguments->list);
	arguments->list = reading.extra.list;
	arguments->count = reading.extra.count;
	*ret = arguments;
	return true;
}

/* What promises an alert that this source can never give. */
static const struct idle_option {
	const char *source, *name, *says;
} idle_options[] = {
	{"agent", "max-age",
		"source agent calls a verdict stale after three of the far imc-agentd's "
		"intervals: set interval there"},
	{"agent", "warning",
		"source agent takes the far imc-agentd's verdict as it is: set warning "
		"there"},
	{"agent", "critical",
		"source agent takes the far imc-agentd's verdict as it is: set critical "
		"there"},
	{"snmp", "warning",
		"source snmp reads no events that it could count: leave this out, or ask "
		"with -S rpc"},
	{"snmp", "critical",
		"source snmp reads no events that it could count: leave this out, or ask "
		"with -S rpc"},
};

static const struct idle_option *find_idle(const char *source, const char *name)
{
	for (size_t i = 0; i < sizeof(idle_options) / sizeof(idle_options[0]); i++) {
		if (strcmp(idle_options[i].source, source) == 0 &&
			strcmp(idle_options[i].name, name) == 0)
			return &idle_options[i];
	}
	return NULL;
}

bool arguments_suit(
	const struct arguments *arguments, const char *source, struct failure *why)
{
	for (size_t i = 0; i < arguments->count; i++) {
		const struct argument *argument = &arguments->list[i];
		const struct idle_option *idle = find_idle(source, argument->row->name);
		if (idle != NULL && argument->origin == NULL)
			return fail(why, FAIL_USAGE, "--%s: %s", idle->name, idle->says);
	}
	return true;
}
