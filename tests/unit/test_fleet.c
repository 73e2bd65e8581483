/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/fleet.h"
#include "scene.h"

enum { NOW = SCENE_NOW };

static uint32_t suppressed;

static struct config *config_of(void *parent, const char *const *names)
{
	char *text = memory_copy(parent, "[defaults]\ncredentials = /c\n");
	struct config *config;
	struct failure why;
	for (; *names != NULL; names++)
		text = memory_format(parent, "%s[server %s]\n", text, *names);
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	assert_true(config_parse(parent, "conf", bytes, &config, &why));
	assert_true(config_finish(config, "conf", &why));
	return config;
}

#define config(parent, ...) config_of(parent, (const char *const[]){__VA_ARGS__, NULL})

static void note_joined(void *context, struct server *server)
{
	char **list = context;
	*list = talloc_asprintf_append(*list, "%s ", server->row->server);
}

/* Who joined, as a text. */
static char *configure(void *parent, struct fleet *fleet, const struct config *config)
{
	char *joined = memory_copy(parent, "");
	fleet_configure(fleet, config, NOW, 0, note_joined, &joined);
	return joined;
}

static void fail_start(struct fleet *fleet, const char *name)
{
	struct message_result result = {.end = POLL_LEARNED};
	struct evidence *evidence = scene(fleet, SERVICE_STOPPED, "boot@3h 4071@2h59m");
	server_take(fleet_find(fleet, name), &result, evidence, NOW, &suppressed);
	talloc_free(evidence);
}

static void rows_are_in_the_order_of_the_index(void **state)
{
	struct fleet *fleet = fleet_new(*state);
	static const char *const wanted[] = {"B", "a", "b", "AA", "a-", "a.", "ab", "AAA",
		"exch01", "exch10", "exch2-long"};
	configure(*state, fleet,
		config(*state, "exch2-long", "exch10", "b", "ab", "AA", "a-", "a.", "B",
			"AAA", "a", "exch01"));
	assert_int_equal(fleet->count, 11);
	for (size_t i = 0; i < fleet->count; i++) {
		assert_string_equal(fleet->rows[i]->server, wanted[i]);
		assert_ptr_equal(fleet_find(fleet, wanted[i])->row, fleet->rows[i]);
	}
	assert_null(fleet_find(fleet, "c"));
}

static void a_reload_keeps_who_stays(void **state)
{
	struct fleet *fleet = fleet_new(*state);
	struct config *first = config(*state, "A", "B", "C");
	assert_string_equal(configure(*state, fleet, first), "A B C ");
	fail_start(fleet, "B");
	struct row *row = fleet_find(fleet, "B")->row;
	assert_string_equal(
		configure(*state, fleet, config(*state, "B", "D", "E")), "D E ");
	talloc_free(first); /* nothing points to it any more */
	assert_ptr_equal(fleet_find(fleet, "B")->row, row);
	assert_int_equal(row->condition, CONDITION_ACTIVE);
	assert_null(fleet_find(fleet, "A"));
	assert_int_equal(fleet->count, 3);
	assert_string_equal(fleet_find(fleet, "B")->target->credentials, "/c");
}

static void a_fleet_may_be_empty(void **state)
{
	struct fleet *fleet = fleet_new(*state);
	struct config *none = memory_new(*state, struct config);
	configure(*state, fleet, config(*state, "A"));
	configure(*state, fleet, none);
	assert_int_equal(fleet->count, 0);
	assert_null(fleet_find(fleet, "A"));
}

/* Writes down what one process leaves, and makes the fleet of the next. */
static struct fleet *restart(void *parent, const struct fleet *fleet)
{
	char *text = standing_format(parent, fleet_standing(parent, fleet));
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	struct fleet *next = fleet_new(parent);
	talloc_free(next->before);
	assert_true(standing_parse(next, bytes, &next->before, NULL));
	next->next_sequence = next->before->next_sequence;
	next->next_appl_index = next->before->next_appl_index;
	return next;
}

static void an_applindex_belongs_to_a_name_for_ever(void **state)
{
	struct fleet *fleet = fleet_new(*state);
	configure(*state, fleet, config(*state, "A", "B"));
	uint32_t a = fleet_find(fleet, "A")->row->appl_index;
	uint32_t b = fleet_find(fleet, "B")->row->appl_index;
	assert_int_not_equal(a, b);
	configure(*state, fleet, config(*state, "B"));
	configure(*state, fleet, config(*state, "B", "C"));
	uint32_t c = fleet_find(fleet, "C")->row->appl_index;
	assert_true(c != a && c != b);
	fleet = restart(*state, fleet);
	configure(*state, fleet, config(*state, "A", "C", "D"));
	assert_int_equal(fleet_find(fleet, "A")->row->appl_index, a);
	assert_int_equal(fleet_find(fleet, "C")->row->appl_index, c);
	for (size_t i = 1; i < fleet->count; i++)
		assert_true(fleet->rows_by_appl_index[i - 1]->appl_index <
			fleet->rows_by_appl_index[i]->appl_index);
	uint32_t d = fleet_find(fleet, "D")->row->appl_index;
	assert_true(d != a && d != b && d != c);
}

