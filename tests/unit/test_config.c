/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/config.h"
#include "core/hint.h"
#include "core/when.h"

static bool parse(
	void *parent, const char *text, struct config **ret, struct failure *why)
{
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	return config_parse(parent, "imc.conf", bytes, ret, why);
}

static struct config *parsed(void *parent, const char *text)
{
	struct config *config = NULL;
	struct failure why = {.text = ""};
	if (!parse(parent, text, &config, &why))
		fail_msg("%s", why.text);
	return config;
}

static void servers_come_over_defaults_wherever_those_stand(void **state)
{
	struct config *config = parsed(*state,
		"# first\n"
		"[server EXCH02]\n"
		"port = 1445\n"
		"lookback=14d\n"
		"\n"
		"[defaults]\n"
		"credentials = /etc/c\n"
		"lookback = 3d\n"
		"display_name = Dienst\n"
		"; a comment\n"
		"[server EXCH01]\n"
		"address = 192.0.2.1\n"
		"display_name = Eins\n"
		"display_name = Zwei\n"
		"[server empty]\n");
	assert_int_equal(config->server_count, 3);
	const struct target *first = config_server(config, "EXCH01");
	const struct target *second = config_server(config, "EXCH02");
	assert_non_null(first);
	assert_non_null(second);
	assert_non_null(config_server(config, "empty"));
	assert_null(config_server(config, "EXCH03"));
	assert_null(config_server(config, "exch01"));
	assert_string_equal(first->server, "EXCH01");
	assert_string_equal(first->address, "192.0.2.1");
	assert_string_equal(first->credentials, "/etc/c");
	assert_true(first->policy.lookback == 3 * WHEN_DAY);
	assert_int_equal(first->watch.display_name_count, 5);
	assert_string_equal(first->watch.display_names[4], "Zwei");
	assert_true(second->policy.lookback == 14 * WHEN_DAY);
	assert_int_equal(second->port, 1445);
	assert_null(second->address);
	assert_int_equal(second->watch.display_name_count, 3);
	assert_true(config->defaults->policy.lookback == 3 * WHEN_DAY);
	assert_string_equal(config_nearest_server(config, "EXCH03"), "EXCH01");
	assert_null(config_nearest_server(config, "other"));
}

static void agent_section_is_read(void **state)
{
	struct config *config = parsed(*state,
		"[agent]\nagentx_socket = /run/agentx/master\n"
		"state_dir = /var/lib/imc\nworkers = 8\nnotifications = no\nappl_table = "
		"yes\n"
		"accept_trap_events = yes\ntrap_bases = 1.3.6.1.4.1.311.1.13.1,.1.3.6\n"
		"trap_socket = /run/imc/trap\ntrap_group = snmptrapd\n");
	assert_string_equal(config->agent->agentx_socket, "/run/agentx/master");
	assert_string_equal(config->agent->state_dir, "/var/lib/imc");
	assert_int_equal(config->agent->workers, 8);
	assert_false(config->agent->notifications);
	assert_true(config->agent->appl_table && config->agent->accept_trap_events);
	assert_string_equal(config->agent->trap_bases, "1.3.6.1.4.1.311.1.13.1,.1.3.6");
	assert_string_equal(config->agent->trap_socket, "/run/imc/trap");
	assert_string_equal(config->agent->trap_group, "snmptrapd");
	assert_int_equal(config->server_count, 0);
	assert_null(config_server(config, "EXCH01"));

	config = parsed(*state, "");
	assert_null(config->agent->agentx_socket);
	assert_string_equal(config->agent->trap_socket, HINT_SOCKET);
	assert_null(config->agent->trap_group);
	assert_true(config->agent->notifications);
	assert_false(config->agent->appl_table);
}

