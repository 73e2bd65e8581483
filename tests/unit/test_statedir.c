/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <unistd.h>

#include "agent/log.h"
#include "agent/statedir.h"
#include "core/state_text.h"
#include "scene.h"
#include "source/deadline.h"
#include "store_place.h"

enum { NOW = SCENE_NOW };

static uint32_t suppressed;

static void ignore(void *context, struct server *server)
{
	(void)context;
	(void)server;
}

/* A fleet of one server, EXCH01. */
static struct fleet *fleet_of_one(void *parent)
{
	static const char text[] = "[server EXCH01]\ncredentials = /c\n";
	struct fleet *fleet = fleet_new(parent);
	struct config *config;
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	assert_true(config_parse(parent, "conf", bytes, &config, NULL));
	assert_true(config_finish(config, "conf", NULL));
	fleet_configure(fleet, config, NOW, 0, ignore, NULL);
	return fleet;
}

static struct statedir *open_place(
	struct place *place, struct fleet *fleet, struct logger *logger)
{
	struct statedir *statedir;
	struct failure why;
	if (!statedir_open(place, place->path, fleet, logger, &statedir, &why))
		fail_msg("%s", why.text);
	return statedir;
}

static void poll_once(struct fleet *fleet)
{
	struct message_result result = {.end = POLL_LEARNED};
	struct evidence *evidence = scene(fleet, SERVICE_RUNNING, "boot@3h 1000@2h");
	fleet_take(fleet, fleet->servers[0], &result, evidence, NOW, 0, &suppressed);
	talloc_free(evidence);
}

static void save(struct statedir *statedir, struct fleet *fleet)
{
	statedir_save_states(statedir, fleet, deadline_in(1000));
}

static void a_state_is_read_back_as_it_was_saved(void **state)
{
	struct place *place = place_make(*state);
	struct logger *logger = log_open(*state, NULL);
	struct fleet *fleet = fleet_of_one(*state), *next = fleet_of_one(*state);
	struct statedir *statedir = open_place(place, fleet, logger);
	assert_true(statedir_load(statedir, fleet->servers[0]));
	poll_once(fleet);
	assert_true(fleet->has_unsaved);
	save(statedir, fleet);
	assert_false(fleet->has_unsaved);
	assert_true(statedir_load(statedir, next->servers[0]));
	assert_string_equal(next->servers[0]->state, fleet->servers[0]->state);
	assert_false(next->servers[0]->is_unreadable);
}

static void a_file_that_another_one_holds_is_waited_for(void **state)
{
	struct place *place = place_make(*state);
	struct logger *logger = log_open(*state, NULL);
	struct fleet *fleet = fleet_of_one(*state);
	struct statedir *statedir = open_place(place, fleet, logger);
	struct store *other = place_open(place);
	struct store_entry *held = place_lock(place, other); /* EXCH01.state */
	assert_false(statedir_load(statedir, fleet->servers[0]));
	poll_once(fleet);
	save(statedir, fleet); /* nor is it written over */
	assert_true(fleet->servers[0]->is_unsaved && fleet->has_unsaved);
	assert_null(fleet->servers[0]->trouble);
	talloc_free(held);
	assert_true(statedir_load(statedir, fleet->servers[0]));
	save(statedir, fleet);
	assert_false(fleet->servers[0]->is_unsaved);
}

static void a_damaged_file_is_told_of_left_and_read_again(void **state)
{
	struct place *place = place_make(*state);
	struct logger *logger = log_open(*state, NULL);
	struct fleet *fleet = fleet_of_one(*state);
	struct server *server = fleet->servers[0];
	struct statedir *statedir = open_place(place, fleet, logger);
	char *path = place_inside(place, "EXCH01.state");
	place_put_file(path, "no state\n", 0600);
	assert_true(statedir_load(statedir, server));
	poll_once(fleet);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	assert_string_equal(server->row->keys, "running,state-file");
	save(statedir, fleet);
	assert_int_equal(test_file(*state, path).length, strlen("no state\n"));
	statedir_load_again(statedir, server);
	assert_true(server->is_unreadable && server->trouble != NULL);
	unlink(path);
	statedir_load_again(statedir, server);
	assert_false(server->is_unreadable);
	poll_once(fleet);
	assert_int_equal(server->row->status, STATUS_OK);
	save(statedir, fleet);
	assert_true(test_file(*state, path).length > strlen("no state\n"));
}

static void one_imc_agentd_uses_a_directory(void **state)
{
	struct place *place = place_make(*state);
	struct logger *logger = log_open(*state, NULL);
	struct fleet *fleet = fleet_of_one(*state);
	struct statedir *second;
	struct failure why;
	open_place(place, fleet, logger);
	assert_false(statedir_open(*state, place->path, fleet, logger, &second, &why));
	assert_non_null(strstr(why.text, "another imc-agentd already runs"));
}

static void without_a_directory_nothing_is_kept_and_nothing_fails(void **state)
{
	struct logger *logger = log_open(*state, NULL);
	struct fleet *fleet = fleet_of_one(*state);
	struct statedir *statedir;
	assert_true(statedir_open(*state, NULL, fleet, logger, &statedir, NULL));
	assert_true(fleet->is_forgetful);
	assert_true(statedir_load(statedir, fleet->servers[0]));
	poll_once(fleet);
	save(statedir, fleet);
	assert_false(statedir_save_standing(statedir, fleet));
	assert_int_equal(fleet->rows[0]->status, STATUS_OK);
}

static void what_was_told_is_known_to_the_next_process(void **state)
{
	struct place *place = place_make(*state);
	struct logger *logger = log_open(*state, NULL);
	struct fleet *fleet = fleet_of_one(*state), *next = fleet_new(*state);
	struct statedir *statedir = open_place(place, fleet, logger);
	fleet->next_sequence = 77;
	assert_true(statedir_save_standing(statedir, fleet));
	talloc_free(statedir);
	statedir = open_place(place, next, logger);
	assert_false(next->is_forgetful);
	assert_true(next->next_sequence > 77);
	assert_non_null(standing_find(next->before, "EXCH01"));
}

static void a_damaged_standing_file_is_no_reason_not_to_start(void **state)
{
	struct place *place = place_make(*state);
	struct logger *logger = log_open(*state, NULL);
	struct fleet *fleet = fleet_of_one(*state);
	place_put_file(place_inside(place, "imc-agentd.standing"), "nonsense\n", 0600);
	struct statedir *statedir = open_place(place, fleet, logger);
	assert_true(fleet->is_forgetful);
	assert_true(statedir_save_standing(statedir, fleet));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_state_is_read_back_as_it_was_saved),
		sentence(a_file_that_another_one_holds_is_waited_for),
		sentence(a_damaged_file_is_told_of_left_and_read_again),
		sentence(one_imc_agentd_uses_a_directory),
		sentence(without_a_directory_nothing_is_kept_and_nothing_fails),
		sentence(what_was_told_is_known_to_the_next_process),
		sentence(a_damaged_standing_file_is_no_reason_not_to_start),
	};
	return cmocka_run_group_tests_name("statedir", tests, NULL, NULL);
}
