/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <getopt.h>
#include <stddef.h>

#include "core/memory.h"

struct agent_option {
	char letter;
	const char *name, *argument, *help;
};

static const struct agent_option options[] = {
	{'c', "config", "FILE",
		"the configuration (" IMC_SYSCONFDIR "/imc-monitor/imc-monitor.conf)"},
	{'f', "foreground", NULL, "stay in the foreground, and log to stderr"},
	{'n', "check", NULL, "check the configuration, and end"},
	{'h', "help", NULL, "show this, and end"},
	{'V', "version", NULL, "show the version, and end"},
};

enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

static void take(struct agent_options *ret, int letter)
{
	switch (letter) {
	case 'c':
		ret->config = optarg;
		return;
	case 'f':
		ret->is_foreground = true;
		return;
	case 'n':
		ret->mode = AGENT_CHECK;
		return;
	case 'h':
		ret->mode = AGENT_HELP;
		return;
	case 'V':
		ret->mode = AGENT_VERSION;
		return;
	}
}

bool agent_options_parse(
	int argc, char **argv, struct agent_options *ret, struct failure *why)
{
	struct option names[OPTIONS + 1] = {0};
	char letters[2 * OPTIONS + 2] = ":", *at = letters + 1;
	for (size_t i = 0; i < OPTIONS; i++) {
		bool has_argument = options[i].argument != NULL;
		names[i] = (struct option){
			options[i].name, has_argument, NULL, options[i].letter};
		*at++ = options[i].letter;
		if (has_argument)
			*at++ = ':';
	}
	*ret = (struct agent_options){
		.config = IMC_SYSCONFDIR "/imc-monitor/imc-monitor.conf"};
	int letter;
	while ((letter = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (letter == ':')
			return fail(why, FAIL_USAGE, "%s needs a value (see --help)",
				argv[optind - 1]);
		if (letter == '?' && optopt != 0)
			return fail(why, FAIL_USAGE,
				"there is no option -%c (see --help)", optopt);
		if (letter == '?')
			return fail(why, FAIL_USAGE, "there is no option %s (see --help)",
				argv[optind - 1]);
		take(ret, letter);
	}
	if (optind < argc)
		return fail(why, FAIL_USAGE,
			"\"%.60s\" belongs to no option (see --help)", argv[optind]);
	return true;
}

char *agent_options_usage(void *parent)
{
	char *text = memory_copy(parent,
		"imc-agentd " IMC_VERSION
		": Exchange's Internet Mail Service, for SNMP managers, by snmpd\n\n"
		"imc-agentd [-f] [-n] [-c FILE]\n\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct agent_option *option = &options[i];
		char *name = memory_format(text, "-%c, --%s%s%s", option->letter,
			option->name, option->argument != NULL ? " " : "",
			option->argument != NULL ? option->argument : "");
		char *longer =
			memory_format(parent, "%s  %-20s %s\n", text, name, option->help);
		talloc_free(text);
		text = longer;
	}
	return text;
}
