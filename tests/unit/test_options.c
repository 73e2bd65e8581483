/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check/options.h"
#include "check/usage.h"
#include "core/when.h"

enum { WORDS_MAX = 40 };

static char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

/* The words of a command line, separated by single blanks; "" is no word. */
static bool parse_with(void *parent, const char *line, options_env *env,
	struct options **ret, struct failure *why)
{
	const char *argv[WORDS_MAX] = {"check_imc"};
	int argc = 1;
	char *copy = memory_copy(parent, line);
	char *rest = NULL;
	for (char *word = strtok_r(copy, " ", &rest); word != NULL;
		word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	return options_parse(parent, argc, argv, env, ret, why);
}

static struct options *parsed(void *parent, const char *line)
{
	struct options *options = NULL;
	struct failure why = {.text = ""};
	if (!parse_with(parent, line, no_env, &options, &why))
		fail_msg("%s: %s", line, why.text);
	return options;
}

static void refused(void *parent, const char *line, const char *says)
{
	struct options *options = NULL;
	struct failure why = {.text = ""};
	test_row("%s", line);
	assert_false(parse_with(parent, line, no_env, &options, &why));
	assert_null(options);
	assert_int_equal(why.kind, FAIL_USAGE);
	if (strstr(why.text, says) == NULL)
		fail_msg("message: %s", why.text);
	assert_null(strchr(why.text, '\n'));
	test_row("%s", "");
}

static void plain_check_has_the_defaults(void **state)
{
	const struct options *options = parsed(*state, "-H exch01 -A creds");
	assert_int_equal(options->mode, MODE_CHECK);
	assert_string_equal(options->target->address, "exch01");
	assert_string_equal(options->target->server, "exch01");
	assert_string_equal(options->target->source, "rpc");
	assert_string_equal(options->target->credentials, "creds");
	assert_true(options->at == NO_TIME);
	assert_true(options->timeout_ms == 10000);
	assert_int_equal(options->timeout_status, STATUS_UNKNOWN);
	assert_false(options->has_timeout_status);
	assert_int_equal(options->max_output, 1000);
	assert_true(options->has_perfdata);
	assert_false(options->is_json);
	assert_int_equal(options->verbosity, 0);
	assert_null(options->state_dir);
}

static void all_ways_to_write_an_option_mean_the_same(void **state)
{
	static const char *const rows[] = {
		"-H exch01 -A creds -p 4450 -vv --lookback 3d",
		"-Hexch01 -Acreds -p4450 -v -v --lookback=3d",
		"--hostname exch01 --credentials creds --port=4450 -vv --lookback 3d",
		"--host exch01 --cred=creds --port 4450 --verb --verbose --look 3d",
		"-vvHexch01 -A creds --port 1 --port 4450 --lookback 9d --lookback 3d --",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i]);
		const struct options *options = parsed(*state, rows[i]);
		assert_string_equal(options->target->address, "exch01");
		assert_string_equal(options->target->credentials, "creds");
		assert_int_equal(options->target->port, 4450);
		assert_int_equal(options->verbosity, 2);
		assert_true(options->target->policy.lookback == 3 * WHEN_DAY);
	}
	test_row("%s", "");
}

static void every_option_arrives(void **state)
{
	const struct options *options = parsed(*state,
		"--evt App.Evt --system-evt Sys.Evt --at 2026-11-22T09:00:00Z -w 0 -c "
		"~:3 --severity paused=ok --severity stale=critical -t 5:critical "
		"--max-output 8000 --no-perfdata --json -vvvv --state-dir /var/tmp -H "
		"exch01");
	assert_string_equal(options->target->evt, "App.Evt");
	assert_string_equal(options->target->system_evt, "Sys.Evt");
	assert_string_equal(options->target->source, "evt");
	assert_string_equal(options->target->server, "exch01");
	assert_true(options->at == 1795338000);
	assert_true(options->target->policy.has_warning &&
		options->target->policy.has_critical);
	assert_int_equal(options->target->policy.severity[KEY_PAUSED], STATUS_OK);
	assert_int_equal(options->target->policy.severity[KEY_STALE], STATUS_CRITICAL);
	assert_true(options->timeout_ms == 5000);
	assert_int_equal(options->timeout_status, STATUS_CRITICAL);
	assert_true(options->has_timeout_status);
	assert_int_equal(options->max_output, 8000);
	assert_false(options->has_perfdata);
	assert_true(options->is_json);
	assert_int_equal(options->verbosity, 3);
	assert_string_equal(options->state_dir, "/var/tmp");
	assert_null(parsed(*state, "--evt App.Evt")->target->server);
}

