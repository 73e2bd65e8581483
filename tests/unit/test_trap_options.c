/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command_words.h"
#include "core/hint.h"
#include "trap/options.h"
#include "trap/settings.h"

static const struct row {
	const char *words[COMMAND_WORDS];
	enum trap_mode mode;
	const char *config, *socket; /* NULL: as it is without the option */
	const char *refusal;         /* NULL: it is right */
} rows[] = {
	{{"imc-trap"}, TRAP_HAND_OVER, NULL, NULL, NULL},
	{{"imc-trap", "-n", "-c", "/x", "-s", "/y"}, TRAP_DRY_RUN, "/x", "/y", NULL},
	{{"imc-trap", "--dry-run", "--config=x"}, TRAP_DRY_RUN, "x", NULL, NULL},
	{{"imc-trap", "--socket", "/run/y"}, TRAP_HAND_OVER, NULL, "/run/y", NULL},
	{{"imc-trap", "-V"}, TRAP_VERSION, NULL, NULL, NULL},
	{{"imc-trap", "--help"}, TRAP_HELP, NULL, NULL, NULL},
	{{"imc-trap", "-s"}, 0, NULL, NULL, "-s, --socket needs a value (see --help)"},
	{{"imc-trap", "-s", "y"}, 0, NULL, NULL,
		"--socket: must be an absolute path, not \"y\""},
	{{"imc-trap", "-c", ""}, 0, NULL, NULL, "--config: must not be empty"},
	{{"imc-trap", "-c", "a\tb"}, 0, NULL, NULL,
		"--config: must not hold control characters"},
	{{"imc-trap", "default"}, 0, NULL, NULL,
		"\"default\" belongs to no option (see --help)"},
};

static void options_are_read_or_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct command_words line = command_words(row->words);
		struct trap_options options;
		struct failure why = {.text = ""};
		test_row("%s %s", row->words[0], row->words[1]);
		bool is_right =
			trap_options_parse(line.count, line.words, &options, &why);
		assert_int_equal(is_right, row->refusal == NULL);
		if (!is_right) {
			assert_string_equal(why.text, row->refusal);
			continue;
		}
		assert_int_equal(options.mode, row->mode);
		assert_string_equal(options.config,
			row->config != NULL ? row->config
					    : IMC_SYSCONFDIR
				"/imc-monitor/imc-monitor.conf");
		if (row->socket != NULL)
			assert_string_equal(options.socket, row->socket);
		else
			assert_null(options.socket);
	}
	test_row("%s", "");
}

static void help_names_every_option(void **state)
{
	static const char *const names[] = {"--config FILE", "--socket PATH", "--dry-run",
		"--help", "--version", NULL};
	command_help_names(*state, trap_options_line(), names);
}

/* A configuration of that text, which is gone afterwards. */
static bool read_settings(
	void *parent, const char *text, struct agent_settings **ret, struct failure *why)
{
	char path[] = "/tmp/imc-trap-XXXXXX";
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
	bool is_read = trap_settings_read(parent, path, ret, why);
	unlink(path);
	return is_read;
}

static const struct configuration {
	const char *text, *socket, *bases; /* bases NULL: none */
} configurations[] = {
	{"", HINT_SOCKET, NULL},
	{"[agent]\nworkers = 2\n", HINT_SOCKET, NULL},
	{"[agent]\ntrap_socket = /x\ntrap_bases = 1.3.6,1.3.7\n", "/x", "1.3.6,1.3.7"},
	{"[server EXCH01]\nnonsense = 1\ntrap_socket = /y\n[agent]\ntrap_socket = /x\n",
		"/x", NULL},
	{"\xEF\xBB\xBF[agent]\ntrap_socket = /x\n", "/x", NULL},
	{"nonsense\n [agent]\ntrap_socket = /y\n", HINT_SOCKET, NULL},
	{"#\n[agent]\r\ntrap_socket = /x\r\n[server A]\nnonsense\n", "/x", NULL},
	{"[agent]", HINT_SOCKET, NULL},
	{"[agent]\nworkers = many\ntrap_strange = 1\ntrap_bases = 1.3\n", HINT_SOCKET,
		"1.3"},
};

static void the_configuration_is_read_as_far_as_it_matters(void **state)
{
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		const struct configuration *row = &configurations[i];
		struct agent_settings *settings;
		struct failure why;
		test_row("%s", row->text);
		if (!read_settings(*state, row->text, &settings, &why))
			fail_msg("%s", why.text);
		assert_string_equal(settings->trap_socket, row->socket);
		if (row->bases != NULL)
			assert_string_equal(settings->trap_bases, row->bases);
		else
			assert_null(settings->trap_bases);
	}
	test_row("%s", "");
}

static const struct mistake {
	const char *text, *says;
} mistakes[] = {
	{"[agent]\ntrap_socket = x\n", ":2: trap_socket: must be an absolute path"},
	{"[agent]\ntrap_bases = enterprises.1\n", ":2: trap_bases: must be numeric OIDs"},
	{"[agent]\nnonsense\n", ":2: the line must be KEY = VALUE"},
	{"[defaults]\n\n[agent]\n#\ntrap_socket = x\n[server A]\n",
		":5: trap_socket: must be an absolute path"},
};

static void mistakes_are_told_with_their_line(void **state)
{
	struct agent_settings *settings;
	struct failure why;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		test_row("%s", mistakes[i].text);
		assert_false(read_settings(*state, mistakes[i].text, &settings, &why));
		if (strstr(why.text, mistakes[i].says) == NULL)
			fail_msg("%s", why.text);
	}
	test_row("%s", "");
	assert_false(trap_settings_read(*state, "/nowhere/at/all", &settings, &why));
	assert_non_null(strstr(why.text, "/nowhere/at/all"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(options_are_read_or_refused_in_words),
		sentence(help_names_every_option),
		sentence(the_configuration_is_read_as_far_as_it_matters),
		sentence(mistakes_are_told_with_their_line),
	};
	return cmocka_run_group_tests_name("trap_options", tests, NULL, NULL);
}
