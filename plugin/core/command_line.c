/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command_line.h"

#include <getopt.h>
#include <string.h>

#include "memory.h"

/* What getopt_long() wants to know of the table. */
struct spelling {
	struct option names[COMMAND_LINE_OPTIONS + 1];
	char letters[2 * COMMAND_LINE_OPTIONS + 2];
};

/* The colon in front keeps getopt_long() from printing. */
static void spell(const struct command_line *line, struct spelling *ret)
{
	char *at = ret->letters;
	*ret = (struct spelling){.letters = ""};
	*at++ = ':';
	for (size_t i = 0; i < line->count && i < COMMAND_LINE_OPTIONS; i++) {
		const struct command_option *option = &line->options[i];
		bool has_argument = option->argument != NULL;
		ret->names[i] =
			(struct option){option->name, has_argument, NULL, option->letter};
		*at++ = option->letter;
		if (has_argument)
			*at++ = ':';
	}
}

static const struct command_option *find(const struct command_line *line, int letter)
{
	for (size_t i = 0; i < line->count; i++)
		if (line->options[i].letter == letter)
			return &line->options[i];
	return NULL;
}

/* `word` is the one that getopt_long() stopped at. */
static bool refuse(const struct command_line *line, int answer, const char *word,
	struct failure *why)
{
	const struct command_option *option = find(line, optopt);
	if (answer == ':' && option != NULL)
		return fail(why, FAIL_USAGE, "-%c, --%s needs a value (see --help)",
			option->letter, option->name);
	if (option != NULL)
		return fail(why, FAIL_USAGE, "-%c, --%s takes no value (see --help)",
			option->letter, option->name);
	if (optopt > ' ' && optopt < 0x7F)
		return fail(
			why, FAIL_USAGE, "there is no option -%c (see --help)", optopt);
	return fail(why, FAIL_USAGE, "there is no option %.60s (see --help)", word);
}

static bool take(
	const struct command_line *line, int letter, void *options, struct failure *why)
{
	const struct command_option *option = find(line, letter);
	struct failure inner;
	if (option == NULL || line->take(options, option->letter, optarg, &inner))
		return true;
	return fail(why, inner.kind, "--%s: %s", option->name, inner.text);
}

bool command_line_parse(const struct command_line *line, int argc, char **argv,
	void *options, struct failure *why)
{
	struct spelling spelling;
	int letter;
	spell(line, &spelling);
	/* Begin anew: it keeps where it is in variables of its own. */
	optind = 0;
	while ((letter = getopt_long(
			argc, argv, spelling.letters, spelling.names, NULL)) != -1) {
		if (letter == ':' || letter == '?')
			return refuse(line, letter, argv[optind - 1], why);
		if (!take(line, letter, options, why))
			return false;
	}
	if (optind < argc)
		return fail(why, FAIL_USAGE,
			"\"%.60s\" belongs to no option (see --help)", argv[optind]);
	return true;
}

/* "-t, --timeout DURATION" */
static char *spell_option(void *parent, const struct command_option *option)
{
	bool has_argument = option->argument != NULL;
	return memory_format(parent, "-%c, --%s%s%s", option->letter, option->name,
		has_argument ? " " : "", has_argument ? option->argument : "");
}

char *command_line_usage(void *parent, const struct command_line *line)
{
	char *text = memory_format(parent, "%s " IMC_VERSION ": %s\n\n%s %s\n\n",
		line->program, line->purpose, line->program, line->synopsis);
	int width = 0;
	for (size_t i = 0; i < line->count; i++) {
		int length = (int)strlen(spell_option(text, &line->options[i]));
		width = length > width ? length : width;
	}
	for (size_t i = 0; i < line->count; i++) {
		const struct command_option *option = &line->options[i];
		char *longer = memory_format(parent, "%s  %-*s  %s\n", text, width,
			spell_option(text, option), option->help);
		talloc_free(text);
		text = longer;
	}
	return text;
}