static void options_of_snmp_arrive(void **state)
{
	const struct options *options = parsed(*state,
		"-S snmp -H exch01 -A c --snmp-version 3 -p 1161 --display-name Dienst");
	assert_string_equal(options->target->source, "snmp");
	assert_string_equal(options->target->address, "exch01");
	assert_string_equal(options->target->credentials, "c");
	assert_int_equal(options->target->snmp_version, SNMP_3);
	assert_int_equal(options->target->port, 1161);
	assert_string_equal(options->target->watch.display_names[2], "Dienst");
	options = parsed(*state, "--source=agent -H far -A c --remote-server EXCH07");
	assert_string_equal(options->target->source, "agent");
	assert_string_equal(options->target->remote_server, "EXCH07");
	assert_string_equal(options->target->server, "EXCH07");
	assert_string_equal(options->target->address, "far");
	assert_int_equal(options->target->snmp_version, SNMP_ANY);
}

/* What is no check goes before a check; what needs no server before what does. */
static void list_of_services_is_a_mode_for_a_server(void **state)
{
	const struct options *options =
		parsed(*state, "--list-services -S snmp -H exch01 -A c");
	assert_int_equal(options->mode, MODE_LIST_SERVICES);
	assert_string_equal(options->target->source, "snmp");
	assert_string_equal(options->target->address, "exch01");
	assert_int_equal(parsed(*state, "--list-services -h")->mode, MODE_HELP);
	assert_int_equal(parsed(*state, "-V --list-services")->mode, MODE_VERSION);
	assert_int_equal(
		parsed(*state, "--list-services --explain 1")->mode, MODE_EXPLAIN);
	assert_int_equal(
		parsed(*state, "--explain 1 --list-services")->mode, MODE_EXPLAIN);
}

static void values_may_begin_with_a_dash(void **state)
{
	const struct options *options =
		parsed(*state, "--evt -strange.evt -w -5:5 -c -7:");
	assert_string_equal(options->target->evt, "-strange.evt");
	assert_true(options->target->policy.has_warning);
}

static void help_version_and_explain_need_no_server(void **state)
{
	assert_int_equal(parsed(*state, "-h")->mode, MODE_HELP);
	assert_int_equal(parsed(*state, "--help -H x")->mode, MODE_HELP);
	assert_int_equal(parsed(*state, "-V")->mode, MODE_VERSION);
	assert_int_equal(parsed(*state, "-V -h")->mode, MODE_HELP);
	assert_int_equal(parsed(*state, "-hV --explain 1")->mode, MODE_HELP);
	const struct options *options = parsed(*state, "--explain 4071");
	assert_int_equal(options->mode, MODE_EXPLAIN);
	assert_int_equal(options->explain_id, 4071);
	assert_null(options->target);
	assert_true(parsed(*state, "--explain 3221229543")->explain_id == 3221229543U);
}

