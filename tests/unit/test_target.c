/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>

#include "core/target.h"
#include "core/value.h"
#include "core/when.h"

static bool set(
	struct target *target, const char *name, const char *value, struct failure *why)
{
	const struct setting *setting = target_setting(name);
	assert_non_null(setting);
	return setting->set(target, value, why);
}

static void defaults_are_those_of_the_manual(void **state)
{
	struct target *target = target_new(*state);
	assert_null(target->source);
	assert_null(target->address);
	assert_null(target->remote_server);
	assert_int_equal(target->snmp_version, SNMP_ANY);
	assert_int_equal(target->port, 0);
	assert_string_equal(target->watch.service, "MSExchangeIMC");
	assert_int_equal(target->watch.display_name_count, 2);
	assert_string_equal(target->watch.display_names[0],
		"Microsoft Exchange Internet Mail Service");
	assert_string_equal(target->watch.display_names[1],
		"Microsoft Exchange Internet Mail Connector");
	assert_int_equal(target->smb_min, SMB_NT1);
	assert_int_equal(target->smb_max, SMB_SMB3);
	assert_int_equal(target->smb_signing, SIGNING_AUTO);
	assert_false(target->allows_ntlmv1);
	assert_false(target->allows_start);
	assert_true(target->policy.lookback == 7 * WHEN_DAY);
	assert_true(target->policy.boot_window == 15 * WHEN_MINUTE);
	assert_true(target->policy.pending_warning == 5 * WHEN_MINUTE);
	assert_true(target->policy.pending_critical == 15 * WHEN_MINUTE);
	assert_true(target->policy.max_age == WHEN_HOUR);
	assert_true(target->policy.fixed_since == NO_TIME);
	assert_false(target->policy.has_warning || target->policy.has_critical);
	assert_true(target->interval == WHEN_MINUTE);
	assert_int_equal(target->retries, 2);
	assert_int_equal(target->start_attempts, 1);
}

static const struct {
	const char *name, *value;
} good_values[] = {
	{"hostname", "exch01"},
	{"hostname", "EXCH-01.example.com"},
	{"hostname", "192.0.2.17"},
	{"hostname", "2001:db8::1"},
	{"hostname", "::1"},
	{"hostname", "fe80::1%eth0"},
	{"address", "exch_01"},
	{"source", "rpc"},
	{"source", "snmp"},
	{"source", "agent"},
	{"source", "evt"},
	{"snmp-version", "1"},
	{"snmp-version", "2c"},
	{"snmp-version", "3"},
	{"remote-server", "EXCH01"},
	{"remote-server", "exch-01.example_2"},
	{"remote-server", "12345678901234567890123456789012"},
	{"port", "1"},
	{"port", "445"},
	{"port", "65535"},
	{"credentials", "/etc/imc-monitor/credentials"},
	{"evt", "AppEvent.Evt"},
	{"system-evt", "../SysEvent.Evt"},
	{"service", "MSExchangeIMC$2"},
	{"display-name", "Internet-Mail-Dienst f\xC3\xBCr Exchange"},
	{"smb-protocol", "NT1:NT1"},
	{"smb-protocol", "SMB2:SMB3"},
	{"smb-signing", "required"},
	{"smb-signing", "off"},
	{"ntlmv1", "yes"},
	{"lookback", "1m"},
	{"lookback", "366d"},
	{"boot-window", "1s"},
	{"pending", "5m,15m"},
	{"pending", "0,0"},
	{"max-age", "0"},
	{"fixed-since", "2026-11-22T09:00:00Z"},
	{"warning", "0"},
	{"critical", "~:5"},
	{"severity", "paused=ok,unreachable=ok"},
	{"maintenance", "no"},
	{"interval", "10s"},
	{"retries", "0"},
	{"allow-start", "yes"},
	{"start-credentials", "/x"},
	{"start-delay", "0"},
	{"start-attempts", "5"},
};