static void numbers_go_on_rising_after_a_restart(void **state)
{
	struct fleet *fleet = fleet_new(*state);
	configure(*state, fleet, config(*state, "A"));
	fail_start(fleet, "A");
	uint32_t sequence = fleet->next_sequence += 17;
	fleet = restart(*state, fleet);
	configure(*state, fleet, config(*state, "A"));
	struct row *row = fleet_find(fleet, "A")->row;
	assert_true(fleet->next_sequence > sequence);
	assert_int_equal(row->events[0].number, 1);
	assert_int_equal(row->next_event, 2);
	fail_start(fleet, "A");
	assert_int_equal(row->event_count, 1);
	assert_int_equal(row->events[0].number, 1);
	assert_int_equal(row->events[0].trigger, TRIGGER_AUTOMATIC);
}

static void what_was_not_told_for_sure_is_told_after_a_restart(void **state)
{
	enum alarm_pair pair;
	struct notice notice;
	struct fleet *fleet = fleet_new(*state);
	configure(*state, fleet, config(*state, "A"));
	fail_start(fleet, "A"); /* written down, but not sent: killed in between */
	fleet = restart(*state, fleet);
	configure(*state, fleet, config(*state, "A"));
	struct alarms *alarms = &fleet_find(fleet, "A")->alarms;
	assert_false(alarms_due(alarms, NOW, &pair, &notice));
	fail_start(fleet, "A");
	unsigned count = 0;
	for (; alarms_due(alarms, NOW, &pair, &notice); count++) {
		assert_int_equal(notice.reason, REASON_RESENT);
		alarms_told(alarms, pair, NOW);
	}
	assert_int_equal(count, 2); /* service down, condition raised */
}

/* What traps told is of one machine: another that gets its name has heard nothing, nor
 * has one that comes back as another. */
static void what_was_heard_is_of_the_machine_not_of_its_name(void **state)
{
	struct fleet *fleet = fleet_new(*state);
	struct config *first = config(*state, "A"), *other = config(*state, "A");
	other->servers[0]->address = memory_copy(other, "192.0.2.2");
	configure(*state, fleet, first);
	assert_true(server_hear(fleet_find(fleet, "A"), 4071, NOW));
	struct fleet *next = restart(*state, fleet);
	configure(*state, next, config(*state, "A"));
	assert_int_equal(fleet_find(next, "A")->hearsay.count, 1);
	next = restart(*state, fleet);
	configure(*state, next, other);
	assert_int_equal(fleet_find(next, "A")->hearsay.count, 0);
	configure(*state, fleet, config(*state, "B"));
	configure(*state, fleet, config(*state, "A"));
	assert_int_equal(fleet_find(fleet, "A")->hearsay.count, 1);
	configure(*state, fleet, config(*state, "B"));
	configure(*state, fleet, other);
	assert_int_equal(fleet_find(fleet, "A")->hearsay.count, 0);
}

static void a_shorter_interval_makes_nobody_stale(void **state)
{
	struct fleet *fleet = fleet_new(*state);
	struct config *slow = config(*state, "A"), *quick = config(*state, "A");
	slow->servers[0]->interval = WHEN_HOUR;
	quick->servers[0]->interval = 10;
	configure(*state, fleet, slow);
	fail_start(fleet, "A");
	struct row *row = fleet_find(fleet, "A")->row;
	fleet_configure(fleet, quick, NOW + 900, 900000, note_joined, NULL);
	fleet_look_for_stale(fleet, NOW + 930, 930000, &suppressed);
	assert_false(row_has_finding(row, KEY_STALE));
	fleet_look_for_stale(fleet, NOW + 931, 931000, &suppressed);
	assert_true(row_has_finding(row, KEY_STALE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(rows_are_in_the_order_of_the_index),
		sentence(a_reload_keeps_who_stays),
		sentence(a_fleet_may_be_empty),
		sentence(an_applindex_belongs_to_a_name_for_ever),
		sentence(numbers_go_on_rising_after_a_restart),
		sentence(what_was_not_told_for_sure_is_told_after_a_restart),
		sentence(what_was_heard_is_of_the_machine_not_of_its_name),
		sentence(a_shorter_interval_makes_nobody_stale),
	};
	return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}