static const struct {
	const char *line, *says;
} wrong_lines[] = {
	{"",
		"no server: give -H HOST with -A FILE, or --evt FILE, or "
		"--server NAME"},
	{"-A creds", "no server"},
	{"-v", "no server"},
	{"--system-evt s", "no server"},
	{"-H exch01", "-A FILE"},
	{"-H exch01 -A c --system-evt s", "--evt FILE"},
	{"--source rpc --evt a", "exclude each other"},
	{"--source evt -H exch01 -A c", "--evt FILE"},
	{"--source snmp -H exch01", "source snmp needs a community or a user"},
	{"-S agent -H exch01", "source agent needs a community or a user"},
	{"-S smtp -H exch01 -A c",
		"--source: must be one of rpc, snmp, agent, evt, not \"smtp\""},
	{"-S snmp -H exch01 -A c --snmp-version 2", "--snmp-version: must be 1, 2c or 3"},
	{"-S snmp -H exch01 -A c --remote-server B", "-S agent"},
	{"-S agent -H exch01 -A c --remote-server B/1", "--remote-server: "},
	{"exch01", "takes no arguments without an option: \"exch01\""},
	{"-H exch01 - -A c", "takes no arguments without an option: \"-\""},
	{"-H exch01 -A c -- more", "takes no arguments without an option: \"more\""},
	{"-H exch01 -A c extra", "\"extra\""},
	{"--no-such", "unknown option --no-such"},
	{"--lokback 7d", "did you mean --lookback?"},
	{"--lokback=7d", "unknown option --lokback: did you mean --lookback?"},
	{"--=x", "unknown option"},
	{"--hostname-x a", "unknown option --hostname-x"},
	{"--se x", "--se is ambiguous"},
	{"--s x", "--s is ambiguous"},
	{"-x", "unknown option -x"},
	{"-vx", "unknown option -x"},
	{"-\x01", "unknown option (see"},
	{"-H", "--hostname needs a value: HOST"},
	{"--at", "--at needs a value: TIME"},
	{"-H a -A c -p", "--port needs a value: PORT"},
	{"--json=yes", "--json takes no value"},
	{"--help=", "--help takes no value"},
	{"-H a -A c -p 0", "--port: must be a whole number from 1 to 65535, not 0"},
	{"-H a -A c --pending 9m,3m", "--pending: "},
	{"-H a -A c -w 2:1", "--warning: "},
	{"-H a -A c -w 1e5", "--warning: "},
	{"-H a -A c --severity x=ok", "--severity: "},
	{"-H a -A c --at now", "--at: "},
	{"-H a -A c -t 0", "--timeout: must be a whole number from 1 to 3600"},
	{"-H a -A c -t 3601", "--timeout: "},
	{"-H a -A c -t 1.5", "--timeout: "},
	{"-H a -A c -t :CRITICAL", "--timeout: "},
	{"-H a -A c -t 00000000000000010", "--timeout: "},
	{"-H a -A c -t 10:", "WARNING, CRITICAL or UNKNOWN"},
	{"-H a -A c -t 10:OK", "is not OK"},
	{"-H a -A c -t 10:ok", "is not OK"},
	{"-H a -A c -t 10:0", "is not OK"},
	{"-H a -A c -t 10:fine", "WARNING, CRITICAL or UNKNOWN"},
	{"-H a -A c --max-output 199", "--max-output: "},
	{"--explain IMC", "--explain: must be a whole number"},
	{"--explain 4294967296", "--explain: "},
	{"--server a/b", "--server: a server's name must be"},
	{"-S agent -H a -A c -w 0", "--warning: source agent takes the far imc-agentd's"},
	{"-S agent -H a -A c -c 0", "set critical there"},
	{"-w 3 -c 5 -S agent -H a -A c", "set warning there"},
	{"-S agent -H a -A c --max-age 0",
		"--max-age: source agent calls a verdict stale"},
	{"-S snmp -H a -A c -w 0", "--warning: source snmp reads no events"},
	{"-S snmp -H a -A c -c 0", "--critical: source snmp reads no events"},
	{"-S snmp -H a -A c --list-services -c 0", "--critical: source snmp"},
	{"--ntlmv1 yes", "unknown option --ntlmv1"},
	{"--address a", "unknown option --address"},
	{"--remote-server a", "no server"},
	{"--list-services", "no server"},
	{"--list-services=yes -H a -A c", "--list-services takes no value"},
	{"--list-services -S snmp -H a", "source snmp needs a community or a user"},
};

static void wrong_command_lines_get_one_line(void **state)
{
	for (size_t i = 0; i < sizeof(wrong_lines) / sizeof(wrong_lines[0]); i++)
		refused(*state, wrong_lines[i].line, wrong_lines[i].says);
}

static void secrets_in_argv_are_refused_and_not_repeated(void **state)
{
	static const char *const rows[] = {
		"--password=geheim",
		"--password geheim",
		"--pass=geheim",
		"-Pgeheim",
		"-P geheim",
		"--username=geheim",
		"--user=geheim",
		"-Ugeheim",
		"-H a --domain=geheim",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options *options;
		struct failure why = {.text = ""};
		test_row("%s", rows[i]);
		assert_false(parse_with(*state, rows[i], no_env, &options, &why));
		assert_non_null(strstr(why.text, "name it with -A FILE"));
		assert_null(strstr(why.text, "geheim"));
	}
	test_row("%s", "");
	struct options *options;
	struct failure why;
	assert_false(parse_with(*state, "--passwrod=geheim", no_env, &options, &why));
	assert_null(strstr(why.text, "geheim"));
	assert_false(parse_with(*state, "-pgeheim -H a -A c", no_env, &options, &why));
	assert_null(strstr(why.text, "geheim"));
}

