/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <jansson.h>

#include "agent/options.h"
#include "check/options.h"
#include "check/report.h"
#include "core/agent_settings.h"
#include "core/bytes.h"
#include "core/policy.h"
#include "made_verdict.h"
#include "start/options.h"
#include "trap/options.h"

/* The manual pages say what the tables say: the same options and keys, with the same
 * arguments, in the same order. */
enum { ITEMS_MAX = 80 };

/* The lines of a page that begin with `begin`, without it, from the heading on to the
 * next one of its kind; mdoc's list items. */
static size_t items_of(void *parent, const char *page, const char *heading,
	const char *begin, const char **ret)
{
	struct bytes file = test_file(parent, page);
	char *text = memory_copy_bytes(parent, (const char *)file.data, file.length);
	char *start = strstr(text, memory_format(parent, "\n.Sh %s\n", heading));
	assert_non_null(start);
	char *end = strstr(start + 1, "\n.Sh ");
	if (end != NULL)
		*end = '\0';
	size_t count = 0;
	char *rest = NULL;
	for (char *line = strtok_r(start, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, begin, strlen(begin)) != 0)
			continue;
		assert_true(count < ITEMS_MAX);
		ret[count++] = line + strlen(begin);
	}
	return count;
}

/* As the page has to write the option: "H , Fl -hostname Ar HOST". */
static char *option_item(void *parent, const struct option_row *row)
{
	const char *argument = option_argument(row);
	char *letter = row->letter == '\0'
		? memory_copy(parent, "")
		: memory_format(parent, "%c , Fl ", row->letter);
	if (argument == NULL)
		return memory_format(parent, "%s-%s", letter, row->name);
	if (argument[0] != '[')
		return memory_format(parent, "%s-%s Ar %s", letter, row->name, argument);
	return memory_format(parent,
		"%s-%s Ns Op = Ns Oo Ar SECTION Oc Ns Op @ Ns Ar FILE", letter,
		row->name);
}

static void options_are_those_of_the_table(void **state)
{
	const char *items[ITEMS_MAX];
	size_t item_count = items_of(
		*state, "packaging/man/check_imc.1", "OPTIONS", ".It Fl ", items);
	size_t count, item = 0;
	const struct option_row *rows = options_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].heading != NULL)
			continue;
		test_row("--%s", rows[i].name);
		assert_true(item < item_count);
		assert_string_equal(items[item++], option_item(*state, &rows[i]));
	}
	assert_int_equal(item, item_count);
	test_row("%s", "");
}

static void groups_are_those_of_the_table(void **state)
{
	const char *items[ITEMS_MAX];
	size_t item_count =
		items_of(*state, "packaging/man/check_imc.1", "OPTIONS", ".Ss ", items);
	size_t count, item = 0;
	const struct option_row *rows = options_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].heading == NULL)
			continue;
		assert_true(item < item_count);
		assert_string_equal(items[item++], rows[i].heading);
	}
	/* The page explains kinds of values in one more. */
	assert_int_equal(item + 1, item_count);
}

static void severities_are_those_of_the_policy(void **state)
{
	const char *items[ITEMS_MAX];
	size_t item_count = items_of(
		*state, "packaging/man/check_imc.1", "SEVERITIES", ".It Cm ", items);
	assert_int_equal(item_count, KEYS);
	struct policy policy = policy_default();
	for (enum key key = 0; key < KEYS; key++) {
		const char *status = status_name(policy.severity[key]);
		if (key == KEY_PENDING)
			status = "by age";
		if (key == KEY_EVENTS)
			status = "as given";
		test_row("%s", key_name(key));
		assert_string_equal(items[key],
			memory_format(*state, "%s Ta %s Ta %s", key_name(key), status,
				key_help(key)));
	}
	test_row("%s", "");
}

static char *key_item(void *parent, const char *name, const char *argument)
{
	char *key = memory_copy(parent, name);
	for (char *at = key; *at != '\0'; at++)
		*at = *at == '-' ? '_' : *at;
	return memory_format(parent, "%s = Ar %s", key, argument);
}

static void keys_of_servers_are_those_of_the_table(void **state)
{
	const char *items[ITEMS_MAX];
	size_t item_count = items_of(
		*state, "packaging/man/imc-monitor.conf.5", "SERVERS", ".It Ic ", items);
	size_t count, item = 0;
	const struct setting *settings = target_settings(&count);
	for (size_t i = 0; i < count; i++) {
		if (!settings[i].in_config)
			continue;
		test_row("%s", settings[i].name);
		assert_true(item < item_count);
		assert_string_equal(items[item++],
			key_item(*state, settings[i].name, settings[i].argument));
	}
	assert_int_equal(item, item_count);
	test_row("%s", "");
}

static void keys_of_the_agent_are_those_of_the_table(void **state)
{
	const char *items[ITEMS_MAX];
	size_t item_count = items_of(
		*state, "packaging/man/imc-monitor.conf.5", "AGENT", ".It Ic ", items);
	size_t count;
	const struct agent_setting *settings = agent_settings_table(&count);
	assert_int_equal(item_count, count);
	for (size_t i = 0; i < count; i++) {
		test_row("%s", settings[i].name);
		assert_string_equal(items[i],
			key_item(*state, settings[i].name, settings[i].argument));
	}
	test_row("%s", "");
}

