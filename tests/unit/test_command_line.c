/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>

#include "command_words.h"

enum { TOLD = 80 };

static const struct command_option options[] = {
	{'f', "file", "FILE", "a file"},
	{'o', "order", "WORD", "a word"},
	{'n', "nothing", NULL, "nothing at all"},
	{'F', "forward", NULL, "on and on"},
};

/* Writes down what it is told; "bad" is no word. */
static bool take(void *context, char letter, const char *value, struct failure *why)
{
	char *told = context;
	size_t length = strlen(told);
	if (value != NULL && strcmp(value, "bad") == 0)
		return fail(why, FAIL_USAGE, "must not be \"%s\"", value);
	snprintf(told + length, TOLD - length, "%c(%s)", letter,
		value != NULL ? value : "NULL");
	return true;
}

static const struct command_line line = {
	.program = "imc-test",
	.purpose = "tests",
	.synopsis = "[-n]",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.take = take,
};

static const struct row {
	const char *words[COMMAND_WORDS];
	const char *told;
	const char *refusal; /* NULL: it is right */
} rows[] = {
	{{"x"}, "", NULL},
	{{"x", "-n", "-f", "a"}, "n(NULL)f(a)", NULL},
	{{"x", "-nfa"}, "n(NULL)f(a)", NULL},
	{{"x", "--order=a", "--order", "b"}, "o(a)o(b)", NULL},
	{{"x", "--nothing", "--f=", "--"}, "", "there is no option --f= (see --help)"},
	{{"x", "--file=", "--"}, "f()", NULL},
	{{"x", "--noth"}, "n(NULL)", NULL},
	{{"x", "-f", "-n"}, "f(-n)", NULL},
	{{"x", "-o", "bad", "-n"}, "", "--order: must not be \"bad\""},
	{{"x", "-f"}, "", "-f, --file needs a value (see --help)"},
	{{"x", "-nf"}, "", "-f, --file needs a value (see --help)"},
	{{"x", "--file"}, "", "-f, --file needs a value (see --help)"},
	{{"x", "--nothing=a"}, "", "-n, --nothing takes no value (see --help)"},
	{{"x", "-x"}, "", "there is no option -x (see --help)"},
	{{"x", "-nxf"}, "", "there is no option -x (see --help)"},
	{{"x", "-:"}, "", "there is no option -: (see --help)"},
	{{"x", "-\033"}, "", "there is no option -\033 (see --help)"},
	{{"x", "--no-such"}, "", "there is no option --no-such (see --help)"},
	{{"x", "-n", "rest"}, "", "\"rest\" belongs to no option (see --help)"},
	{{"x", "--", "-n"}, "", "\"-n\" belongs to no option (see --help)"},
	{{"x", ""}, "", "\"\" belongs to no option (see --help)"},
};

static void options_are_told_in_order_or_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct command_words words = command_words(row->words);
		char told[TOLD] = "";
		struct failure why = {.text = ""};
		test_row("%zu: %s", i, words.count > 1 ? row->words[1] : "");
		bool is_right =
			command_line_parse(&line, words.count, words.words, told, &why);
		assert_string_equal(why.text, row->refusal != NULL ? row->refusal : "");
		assert_int_equal(is_right, row->refusal == NULL);
		if (is_right)
			assert_string_equal(told, row->told);
		else
			assert_int_equal(why.kind, FAIL_USAGE);
	}
	test_row("%s", "");
}

static void usage_is_made_of_the_table(void **state)
{
	assert_string_equal(command_line_usage(*state, &line),
		"imc-test " IMC_VERSION ": tests\n\nimc-test [-n]\n\n"
		"  -f, --file FILE   a file\n"
		"  -o, --order WORD  a word\n"
		"  -n, --nothing     nothing at all\n"
		"  -F, --forward     on and on\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(options_are_told_in_order_or_refused_in_words),
		sentence(usage_is_made_of_the_table),
	};
	return cmocka_run_group_tests_name("command_line", tests, NULL, NULL);
}