static void very_long_words_are_refused_in_one_line(void **state)
{
	static const char *const begins[] = {"", "--", "-H", "--at=", "-w",
		"--severity=", "-S", "--evt=", "--server=", "-t", "--pending="};
	enum { LENGTH = 128 * 1024 };
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		char *word = memory_array(*state, char, LENGTH + 1);
		memset(word, 'a', LENGTH);
		memcpy(word, begins[i], strlen(begins[i]));
		const char *argv[] = {"check_imc", "-H", "h", "-A", "c", word};
		struct options *options;
		struct failure why = {.text = ""};
		test_row("%s", begins[i]);
		assert_false(options_parse(*state, 6, argv, no_env, &options, &why));
		assert_true(why.text[0] != '\0');
	}
	test_row("%s", "");
}

static char *both_env(const char *name)
{
	static char nagios[] = "/nagios", mp[] = "/mp";
	if (strcmp(name, "NAGIOS_PLUGIN_STATE_DIRECTORY") == 0)
		return nagios;
	return strcmp(name, "MP_STATE_PATH") == 0 ? mp : NULL;
}

static char *empty_env(const char *name)
{
	static char empty[] = "";
	return strcmp(name, "MP_STATE_PATH") == 0 ? both_env(name) : empty;
}

static void state_directory_comes_from_the_first_that_names_it(void **state)
{
	struct options *options;
	assert_true(parse_with(
		*state, "--evt a -H b --state-dir /own", both_env, &options, NULL));
	assert_string_equal(options->state_dir, "/own");
	struct failure why;
	assert_false(
		parse_with(*state, "--evt a --state-dir /own", no_env, &options, &why));
	assert_non_null(strstr(why.text, "give -H NAME"));
	assert_true(parse_with(*state, "--evt a", both_env, &options, NULL));
	assert_string_equal(options->state_dir, "/nagios");
	assert_true(parse_with(*state, "--evt a", empty_env, &options, NULL));
	assert_string_equal(options->state_dir, "/mp");
	assert_true(parse_with(*state, "--evt a", no_env, &options, NULL));
	assert_null(options->state_dir);
}

/* --- files --- */

struct place {
	char *folder, *file;
};

static int remove_place(struct place *place)
{
	unlink(place->file);
	rmdir(place->folder);
	return 0;
}

static struct place *place_with(void *parent, const char *name, const char *text)
{
	struct place *place = memory_new(parent, struct place);
	place->folder = memory_copy(place, "/tmp/imc-options-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	place->file = memory_format(place, "%s/%s", place->folder, name);
	talloc_set_destructor(place, remove_place);
	FILE *stream = fopen(place->file, "w");
	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	return place;
}

static void command_line_comes_over_section_over_defaults(void **state)
{
	struct place *place = place_with(*state, "imc.conf",
		"[server EXCH01]\naddress = one\nport = 1001\nlookback = 2d\n"
		"[defaults]\ncredentials = /c\nport = 1000\nlookback = 1d\nboot_window = "
		"5m\n"
		"[server EXCH02]\n");
	char *line = memory_format(
		*state, "--config %s --lookback 3d --server EXCH01", place->file);
	const struct options *options = parsed(*state, line);
	assert_string_equal(options->target->server, "EXCH01");
	assert_string_equal(options->target->address, "one");
	assert_string_equal(options->target->credentials, "/c");
	assert_int_equal(options->target->port, 1001);
	assert_true(options->target->policy.lookback == 3 * WHEN_DAY);
	assert_true(options->target->policy.boot_window == 5 * WHEN_MINUTE);
	assert_true(options->target->policy.max_age == WHEN_HOUR);

	line = memory_format(*state, "--config %s --server EXCH02", place->file);
	options = parsed(*state, line);
	assert_string_equal(options->target->address, "EXCH02");
	assert_int_equal(options->target->port, 1000);

	line = memory_format(*state, "--config %s -H other", place->file);
	options = parsed(*state, line);
	assert_string_equal(options->target->server, "other");
	assert_int_equal(options->target->port, 1000);

	refused(*state, memory_format(*state, "--config %s", place->file), "no server");
	refused(*state, memory_format(*state, "--config %s --server EXCH1", place->file),
		"has no section [server EXCH1], did you mean EXCH01?");
	refused(*state, memory_format(*state, "--config %s --server mail", place->file),
		"imc.conf has no section [server mail]");
	refused(*state, memory_format(*state, "--config %s/no --server a", place->folder),
		"/no: No such file");
}

/* Only where they were meant for this check alone. */
static void files_may_have_options_that_the_source_leaves_idle(void **state)
{
	struct place *place = place_with(*state, "imc.conf",
		"[defaults]\ncredentials = /c\nwarning = 0\ncritical = 3\nmax_age = 2h\n"
		"[server EXCH01]\nsource = agent\n[server EXCH02]\nsource = snmp\n"
		"[server EXCH03]\n");
	static const char *const names[] = {"EXCH01", "EXCH02", "EXCH03"};
	char *line;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		line = memory_format(
			*state, "--config %s --server %s", place->file, names[i]);
		assert_true(parsed(*state, line)->target->policy.has_warning);
	}
	line = memory_format(*state, "--config %s -w 0 --server ", place->file);
	refused(*state, memory_format(*state, "%sEXCH01", line), "set warning there");
	refused(*state, memory_format(*state, "%sEXCH02", line), "reads no events");
	parsed(*state, memory_format(*state, "%sEXCH03", line));