/* As the page has to write it: "c , Fl -config Ar FILE". */
static char *command_item(void *parent, const struct command_option *option)
{
	const char *argument = option->argument;
	return memory_format(parent, "%c , Fl -%s%s%s", option->letter, option->name,
		argument != NULL ? " Ar " : "", argument != NULL ? argument : "");
}

static void page_has_options(void *parent, const char *page, const char *heading,
	const struct command_line *line)
{
	const char *items[ITEMS_MAX];
	size_t item_count = items_of(parent, page, heading, ".It Fl ", items);
	assert_int_equal(item_count, line->count);
	for (size_t i = 0; i < item_count; i++) {
		test_row("%s --%s", line->program, line->options[i].name);
		assert_string_equal(items[i], command_item(parent, &line->options[i]));
	}
	test_row("%s", "");
}

static void options_of_imc_agentd_are_those_of_its_table(void **state)
{
	page_has_options(*state, "packaging/man/imc-agentd.8", "DESCRIPTION",
		agent_options_line());
}

static void options_of_imc_trap_are_those_of_its_table(void **state)
{
	page_has_options(
		*state, "packaging/man/imc-trap.8", "DESCRIPTION", trap_options_line());
}

static void options_of_imc_start_are_those_of_its_table(void **state)
{
	page_has_options(
		*state, "packaging/man/imc-start.8", "OPTIONS", start_options_line());
}

/* --- OUTPUT of check_imc(1) --- */

static size_t output_items(void *parent, const char *begin, const char **ret)
{
	return items_of(parent, "packaging/man/check_imc.1", "OUTPUT", begin, ret);
}

static void assert_item(const char *item, const char *name)
{
	test_row("%s", name);
	size_t length = strlen(name);
	assert_int_equal(strncmp(item, name, length), 0);
	assert_int_equal(strncmp(item + length, " Ta ", 4), 0);
	test_row("%s", "");
}

static void metrics_are_those_of_a_verdict_that_knows_all(void **state)
{
	const char *items[ITEMS_MAX];
	size_t item_count = output_items(*state, ".It Cm ", items), count;
	char **metrics = report_perfdata(*state, &made_verdict(*state)->verdict, &count);
	assert_int_equal(item_count, count);
	for (size_t i = 0; i < count; i++) {
		*strchr(metrics[i], '=') = '\0';
		assert_item(items[i], metrics[i]);
	}
}

/* Names as jq takes them: service.dependencies[].name. */
static void add_members(
	void *parent, const char *path, json_t *value, const char **ret, size_t *count)
{
	const char *name;
	json_t *member;
	if (json_is_array(value)) {
		path = memory_format(parent, "%s[]", path);
		value = json_array_get(value, 0);
	}
	if (!json_is_object(value)) {
		assert_true(*count < ITEMS_MAX);
		ret[(*count)++] = path;
		return;
	}
	json_object_foreach(value, name, member)
	{
		add_members(parent,
			memory_format(parent, "%s%s%s", path, *path ? "." : "", name),
			member, ret, count);
	}
}

static void members_are_those_of_a_verdict_that_knows_all(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	struct failure why;
	fail_at(&why, FAIL_TIMEOUT, STAGE_CLOCK, "it takes too long");
	evidence_failed(made->evidence, PART_CLOCK, &why);
	json_t *object = json_loads(report_json(*state, &made->verdict), 0, NULL);
	const char *items[ITEMS_MAX], *members[ITEMS_MAX];
	size_t item_count = output_items(*state, ".It Li ", items), count = 0;
	add_members(*state, "", object, members, &count);
	assert_int_equal(item_count, count);
	for (size_t i = 0; i < count; i++)
		assert_item(items[i], members[i]);
	json_decref(object);
}

static void conditions_and_triggers_are_those_that_there_are(void **state)
{
	const char *items[ITEMS_MAX];
	size_t count = output_items(*state, ".It Em ", items);
	assert_int_equal(count, CONDITIONS + TRIGGERS);
	for (int i = 0; i < CONDITIONS; i++)
		assert_item(items[i], condition_name(i));
	for (int i = 0; i < TRIGGERS; i++)
		assert_item(items[CONDITIONS + i], trigger_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(options_are_those_of_the_table),
		sentence(groups_are_those_of_the_table),
		sentence(severities_are_those_of_the_policy),
		sentence(keys_of_servers_are_those_of_the_table),
		sentence(keys_of_the_agent_are_those_of_the_table),
		sentence(options_of_imc_agentd_are_those_of_its_table),
		sentence(options_of_imc_trap_are_those_of_its_table),
		sentence(options_of_imc_start_are_those_of_its_table),
		sentence(metrics_are_those_of_a_verdict_that_knows_all),
		sentence(members_are_those_of_a_verdict_that_knows_all),
		sentence(conditions_and_triggers_are_those_that_there_are),
	};
	return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}
