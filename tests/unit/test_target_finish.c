/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/source_kind.h"
#include "core/target.h"

/* What is said of a server, one bit for each thing. */
enum {
	ADDRESS = 1,
	SERVER = 2,
	CREDENTIALS = 4,
	EVT = 8,
	SYSTEM_EVT = 16,
	REMOTE_SERVER = 32,
	ALL = 64
};

static char *text_if(struct target *target, unsigned said, unsigned bit, const char *text)
{
	return (said & bit) != 0 ? memory_copy(target, text) : NULL;
}

static struct target *target_of(void *parent, const char *source, unsigned said)
{
	struct target *target = target_new(parent);
	target->source = source;
	target->address = text_if(target, said, ADDRESS, "192.0.2.1");
	target->server = text_if(target, said, SERVER, "EXCH01");
	target->credentials = text_if(target, said, CREDENTIALS, "/c");
	target->evt = text_if(target, said, EVT, "/a.evt");
	target->system_evt = text_if(target, said, SYSTEM_EVT, "/s.evt");
	target->remote_server = text_if(target, said, REMOTE_SERVER, "row");
	return target;
}

/* The rules, a second time and in other words: what must be said of a server, and what
 * must not, by what it becomes. */
static const struct {
	const char *source;
	unsigned needs, needs_one_of, refuses;
} rules[] = {
	{"rpc", CREDENTIALS, ADDRESS | SERVER, EVT | SYSTEM_EVT | REMOTE_SERVER},
	{"snmp", CREDENTIALS, ADDRESS | SERVER, EVT | SYSTEM_EVT | REMOTE_SERVER},
	{"agent", CREDENTIALS, ADDRESS | SERVER, EVT | SYSTEM_EVT},
	{"evt", EVT, EVT, REMOTE_SERVER},
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static bool is_right(const char *source, unsigned said)
{
	for (size_t i = 0; i < RULES; i++) {
		if (strcmp(rules[i].source, source) == 0)
			return (said & rules[i].needs) == rules[i].needs &&
				(said & rules[i].needs_one_of) != 0 &&
				(said & rules[i].refuses) == 0;
	}
	fail_msg("no rule for %s", source);
	return false;
}

static void finish(void *parent, const char *source, unsigned said)
{
	const char *becomes = source != NULL ? source : (said & EVT) != 0 ? "evt" : "rpc";
	struct target *target = target_of(parent, source, said);
	struct failure why = {.text = ""};
	test_row("source %s, said %#x", source == NULL ? "(none)" : source, said);
	bool is_finished = target_finish(target, &why);
	if (is_finished != is_right(becomes, said))
		fail_msg("%s: %s", is_finished ? "taken" : "refused", why.text);
	if (is_finished) {
		assert_string_equal(target->source, becomes);
		assert_int_equal(target->port, 0);
		if (strcmp(becomes, "evt") != 0)
			assert_string_equal(target->address,
				(said & ADDRESS) != 0 ? "192.0.2.1" : "EXCH01");
	} else {
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_true(strlen(why.text) > 20);
		assert_null(strchr(why.text, '\n'));
	}
	talloc_free(target);
}

static void every_combination_is_taken_or_refused_by_the_rules(void **state)
{
	size_t count;
	const struct source_kind *kinds = source_kinds(&count);
	assert_int_equal(count, RULES);
	for (unsigned said = 0; said < ALL; said++) {
		finish(*state, NULL, said);
		for (size_t i = 0; i < count; i++)
			finish(*state, kinds[i].name, said);
	}
	test_row("%s", "");
}

static void refusals_say_what_would_be_right(void **state)
{
	static const struct {
		const char *source;
		unsigned said;
		const char *says;
	} rows[] = {
		{NULL, ADDRESS, "source rpc needs an account: name its file"},
		{"rpc", ADDRESS, "with -A FILE (in a configuration: credentials = FILE)"},
		{"snmp", ADDRESS,
			"source snmp needs a community or a user: name its file"},
		{"agent", SERVER,
			"source agent needs a community or a user: name its file"},
		{NULL, CREDENTIALS, "source rpc needs a server: -H HOST"},
		{"snmp", CREDENTIALS, "source snmp needs a server: -H HOST"},
		{"agent", CREDENTIALS | REMOTE_SERVER,
			"source agent needs a server: -H HOST"},
		{"rpc", ADDRESS | CREDENTIALS | EVT,
			"source rpc and --evt exclude each other"},
		{"snmp", ADDRESS | CREDENTIALS | EVT,
			"source snmp and --evt exclude each other"},
		{"agent", ADDRESS | CREDENTIALS | SYSTEM_EVT,
			"source agent and --evt exclude each other"},
		{"evt", ADDRESS | CREDENTIALS, "source evt needs a copied log"},
		{NULL, ADDRESS | CREDENTIALS | SYSTEM_EVT, "add --evt FILE"},
		{"rpc", ADDRESS | CREDENTIALS | REMOTE_SERVER, "add -S agent"},
		{NULL, ADDRESS | CREDENTIALS | REMOTE_SERVER, "add -S agent"},
		{"snmp", ADDRESS | CREDENTIALS | REMOTE_SERVER, "add -S agent"},
		{NULL, EVT | REMOTE_SERVER, "source evt has none of"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct target *target = target_of(*state, rows[i].source, rows[i].said);
		struct failure why = {.text = ""};
		test_row("row %zu", i);
		assert_false(target_finish(target, &why));
		if (strstr(why.text, rows[i].says) == NULL)
			fail_msg("message: %s", why.text);
	}
	test_row("%s", "");
}

/* SNMP asks at another port, but that is the source's to know: 0 stays "its own". */
static void what_was_set_stays(void **state)
{
	struct target *target = target_of(
		*state, "agent", ADDRESS | SERVER | CREDENTIALS | REMOTE_SERVER);
	target->port = 1161;
	target->snmp_version = SNMP_2C;
	assert_true(target_finish(target, NULL));
	assert_string_equal(target->server, "EXCH01");
	assert_string_equal(target->address, "192.0.2.1");
	assert_string_equal(target->remote_server, "row");
	assert_string_equal(target->credentials, "/c");
	assert_int_equal(target->port, 1161);
	assert_int_equal(target->snmp_version, SNMP_2C);
}

static struct target *watching(
	void *parent, const char *source, const char *service, const char *name)
{
	struct target *target = target_of(parent, source, ADDRESS | CREDENTIALS);
	assert_true(target_setting("service")->set(target, service, NULL));
	if (name != NULL)
		assert_true(target_setting("display-name")->set(target, name, NULL));
	return target;
}

/* Or the Internet Mail Service would answer for a service that is not there. */
static void other_services_have_none_of_its_names(void **state)
{
	struct failure why = {.text = ""};
	struct target *target = watching(*state, "snmp", "MSExchangeMTA", "MTA");
	assert_true(target_finish(target, &why));
	assert_int_equal(target->watch.display_name_count, 1);
	assert_string_equal(target->watch.display_names[0], "MTA");

	assert_true(target_has_names(target, &why));

	target = watching(*state, "rpc", "MSExchangeMTA", NULL);
	assert_true(target_finish(target, &why));
	assert_int_equal(target->watch.display_name_count, 0);
	assert_true(target_has_names(target, &why));

	target = watching(*state, "snmp", "MSExchangeMTA", NULL);
	assert_true(target_finish(target, &why));
	assert_int_equal(target->watch.display_name_count, 0);
	assert_false(target_has_names(target, &why));
	assert_non_null(
		strstr(why.text, "add one of MSExchangeMTA, with --display-name"));

	target = watching(*state, "snmp", "msexchangeimc", NULL);
	assert_true(target_finish(target, &why));
	assert_int_equal(target->watch.display_name_count, 2);
	assert_true(target_has_names(target, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(every_combination_is_taken_or_refused_by_the_rules),
		sentence(refusals_say_what_would_be_right),
		sentence(what_was_set_stays),
		sentence(other_services_have_none_of_its_names),
	};
	return cmocka_run_group_tests_name("target_finish", tests, NULL, NULL);
}