static void every_key_of_the_table_is_taken_once(void **state)
{
	static const struct {
		const char *argument, *value;
	} values[] = {
		{"HOST", "h"},
		{"SOURCE", "rpc"},
		{"PORT", "1"},
		{"FILE", "/f"},
		{"NAME", "n"},
		{"MIN:MAX", "NT1:SMB2"},
		{"MODE", "off"},
		{"FLAG", "yes"},
		{"DURATION", "1h"},
		{"WARN,CRIT", "1m,2m"},
		{"TIME", "2026-01-01"},
		{"RANGE", "1:2"},
		{"KEY=STATE,...", "paused=ok"},
		{"NUMBER", "1"},
		{"VERSION", "2c"},
	};
	size_t count;
	const struct setting *settings = target_settings(&count);
	for (size_t i = 0; i < count; i++) {
		const char *value = NULL;
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
			if (strcmp(values[k].argument, settings[i].argument) == 0)
				value = values[k].value;
		test_row("%s", settings[i].name);
		assert_non_null(value);
		char *key = memory_copy(*state, settings[i].name);
		for (char *at = key; *at != '\0'; at++)
			*at = *at == '-' ? '_' : *at;
		char *once = memory_format(*state, "[server a]\n%s = %s\n", key, value);
		char *twice = memory_format(*state, "%s%s = %s\n", once, key, value);
		char *dashed = memory_format(
			*state, "[server a]\n%s = %s\n", settings[i].name, value);
		struct config *config;
		assert_int_equal(
			parse(*state, once, &config, NULL), settings[i].in_config);
		assert_int_equal(parse(*state, twice, &config, NULL),
			settings[i].in_config && settings[i].repeats);
		if (strchr(settings[i].name, '-') != NULL)
			assert_false(parse(*state, dashed, &config, NULL));
	}
	test_row("%s", "");
}

