/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/options.h"
#include "command_words.h"

static const struct row {
	const char *words[COMMAND_WORDS];
	enum agent_mode mode;
	bool is_foreground;
	const char *config;
	const char *refusal; /* NULL: it is right */
} rows[] = {
	{{"imc-agentd"}, AGENT_RUN, false, "/etc/imc-monitor/imc-monitor.conf", NULL},
	{{"imc-agentd", "-f"}, AGENT_RUN, true, "/etc/imc-monitor/imc-monitor.conf",
		NULL},
	{{"imc-agentd", "-n", "-c", "/x"}, AGENT_CHECK, false, "/x", NULL},
	{{"imc-agentd", "--foreground", "--config=/y"}, AGENT_RUN, true, "/y", NULL},
	{{"imc-agentd", "--version"}, AGENT_VERSION, false, NULL, NULL},
	{{"imc-agentd", "-h"}, AGENT_HELP, false, NULL, NULL},
	{{"imc-agentd", "-c"}, 0, false, NULL, "-c, --config needs a value (see --help)"},
	{{"imc-agentd", "-c", ""}, 0, false, NULL, "--config: must not be empty"},
	{{"imc-agentd", "-c", "a\tb"}, 0, false, NULL,
		"--config: must not hold control characters"},
	{{"imc-agentd", "start"}, 0, false, NULL,
		"\"start\" belongs to no option (see --help)"},
};

static void options_are_read_or_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct command_words line = command_words(row->words);
		struct agent_options options;
		struct failure why = {.text = ""};
		test_row("%s %s", row->words[0], row->words[1]);
		bool is_right =
			agent_options_parse(line.count, line.words, &options, &why);
		assert_int_equal(is_right, row->refusal == NULL);
		if (!is_right) {
			assert_string_equal(why.text, row->refusal);
			continue;
		}
		assert_int_equal(options.mode, row->mode);
		assert_int_equal(options.is_foreground, row->is_foreground);
		if (row->config != NULL)
			assert_string_equal(options.config, row->config);
	}
}

static void help_names_every_option(void **state)
{
	static const char *const names[] = {
		"--config FILE", "--foreground", "--check", "--help", "--version", NULL};
	command_help_names(*state, agent_options_line(), names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(options_are_read_or_refused_in_words),
		sentence(help_names_every_option),
	};
	return cmocka_run_group_tests_name("agent_options", tests, NULL, NULL);
}
