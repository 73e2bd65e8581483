/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "command_words.h"
#include "core/config.h"
#include "start/options.h"

/* What is not said of a right row is as it is without an option. */
static const struct row {
	const char *words[COMMAND_WORDS];
	struct start_options is;
} rows[] = {
	{{"-s", "EXCH01"}, {.server = "EXCH01"}},
	{{"--server=a.b_c-9"}, {.server = "a.b_c-9"}},
	{{"-s", "A", "-s", "B"}, {.server = "B"}},
	{{"-s", "A", "-c", "/x"}, {.server = "A", .config = "/x"}},
	{{"-s", "A", "--config", "x"}, {.server = "A", .config = "x"}},
	{{"-s", "A", "-d", "/y"}, {.server = "A", .state_dir = "/y"}},
	{{"-s", "A", "--state-dir=y"}, {.server = "A", .state_dir = "y"}},
	{{"-s", "A", "-t", "15"}, {.server = "A", .timeout = 15}},
	{{"-s", "A", "--timeout", "90s"}, {.server = "A", .timeout = 90}},
	{{"-s", "A", "-t4m"}, {.server = "A", .timeout = 240}},
	{{"-s", "A", "-t", "1h"}, {.server = "A", .timeout = 3600}},
	{{"-s", "A", "-m"}, {.server = "A", .allows_manual = true}},
	{{"-s", "A", "--even-manual"}, {.server = "A", .allows_manual = true}},
	{{"-s", "A", "-n"}, {.server = "A", .mode = MODE_DRY_RUN}},
	{{"-mns", "A"}, {.server = "A", .mode = MODE_DRY_RUN, .allows_manual = true}},
	{{"-s", "A", "-S", "OK", "-T", "SOFT"}, {.server = "A", .call = {true, true}}},
	{{"-s", "A", "-T", "HARD", "-S", "CRITICAL", "-a", "3"},
		{.server = "A", .call = {true, true, STATUS_CRITICAL, true, 3}}},
	{{"-s", "A", "--service-state=WARNING", "--state-type=SOFT", "--attempt=1"},
		{.server = "A", .call = {true, true, STATUS_WARNING, false, 1}}},
	{{"-s", "A", "-S", "UNKNOWN", "-T", "HARD", "-a1000000"},
		{.server = "A", .call = {true, true, STATUS_UNKNOWN, true, 1000000}}},
	{{"-h"}, {.mode = MODE_SHOW_HELP}},
	{{"--version"}, {.mode = MODE_SHOW_VERSION}},
	{{"--help", "-S", "OK"}, {.mode = MODE_SHOW_HELP, .call = {.has_state = true}}},
};

static struct command_words line_of(const char *const words[COMMAND_WORDS])
{
	const char *line[COMMAND_WORDS] = {"imc-start"};
	assert_null(words[COMMAND_WORDS - 1]);
	memcpy(line + 1, words, (COMMAND_WORDS - 1) * sizeof(line[0]));
	return command_words(line);
}

static void assert_text(const char *actual, const char *expected)
{
	if (expected == NULL)
		assert_null(actual);
	else
		assert_string_equal(actual, expected);
}

static void assert_options(
	const struct start_options *actual, const struct start_options *expected)
{
	const struct handler_call *call = &actual->call, *wanted = &expected->call;
	const char *config = expected->config != NULL ? expected->config : CONFIG_PATH;
	assert_int_equal(actual->mode, expected->mode);
	assert_text(actual->server, expected->server);
	assert_text(actual->config, config);
	assert_text(actual->state_dir, expected->state_dir);
	assert_int_equal(
		actual->timeout, expected->timeout != 0 ? expected->timeout : 120);
	assert_int_equal(actual->allows_manual, expected->allows_manual);
	assert_int_equal(call->has_state, wanted->has_state);
	assert_int_equal(call->has_type, wanted->has_type);
	assert_int_equal(call->state, wanted->state);
	assert_int_equal(call->is_hard, wanted->is_hard);
	assert_int_equal(call->attempt, wanted->attempt);
}

static void options_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct command_words line = line_of(rows[i].words);
		struct start_options options;
		struct failure why;
		test_row("%zu: %s", i, rows[i].words[line.count - 2]);
		if (!start_options_parse(line.count, line.words, &options, &why))
			fail_msg("%s", why.text);
		assert_options(&options, &rows[i].is);
	}
	test_row("%s", "");
}

#define NO_SERVER "--server NAME is missing: whose service is to be started?"
#define NOT_BOTH                                                                         \
	"an event handler gives both --service-state and --state-type; by hand, leave "  \
	"out both and --attempt"