#define LONG_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* What is wrong, the line that the message names, and what it says. */
static const struct {
	const char *text;
	unsigned line;
	const char *says;
} bad_rows[] = {
	{"port = 1\n", 1, "before the first [section]"},
	{"root:$6$secret:1:2\n", 1, "before the first [section]"},
	{"[client]\npassword = x\n", 1, "unknown section"},
	{"[server]\n", 1, "unknown section"},
	{"[Defaults]\n", 1, "unknown section"},
	{"[]\n", 1, "unknown section"},
	{"[server ]\n", 1, "1 to 32"},
	{"[server a b]\n", 1, "1 to 32"},
	{"[server  a]\n", 1, "1 to 32"},
	{"[server a/b]\n", 1, "1 to 32"},
	{"[server 123456789012345678901234567890123]\n", 1, "1 to 32"},
	{"[server " LONG_50 "]\n", 1, "longer than 48"},
	{"[server a\n", 1, "[NAME] and nothing else"},
	{"[", 1, "[NAME] and nothing else"},
	{"[server a] x\n", 1, "[NAME] and nothing else"},
	{"[server a] # x\n", 1, "[NAME] and nothing else"},
	{"[server a]]\n", 1, "[NAME] and nothing else"},
	{"[server a]\n\n[server a]\n", 3, "already, in line 1"},
	{"[defaults]\n[agent]\n[defaults]\n", 3, "already, in line 1"},
	{"[agent]\n[agent]\n", 2, "already, in line 1"},
	{"[server a]\nport = 1\nport = 1\n", 3, "port is there already"},
	{"[agent]\nworkers = 1\nworkers = 1\n", 3, "workers is there already"},
	{"[server a]\nlokback = 7d\n", 2, "did you mean lookback?"},
	{"[server a]\nboot-window = 7m\n", 2, "did you mean boot_window?"},
	{"[server a]\nLookback = 7d\n", 2, "unknown key"},
	{"[server a]\nhostname = h\n", 2, "unknown key"},
	{"[server a]\nremote_server = a b\n", 2, "remote_server: a server's name"},
	{"[server a]\nremote = h\n", 2, "unknown key"},
	{"[server a]\nsource = SNMP\n", 2,
		"source: must be one of rpc, snmp, agent, evt"},
	{"[server a]\nsnmp_version = 2\n", 2, "snmp_version: must be 1, 2c or 3"},
	{"[server a]\nworkers = 1\n", 2, "unknown key"},
	{"[agent]\nport = 1\n", 2, "unknown key"},
	{"[agent]\nworker = 1\n", 2, "did you mean workers?"},
	{"[server a]\npassword = x\n", 2, "unknown key"},
	{"[server a]\nport\n", 2, "KEY = VALUE"},
	{"[server a]\nport: 1\n", 2, "KEY = VALUE"},
	{"[server a]\nport: a = 1\n", 2, "one word"},
	{"[server a]\n= 1\n", 2, "one word"},
	{"[server a]\nmy port = 1\n", 2, "one word"},
	{"[server a]\n" LONG_50 " = 1\n", 2, "one word"},
	{"[server a]\nport =\n", 2, "no value"},
	{"[server a]\nport =   \n", 2, "no value"},
	{"[server a]\nport = 1 ; one\n", 2, "comment"},
	{"[server a]\nport = 1\t# one\n", 2, "comment"},
	{"[server a]\nport = # one\n", 2, "comment"},
	{"[server a]\nport=;one\n", 2, "comment"},
	{"[server a]\n port = 1\n", 2, "indented"},
	{"[server a]\n\tport = 1\n", 2, "indented"},
	{"[server a]\nport = 1\n  2\n", 3, "indented"},
	{" [server a]\n", 1, "indented"},
	{"[server a]\nport = 1\x01\n", 2, "control character"},
	{"[server a]\rport = 1\r", 1, "control character"},
	{"\xFF\xFE[\n", 1, "not UTF-8"},
	{"[server a]\nservice = \xE4\n", 2, "not UTF-8"},
	{"[server a]\nservice = \xC0\xAF\n", 2, "not UTF-8"},
	{"[server a]\nservice = \xED\xA0\x80\n", 2, "not UTF-8"},
	{"[server a]\nservice = \xF4\x90\x80\x80\n", 2, "not UTF-8"},
	{"[server a]\nservice = \xE2\x82", 2, "not UTF-8"},
	{"[server a]\n\n\nport = 0\n", 4, "port: must be"},
	{"[defaults]\npending = 2m,1m\n[server a]\n", 2, "pending: "},
	{"[server a]\nseverity = paused=ok,x=ok\n", 2, "severity: "},
	{"[server a]\ncredentials = c\n", 2, "absolute path"},
	{"[server a]\nevt = AppEvent.Evt\n", 2, "absolute path"},
	{"[server a]\nstart_credentials = c\n", 2, "absolute path"},
	{"[agent]\nstate_dir = var\n", 2, "absolute path"},
	{"[agent]\nagentx_socket = tcp:localhost:705\n", 2, "absolute path"},
	{"[agent]\ntrap_socket = trap.sock\n", 2,
		"trap_socket: must be an absolute path"},
	{"[agent]\ntrap_socket = /" LONG_50 LONG_50 LONG_50 "\n", 2, "trap_socket: "},
	{"[agent]\ntrap_group = " LONG_50 "\n", 2, "trap_group: "},
	{"[agent]\ntrap_group =\n", 2, "no value"},
	{"[agent]\ntrap_group = a\ntrap_group = b\n", 3, "trap_group is there already"},
	{"[agent]\nworkers = 0\n", 2, "1 to 64"},
	{"[agent]\nnotifications = on\n", 2, "yes or no"},
	{"[agent]\ntrap_bases = enterprises.311\n", 2, "numeric OIDs"},
	{"[agent]\ntrap_bases = 1.3, 1.4\n", 2, "numeric OIDs"},
	{"[agent]\ntrap_bases = 1.3,\n", 2, "numeric OIDs"},
	{"[agent]\ntrap_bases = 1.4294967296\n", 2, "numeric OIDs"},
	{"[agent]\ntrap_bases = 1\n", 2, "numeric OIDs"},
};