	place = place_with(*state, "plugins.ini", "[check_imc]\nw = 0\nmax-age = 2h\n");
	line = memory_format(
		*state, "--extra-opts=@%s -S agent -H far -A c", place->file);
	assert_true(parsed(*state, line)->target->policy.has_warning);
}

static void wrong_configuration_is_named_with_its_line(void **state)
{
	struct place *place = place_with(*state, "imc.conf", "[server a]\nport = 0\n");
	refused(*state, memory_format(*state, "--config %s --server a", place->file),
		"imc.conf:2: port: must be");
}

static char *ini_path;

static char *ini_env(const char *name)
{
	return strcmp(name, "NAGIOS_CONFIG_PATH") == 0 ? ini_path : NULL;
}

static void extra_opts_come_from_the_shared_file(void **state)
{
	struct place *place = place_with(*state, "monitoring-plugins.ini",
		"# of all plugins\n[check_mysql]\npassword = x\nnot a line of ours\n"
		"[ check_imc ]\r\n  hostname = ini # comment\r\n\r\nA = /c\nno-perfdata "
		"=\nv=\n"
		"lookback = 2d\n[other]\nH = second\nA = /c\n");
	ini_path = memory_format(*state, ":/nonexistent:%s", place->folder);
	static const char *const rows[] = {
		"--extra-opts -p 7", "-p 7 --extra-opts", "--extra-opts check_imc -p 7"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i]);
		struct options *options;
		struct failure why = {.text = ""};
		if (!parse_with(*state, rows[i], ini_env, &options, &why))
			fail_msg("%s", why.text);
		assert_string_equal(options->target->address, "ini");
		assert_false(options->has_perfdata);
		assert_int_equal(options->verbosity, 1);
		assert_true(options->target->policy.lookback == 2 * WHEN_DAY);
		assert_int_equal(options->target->port, 7);
	}
	test_row("%s", "");
	const struct options *options = parsed(
		*state, memory_format(*state, "--extra-opts=other@%s", place->file));
	assert_string_equal(options->target->address, "second");
	options = parsed(*state,
		memory_format(
			*state, "-H mine --extra-opts=@%s --lookback 9d", place->file));
	assert_string_equal(options->target->address, "mine");
	assert_true(options->target->policy.lookback == 9 * WHEN_DAY);
}