static void good_values_are_taken(void **state)
{
	struct target *target = target_new(*state);
	for (size_t i = 0; i < sizeof(good_values) / sizeof(good_values[0]); i++) {
		test_row("%s %s", good_values[i].name, good_values[i].value);
		assert_true(set(target, good_values[i].name, good_values[i].value, NULL));
	}
	test_row("%s", "");
	assert_string_equal(target->address, "exch_01");
	assert_string_equal(target->source, "evt");
	assert_int_equal(target->snmp_version, SNMP_3);
	assert_string_equal(target->remote_server, "12345678901234567890123456789012");
	assert_int_equal(target->port, 65535);
	assert_int_equal(target->smb_min, SMB_SMB2);
	assert_int_equal(target->smb_max, SMB_SMB3);
	assert_int_equal(target->smb_signing, SIGNING_OFF);
	assert_true(target->allows_ntlmv1);
	assert_int_equal(target->watch.display_name_count, 3);
	assert_true(target->policy.lookback == 366 * WHEN_DAY);
	assert_true(target->policy.fixed_since == 1795338000);
	assert_true(target->policy.has_warning && target->policy.has_critical);
	assert_int_equal(target->policy.severity[KEY_PAUSED], STATUS_OK);
	assert_true(target->policy.is_severity_set[KEY_UNREACHABLE]);
	assert_int_equal(target->start_attempts, 5);
}

/* `right` is what the message says would be right. */
static const struct {
	const char *name, *value, *right;
} bad_rows[] = {
	{"hostname", "", "not be empty"},
	{"hostname", "-v", "letters, digits"},
	{"hostname", "a b", "letters, digits"},
	{"hostname", "a\tb", "control"},
	{"hostname", "a\nb", "control"},
	{"hostname", "exch01[sign]", "letters, digits"},
	{"hostname", "exch01,smb2", "letters, digits"},
	{"hostname", "u@exch01", "letters, digits"},
	{"hostname", "a|b", "letters, digits"},
	{"hostname", "\\\\exch01", "letters, digits"},
	{"hostname", "'a'", "letters, digits"},
	{"hostname", "\"a\"", "letters, digits"},
	{"hostname", "b\xC3\xBCro", "letters, digits"},
	{"address", "ncacn_np:a[b]", "letters, digits"},
	{"source", "", "one of rpc, snmp, agent, evt"},
	{"source", "SNMP", "one of rpc, snmp, agent, evt"},
	{"source", "snm", "one of rpc, snmp, agent, evt"},
	{"source", "snmp ", "one of rpc, snmp, agent, evt"},
	{"source", "rpc, snmp", "one of rpc, snmp, agent, evt"},
	{"source", "RPC", "one of rpc, snmp, agent, evt"},
	{"snmp-version", "", "1, 2c or 3"},
	{"snmp-version", "0", "1, 2c or 3"},
	{"snmp-version", "2", "1, 2c or 3"},
	{"snmp-version", "2C", "1, 2c or 3"},
	{"snmp-version", "v3", "1, 2c or 3"},
	{"snmp-version", "4", "1, 2c or 3"},
	{"snmp-version", "any", "1, 2c or 3"},
	{"remote-server", "", "1 to 32"},
	{"remote-server", "a b", "1 to 32"},
	{"remote-server", "a/b", "1 to 32"},
	{"remote-server", "../a", "1 to 32"},
	{"remote-server", "a~snmp", "1 to 32"},
	{"remote-server", "a:161", "1 to 32"},
	{"remote-server", "123456789012345678901234567890123", "1 to 32"},
	{"port", "0", "1 to 65535, not 0"},
	{"port", "65536", "1 to 65535"},
	{"port", "-1", "1 to 65535"},
	{"port", "+1", "1 to 65535"},
	{"port", "", "1 to 65535"},
	{"port", "445 ", "1 to 65535"},
	{"port", "0x1bd", "1 to 65535"},
	{"port", "4.5", "1 to 65535"},
	{"port", "18446744073709551617", "1 to 65535"},
	{"credentials", "", "not be empty"},
	{"evt", "", "not be empty"},
	{"evt", "a\nb", "control"},
	{"service", "a/b", "key name"},
	{"service", "a\\b", "key name"},
	{"service", "", "not be empty"},
	{"display-name", "", "not be empty"},
	{"smb-protocol", "SMB1:SMB3", "NT1, SMB2 and SMB3"},
	{"smb-protocol", "SMB3:NT1", "NT1, SMB2 and SMB3"},
	{"smb-protocol", "NT1", "NT1, SMB2 and SMB3"},
	{"smb-protocol", "NT1:", "NT1, SMB2 and SMB3"},
	{"smb-protocol", "nt1:smb3", "NT1, SMB2 and SMB3"},
	{"smb-signing", "on", "auto, off or required"},
	{"ntlmv1", "true", "yes or no"},
	{"ntlmv1", "", "yes or no"},
	{"lookback", "59s", "from "},
	{"lookback", "367d", "from "},
	{"lookback", "7w", "duration"},
	{"boot-window", "0", "from "},
	{"boot-window", "25h", "from "},
	{"pending", "5m", "two durations"},
	{"pending", "", "two durations"},
	{"pending", "15m,5m", "longer"},
	{"pending", "5m,", "duration"},
	{"pending", ",5m", "duration"},
	{"pending", "5m,10m,15m", "duration"},
	{"max-age", "soon", "duration"},
	{"fixed-since", "yesterday", "time"},
	{"warning", "2:1", "range"},
	{"critical", "", "range"},
	{"severity", "paused", "KEY=STATE"},
	{"severity", "nothing=ok", "KEY=STATE"},
	{"severity", "paused=ok,", "KEY=STATE"},
	{"severity", "paused=fine", "ok, warning, critical or unknown"},
	{"maintenance", "1", "yes or no"},
	{"interval", "9s", "from "},
	{"retries", "11", "0 to 10"},
	{"start-attempts", "0", "1 to 5"},
};