static void bad_lines_are_refused_by_file_and_line(void **state)
{
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
		struct config *config = NULL;
		struct failure why = {.text = ""};
		test_row("row %zu: %s", i, bad_rows[i].text);
		assert_false(parse(*state, bad_rows[i].text, &config, &why));
		assert_null(config);
		assert_int_equal(why.kind, FAIL_USAGE);
		char begin[40];
		snprintf(begin, sizeof(begin), "imc.conf:%u: ", bad_rows[i].line);
		if (strncmp(why.text, begin, strlen(begin)) != 0 ||
			strstr(why.text, bad_rows[i].says) == NULL)
			fail_msg("message: %s", why.text);
	}
	test_row("%s", "");
}

static void a_file_of_somebody_else_is_not_shown(void **state)
{
	static const char *const rows[] = {
		"root:$6$geheim:19000:0\n",
		"geheim\n",
		"geheim = geheim\n",
		"[client]\npassword = geheim\n",
		"[geheim]\n",
		"\x01geheim\n",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *config;
		struct failure why = {.text = ""};
		test_row("%s", rows[i]);
		assert_false(parse(*state, rows[i], &config, &why));
		assert_null(strstr(why.text, "geheim"));
	}
	test_row("%s", "");
}

static void zero_bytes_and_utf16_are_refused(void **state)
{
	static const char zero[] = "[server a]\nport = 1\0\n";
	static const char utf16[] = "[\0s\0e\0r\0v\0e\0r\0";
	struct config *config;
	struct failure why;
	assert_false(config_parse(*state, "f",
		(struct bytes){(const uint8_t *)zero, sizeof(zero) - 1}, &config, &why));
	assert_string_equal(why.text,
		"f:2: the line holds a control character (or is UTF-16): write plain "
		"UTF-8 text");
	assert_false(config_parse(*state, "f",
		(struct bytes){(const uint8_t *)utf16, sizeof(utf16) - 1}, &config,
		NULL));
}

static void crlf_and_byte_order_mark_are_accepted(void **state)
{
	struct config *config = parsed(*state,
		"\xEF\xBB\xBF[defaults]\r\n\r\n# c\r\nport = 7\r\n[server "
		"\x61]\r\nservice = x y");
	assert_int_equal(config->defaults->port, 7);
	assert_string_equal(config_server(config, "a")->watch.service, "x y");
}

static void values_keep_what_inih_alone_would_cut(void **state)
{
	char *name = memory_array(*state, char, 257);
	memset(name, 'n', 256);
	char *text = memory_format(*state,
		"[server a]\ndisplay_name = %s\ndisplay_name = a;b#c = d: \"e\"\n", name);
	struct config *config = parsed(*state, text);
	const struct watch *watch = &config_server(config, "a")->watch;
	assert_string_equal(watch->display_names[2], name);
	assert_string_equal(watch->display_names[3], "a;b#c = d: \"e\"");
}

static void lines_are_read_up_to_the_limit(void **state)
{
	for (size_t length = CONFIG_MAX_LINE; length <= CONFIG_MAX_LINE + 1; length++) {
		char *line = memory_array(*state, char, length + 1);
		memset(line, 'x', length);
		line[0] = '#';
		struct config *config;
		struct failure why = {.text = ""};
		assert_int_equal(parse(*state, memory_format(*state, "\n%s\n", line),
					 &config, &why),
			length == CONFIG_MAX_LINE);
		if (length > CONFIG_MAX_LINE)
			assert_string_equal(why.text,
				"imc.conf:2: the line is longer than 4096 bytes");
	}
}

static void keys_of_a_section_are_bounded(void **state)
{
	char *text = memory_copy(*state, "[server a]\n");
	for (int i = 0; i < 65; i++)
		text = memory_required(talloc_strdup_append(text, "display_name = x\n"));
	struct config *config;
	struct failure why;
	assert_false(parse(*state, text, &config, &why));
	assert_non_null(strstr(why.text, "imc.conf:66: more than 64 keys"));
}