static void extra_opts_never_show_what_a_file_holds(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"[check_imc]\ngeheim = x\n", ".ini:2: the key is no option"},
		{"[check_imc]\nport = geheim\n",
			".ini:2: the value of port is not valid"},
		{"[check_imc]\nport = 0\n", "(it wants PORT)"},
		{"[check_imc]\nat = geheim\n", ".ini:2: the value of at is not valid"},
		{"[check_imc]\ngeheim\n", ".ini:2: the line must be KEY = VALUE"},
		{"[check_imc]\n= geheim\n", ".ini:2: the line must be KEY = VALUE"},
		{"[check_imc]\nextra-opts = geheim\n", ".ini:2: extra-opts cannot stand"},
		{"[check_imc]\nport =\n", ".ini:2: port needs a value"},
		{"[check_imc]\njson = geheim\n", ".ini:2: json takes no value"},
		{"root:geheim:0\n", "has no section [check_imc]"},
		{"[geheim]\n", "has no section [check_imc]"},
		{"", "has no section [check_imc]"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place *place = place_with(*state, "x.ini", rows[i].text);
		char *line =
			memory_format(*state, "-H h -A c --extra-opts=@%s", place->file);
		struct options *options;
		struct failure why = {.text = ""};
		test_row("%s", rows[i].text);
		assert_false(parse_with(*state, line, no_env, &options, &why));
		if (strstr(why.text, rows[i].says) == NULL)
			fail_msg("message: %s", why.text);
		assert_null(strstr(why.text, "geheim"));
	}
	test_row("%s", "");
	refused(*state, "-H h -A c --extra-opts=@/nonexistent.ini", "No such file");
	refused(*state, "-H h -A c --extra-opts=@/", "not a regular file");
}

/* --- help --- */

static void help_fits_a_terminal(void **state)
{
	char *text = usage_text(*state);
	size_t column = 0;
	for (const char *at = text; *at != '\0'; at++) {
		column = *at == '\n' ? 0 : column + 1;
		if (column > 80)
			fail_msg("too wide: %.100s", at - 80);
	}
	assert_true(text[strlen(text) - 1] == '\n');
}

static void help_shows_every_option(void **state)
{
	char *text = usage_text(*state);
	size_t count;
	const struct option_row *rows = options_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].heading != NULL)
			continue;
		char letter[] = {'-', rows[i].letter, ',', ' ', '\0'};
		char *line = memory_format(*state, "\n  %s--%s",
			rows[i].letter != '\0' ? letter : "    ", rows[i].name);
		test_row("%s", rows[i].name);
		assert_non_null(strstr(text, line));
	}
	test_row("%s", "");
}

static void table_has_every_setting_that_is_an_option_once(void **state)
{
	(void)state;
	size_t row_count, setting_count;
	const struct option_row *rows = options_table(&row_count);
	const struct setting *settings = target_settings(&setting_count);
	for (size_t k = 0; k < setting_count; k++) {
		size_t found = 0;
		for (size_t i = 0; i < row_count; i++)
			found += rows[i].heading == NULL &&
				strcmp(rows[i].name, settings[k].name) == 0;
		test_row("%s", settings[k].name);
		assert_int_equal(found, settings[k].in_options ? 1 : 0);
	}
	for (size_t i = 0; i < row_count; i++) {
		if (rows[i].heading != NULL)
			continue;
		test_row("%s", rows[i].name);
		/* A setting of the target, or an option with words of its own. */
		assert_true(
			(target_setting(rows[i].name) != NULL) == (rows[i].help == NULL));
		for (size_t k = i + 1; k < row_count && rows[i].letter != '\0'; k++)
			assert_true(rows[k].letter != rows[i].letter);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(plain_check_has_the_defaults),
		sentence(all_ways_to_write_an_option_mean_the_same),
		sentence(every_option_arrives),
		sentence(options_of_snmp_arrive),
		sentence(list_of_services_is_a_mode_for_a_server),
		sentence(values_may_begin_with_a_dash),
		sentence(help_version_and_explain_need_no_server),
		sentence(wrong_command_lines_get_one_line),
		sentence(secrets_in_argv_are_refused_and_not_repeated),
		sentence(very_long_words_are_refused_in_one_line),
		sentence(state_directory_comes_from_the_first_that_names_it),
		sentence(command_line_comes_over_section_over_defaults),
		sentence(files_may_have_options_that_the_source_leaves_idle),
		sentence(wrong_configuration_is_named_with_its_line),
		sentence(extra_opts_come_from_the_shared_file),
		sentence(extra_opts_never_show_what_a_file_holds),
		sentence(help_fits_a_terminal),
		sentence(help_shows_every_option),
		sentence(table_has_every_setting_that_is_an_option_once),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