static void bad_values_are_refused_with_what_is_right(void **state)
{
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
		struct target *target = target_new(*state);
		struct target *before = target_copy(*state, target);
		struct failure why = {.text = ""};
		test_row("%s \"%s\"", bad_rows[i].name, bad_rows[i].value);
		assert_false(set(target, bad_rows[i].name, bad_rows[i].value, &why));
		assert_int_equal(why.kind, FAIL_USAGE);
		if (strstr(why.text, bad_rows[i].right) == NULL)
			fail_msg("message: %s", why.text);
		assert_null(strchr(why.text, '\n'));
		/* Nothing was changed. */
		assert_memory_equal(
			&target->policy, &before->policy, sizeof(target->policy));
		assert_null(target->address);
		assert_null(target->source);
		assert_null(target->remote_server);
		assert_int_equal(target->snmp_version, SNMP_ANY);
		assert_int_equal(target->port, 0);
		assert_int_equal(target->smb_min, SMB_NT1);
		assert_int_equal(target->watch.display_name_count, 2);
	}
	test_row("%s", "");
}

static void over_long_values_are_refused(void **state)
{
	static const struct {
		const char *name;
		size_t most;
	} rows[] = {{"hostname", 255}, {"service", 256}, {"display-name", 256},
		{"evt", 4095}, {"credentials", 4095}};
	char text[5000];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].name);
		memset(text, 'a', sizeof(text));
		text[rows[i].most] = '\0';
		assert_true(set(target_new(*state), rows[i].name, text, NULL));
		text[rows[i].most] = 'a';
		text[rows[i].most + 1] = '\0';
		assert_false(set(target_new(*state), rows[i].name, text, NULL));
	}
	test_row("%s", "");
}

static void a_password_after_the_wrong_letter_is_not_repeated(void **state)
{
	struct failure why;
	assert_false(set(target_new(*state), "port", "Swordfish9", &why));
	assert_null(strstr(why.text, "Swordfish9"));
}

static void display_names_are_bounded(void **state)
{
	struct target *target = target_new(*state);
	for (int i = 0; i < 14; i++)
		assert_true(set(target, "display-name", "One more", NULL));
	assert_false(set(target, "display-name", "Too many", NULL));
	assert_int_equal(target->watch.display_name_count, 16);
}