static const struct mistake {
	const char *words[COMMAND_WORDS];
	const char *says; /* the message begins so */
} mistakes[] = {
	{{NULL}, NO_SERVER},
	{{"-n"}, NO_SERVER},
	{{"-S", "OK", "-T", "SOFT"}, NO_SERVER},
	{{"-s"}, "-s, --server needs a value (see --help)"},
	{{"-s", ""}, "--server: "},
	{{"-s", "EXCH 01"}, "--server: "},
	{{"-s", "../EXCH01"}, "--server: "},
	{{"-s", "123456789012345678901234567890123"}, "--server: "},
	{{"-s", "../EXCH01", "-s", "EXCH01"}, "--server: "},
	{{"EXCH01"}, "\"EXCH01\" belongs to no option (see --help)"},
	{{"-s", "A", "start"}, "\"start\" belongs to no option (see --help)"},
	{{"-s", "A", "--now"}, "there is no option --now (see --help)"},
	{{"-s", "A", "--force"}, "there is no option --force (see --help)"},
	{{"-s", "A", "--dry-run=no"}, "-n, --dry-run takes no value (see --help)"},
	{{"-s", "A", "-t"}, "-t, --timeout needs a value (see --help)"},
	{{"-s", "A", "-t", ""}, "--timeout: "},
	{{"-s", "A", "-t", "4"}, "--timeout: "},
	{{"-s", "A", "-t", "0"}, "--timeout: "},
	{{"-s", "A", "-t", "-60"}, "--timeout: "},
	{{"-s", "A", "-t", "3601"}, "--timeout: "},
	{{"-s", "A", "-t", "61m"}, "--timeout: "},
	{{"-s", "A", "-t", "1d"}, "--timeout: "},
	{{"-s", "A", "-t", "2 m"}, "--timeout: "},
	{{"-s", "A", "-t", "soon"}, "--timeout: "},
	{{"-s", "A", "-t", "99999999999999999999"}, "--timeout: "},
	{{"-s", "A", "-c", ""}, "--config: must not be empty"},
	{{"-s", "A", "-d", ""}, "--state-dir: must not be empty"},
	{{"-s", "A", "-S", "CRITICAL"}, NOT_BOTH},
	{{"-s", "A", "-T", "HARD"}, NOT_BOTH},
	{{"-s", "A", "-a", "3"}, NOT_BOTH},
	{{"-s", "A", "-T", "HARD", "-a", "3"}, NOT_BOTH},
	{{"-s", "A", "-S", "DOWN", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "CRIT", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "CRITICAL ", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "$SERVICESTATE$", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "4", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "critical", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "2", "-T", "HARD"}, "--service-state: must be "},
	{{"-s", "A", "-S", "CRITICAL", "-T", "hard"}, "--state-type: must be "},
	{{"-s", "A", "-S", "CRITICAL", "-T", "1"}, "--state-type: must be "},
	{{"-s", "A", "-S", "CRITICAL", "-T", ""}, "--state-type: must be "},
	{{"-s", "A", "-S", "HARD", "-T", "CRITICAL"}, "--service-state: must be "},
	{{"-s", "A", "-S", "OK", "-T", "SOFT", "-a", "0"}, "--attempt: "},
	{{"-s", "A", "-S", "OK", "-T", "SOFT", "-a", "1000001"}, "--attempt: "},
	{{"-s", "A", "-S", "OK", "-T", "SOFT", "-a", "3/4"}, "--attempt: "},
	{{"-s", "A", "-S", "OK", "-T", "SOFT", "-a", ""}, "--attempt: "},
	{{"-V", "-t", "4s"}, "--timeout: "},
};

static void mistakes_are_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *row = &mistakes[i];
		struct command_words line = line_of(row->words);
		struct start_options options;
		struct failure why = {.text = ""};
		test_row("%zu: %s", i, row->says);
		assert_false(start_options_parse(line.count, line.words, &options, &why));
		if (strncmp(why.text, row->says, strlen(row->says)) != 0)
			fail_msg("%s", why.text);
		assert_true(strlen(why.text) > strlen("--service-state: "));
		assert_int_equal(why.kind, FAIL_USAGE);
	}
	test_row("%s", "");
}

static void help_names_every_option(void **state)
{
	static const char *const names[] = {"-s, --server NAME", "-c, --config FILE",
		"-d, --state-dir DIR", "-t, --timeout DURATION", "-m, --even-manual ",
		"-n, --dry-run ", "-S, --service-state STATE", "-T, --state-type TYPE",
		"-a, --attempt NUMBER", "-h, --help ", "-V, --version ", NULL};
	command_help_names(*state, start_options_line(), names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(options_are_read),
		sentence(mistakes_are_refused_in_words),
		sentence(help_names_every_option),
	};
	return cmocka_run_group_tests_name("start_options", tests, NULL, NULL);
}