static void many_servers(
	void *parent, int count, bool repeats, struct failure *why, bool expected)
{
	char *text = memory_copy(parent, "[defaults]\ncredentials = /c\n");
	for (int i = count; i > 0; i--)
		text = memory_required(talloc_asprintf_append_buffer(text,
			"[server EXCH%05d]\naddress = exch%d.example.com\nlookback = "
			"3d\n",
			repeats && i == 1 ? 2 : i, i));
	struct config *config = NULL;
	struct timespec before, after;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	assert_int_equal(parse(parent, text, &config, why), expected);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	/* 0.05 s without a sanitizer or valgrind; quadratic work would take minutes. */
	assert_true(after.tv_sec - before.tv_sec < 20);
	if (expected) {
		assert_int_equal(config->server_count, count);
		assert_string_equal(
			config_server(config, "EXCH00007")->address, "exch7.example.com");
	}
	talloc_free(config);
}

static void ten_thousand_servers_are_read_quickly(void **state)
{
	struct failure why = {.text = ""};
	many_servers(*state, 10000, false, &why, true);
	many_servers(*state, 10000, true, &why, false);
	assert_string_equal(why.text,
		"imc.conf:30000: section [server EXCH00002] is there already, in line "
		"29997: join the two");
}

static void too_many_servers_are_refused(void **state)
{
	struct failure why = {.text = ""};
	many_servers(*state, CONFIG_MAX_SERVERS + 2, false, &why, false);
	assert_non_null(strstr(why.text, "more than 50000 servers"));
}