static void a_copy_can_be_changed_on_its_own(void **state)
{
	struct target *first = target_new(*state);
	assert_true(set(first, "hostname", "one", NULL));
	assert_true(set(first, "display-name", "Dienst", NULL));
	assert_true(set(first, "remote-server", "row1", NULL));
	assert_true(set(first, "snmp-version", "3", NULL));
	struct target *second = target_copy(*state, first);
	assert_true(set(second, "hostname", "two", NULL));
	assert_true(set(second, "remote-server", "row2", NULL));
	assert_true(set(second, "snmp-version", "1", NULL));
	assert_true(set(second, "service", "Other", NULL));
	assert_true(set(second, "display-name", "Service", NULL));
	assert_string_equal(first->address, "one");
	assert_string_equal(first->remote_server, "row1");
	assert_int_equal(first->snmp_version, SNMP_3);
	assert_string_equal(first->watch.service, "MSExchangeIMC");
	assert_int_equal(first->watch.display_name_count, 3);
	talloc_free(first);
	assert_string_equal(second->remote_server, "row2");
	assert_int_equal(second->watch.display_name_count, 4);
	assert_string_equal(second->watch.display_names[2], "Dienst");
	assert_string_equal(second->watch.display_names[3], "Service");
}

/* "1" of snmp-version is SNMP_1, and so on: nobody can ask for any. */
static void versions_have_the_names_of_their_documents(void **state)
{
	static const struct {
		const char *name;
		enum snmp_version version;
	} rows[] = {{"1", SNMP_1}, {"2c", SNMP_2C}, {"3", SNMP_3}};
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), SNMP_VERSIONS - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct target *target = target_new(*state);
		assert_true(set(target, "snmp-version", rows[i].name, NULL));
		assert_int_equal(target->snmp_version, rows[i].version);
	}
}

static void every_setting_is_complete_and_unique(void **state)
{
	(void)state;
	size_t count;
	const struct setting *settings = target_settings(&count);
	assert_true(count > 20 && count <= 64);
	for (size_t i = 0; i < count; i++) {
		test_row("%s", settings[i].name);
		assert_non_null(settings[i].argument);
		assert_non_null(settings[i].help);
		assert_non_null(settings[i].set);
		assert_true(settings[i].in_options || settings[i].in_config);
		assert_ptr_equal(target_setting(settings[i].name), &settings[i]);
		assert_null(strpbrk(settings[i].name, "_ "));
	}
	test_row("%s", "");
	assert_null(target_setting("boot_window"));
	assert_null(target_setting(""));
	assert_false(target_setting("ntlmv1")->in_options);
	assert_false(target_setting("hostname")->in_config);
}

static void nearest_name_is_the_one_that_was_meant(void **state)
{
	(void)state;
	static const char *const names[] = {"lookback", "pending", "at", "evt", "EXCH01"};
	static const struct {
		const char *wanted, *best;
	} rows[] = {
		{"lokback", "lookback"},
		{"loopback", "lookback"},
		{"pendingg", "pending"},
		{"exch01", NULL},
		{"EXCH02", "EXCH01"},
		{"evtx", "evt"},
		{"zz", NULL},
		{"", NULL},
		{"lookbackwards", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].wanted);
		struct nearest nearest = nearest_to(rows[i].wanted);
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			nearest_offer(&nearest, names[k]);
		if (rows[i].best == NULL)
			assert_null(nearest.best);
		else
			assert_string_equal(nearest.best, rows[i].best);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(defaults_are_those_of_the_manual),
		sentence(good_values_are_taken),
		sentence(bad_values_are_refused_with_what_is_right),
		sentence(over_long_values_are_refused),
		sentence(a_password_after_the_wrong_letter_is_not_repeated),
		sentence(display_names_are_bounded),
		sentence(a_copy_can_be_changed_on_its_own),
		sentence(versions_have_the_names_of_their_documents),
		sentence(every_setting_is_complete_and_unique),
		sentence(nearest_name_is_the_one_that_was_meant),
	};
	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