static void only_regular_files_are_read(void **state)
{
	char folder[] = "/tmp/imc-config-XXXXXX";
	assert_non_null(mkdtemp(folder));
	char *fifo = memory_format(*state, "%s/fifo", folder);
	char *file = memory_format(*state, "%s/file", folder);
	char *absent = memory_format(*state, "%s/absent", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	FILE *stream = fopen(file, "w");
	assert_non_null(stream);
	fputs("[server a]\n", stream);
	fclose(stream);

	struct config *config;
	struct failure why;
	assert_true(config_read(*state, file, &config, &why));
	assert_int_equal(config->server_count, 1);
	assert_false(config_read(*state, fifo, &config, &why));
	assert_non_null(strstr(why.text, "not a regular file"));
	assert_false(config_read(*state, folder, &config, &why));
	assert_non_null(strstr(why.text, "not a regular file"));
	assert_false(config_read(*state, absent, &config, &why));
	assert_non_null(strstr(why.text, "No such file"));
	assert_int_equal(truncate(file, CONFIG_MAX_BYTES + 1), 0);
	assert_false(config_read(*state, file, &config, &why));
	assert_non_null(strstr(why.text, "larger than"));
	unlink(fifo);
	unlink(file);
	rmdir(folder);
}

static void shipped_example_is_valid(void **state)
{
	struct config *config;
	struct failure why = {.text = ""};
	if (!config_read(*state, "packaging/imc-monitor.conf", &config, &why))
		fail_msg("%s", why.text);
	assert_string_equal(
		config->defaults->credentials, "/etc/imc-monitor/credentials");

	/* Its examples too: each "#word" is one, each "# word" is a comment. */
	struct bytes text = test_file(*state, "packaging/imc-monitor.conf");
	char *shown = memory_array(*state, char, text.length + 1);
	size_t used = 0;
	for (size_t i = 0; i < text.length; i++) {
		bool is_first = i == 0 || text.data[i - 1] == '\n';
		bool is_example = text.data[i] == '#' && i + 1 < text.length &&
			strchr(" \n", text.data[i + 1]) == NULL;
		if (!is_first || !is_example)
			shown[used++] = (char)text.data[i];
	}
	config = parsed(*state, shown);
	assert_int_equal(config->server_count, 5);
	assert_int_equal(config_server(config, "EXCH02")->smb_signing, SIGNING_REQUIRED);
	if (!config_finish(config, "imc-monitor.conf", &why))
		fail_msg("%s", why.text);
	assert_string_equal(config_server(config, "EXCH03")->source, "evt");
	assert_string_equal(config_server(config, "EXCH04")->source, "snmp");
	assert_int_equal(config_server(config, "EXCH04")->snmp_version, SNMP_2C);
	assert_string_equal(config_server(config, "EXCH05")->remote_server, "EXCH01");
	assert_string_equal(config->agent->trap_socket, HINT_SOCKET);
	assert_false(config->agent->accept_trap_events);
}

static void what_a_server_lacks_is_told_by_file_and_line(void **state)
{
	struct failure why;
	struct config *config = parsed(
		*state, "[server A]\ncredentials = /c\n\n[server B]\naddress = b\n");
	assert_false(config_finish(config, "f.conf", &why));
	assert_string_equal(why.text,
		"f.conf:4: [server B]: source rpc needs an account: name its file with "
		"-A FILE (in a configuration: credentials = FILE)");
	config = parsed(*state,
		"[server A]\nevt = /e\n[defaults]\ncredentials = /c\n[server B]\n");
	assert_true(config_finish(config, "f.conf", &why));
	assert_string_equal(config_server(config, "A")->source, "evt");
	assert_string_equal(config_server(config, "B")->address, "B");
}

static void servers_of_other_sources_are_read(void **state)
{
	struct failure why = {.text = ""};
	struct config *config = parsed(*state,
		"[defaults]\ncredentials = /c\nsource = snmp\nsnmp_version = 1\n"
		"[server A]\nsnmp_version = 3\n"
		"[server B]\nsource = agent\naddress = far\nremote_server = EXCH07\n"
		"[server C]\nsource = evt\nevt = /e\n"
		"[server D]\nsource = rpc\n");
	if (!config_finish(config, "f.conf", &why))
		fail_msg("%s", why.text);
	const struct target *snmp = config_server(config, "A");
	assert_string_equal(snmp->source, "snmp");
	assert_int_equal(snmp->snmp_version, SNMP_3);
	const struct target *agent = config_server(config, "B");
	assert_string_equal(agent->source, "agent");
	assert_string_equal(agent->remote_server, "EXCH07");
	assert_int_equal(agent->snmp_version, SNMP_1);
	assert_string_equal(config_server(config, "C")->source, "evt");
	assert_string_equal(config_server(config, "D")->source, "rpc");
	config = parsed(*state,
		"[defaults]\ncredentials = /c\n[server A]\nsource = snmp\n"
		"remote_server = B\n");
	assert_false(config_finish(config, "f.conf", &why));
	assert_non_null(strstr(why.text, "f.conf:3: [server A]: a remote server is"));
	config = parsed(*state,
		"[defaults]\ncredentials = /c\n[server A]\nsource = snmp\n"
		"service = MSExchangeMTA\n");
	assert_false(config_finish(config, "f.conf", &why));
	assert_non_null(strstr(why.text, "f.conf:3: [server A]: SNMP knows services by"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(what_a_server_lacks_is_told_by_file_and_line),
		sentence(servers_of_other_sources_are_read),
		sentence(servers_come_over_defaults_wherever_those_stand),
		sentence(agent_section_is_read),
		sentence(every_key_of_the_table_is_taken_once),
		sentence(bad_lines_are_refused_by_file_and_line),
		sentence(a_file_of_somebody_else_is_not_shown),
		sentence(zero_bytes_and_utf16_are_refused),
		sentence(crlf_and_byte_order_mark_are_accepted),
		sentence(values_keep_what_inih_alone_would_cut),
		sentence(lines_are_read_up_to_the_limit),
		sentence(keys_of_a_section_are_bounded),
		sentence(ten_thousand_servers_are_read_quickly),
		sentence(too_many_servers_are_refused),
		sentence(only_regular_files_are_read),
		sentence(shipped_example_is_valid),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
