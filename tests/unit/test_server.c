/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/server.h"
#include "core/catalogue.h"
#include "core/judge.h"
#include "core/state_text.h"
#include "scene.h"

enum { NOW = SCENE_NOW };

static uint32_t suppressed;

static struct target *target_of(void *parent)
{
	struct target *target = target_new(parent);
	target->server = memory_copy(target, "EXCH01");
	target->credentials = memory_copy(target, "/credentials");
	assert_true(target_finish(target, NULL));
	return target;
}

static struct message_result result_of(enum poll_end end)
{
	return (struct message_result){
		.end = end,
		.took_ms = 42,
		.next_poll = NOW + 60,
		.backoff_until = NO_TIME,
	};
}

static void take(
	struct server *server, enum poll_end end, struct evidence *evidence, int64_t now)
{
	struct message_result result = result_of(end);
	server_take(server, &result, evidence, now, &suppressed);
	server->ended_ms = now * 1000;
	talloc_free(evidence);
}

static struct evidence *nothing(void *parent, enum failure_kind kind, enum stage stage)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "rpc");
	struct failure why;
	fail_at(&why, kind, stage, "no answer");
	evidence_fail_all(evidence, &why);
	return evidence;
}

/* Takes what is due of one pair: its kind, or NOTICE_KINDS for nothing. */
static enum notice_kind told(struct server *server, int64_t now)
{
	enum alarm_pair pair;
	struct notice notice = {.kind = NOTICE_KINDS};
	while (alarms_due(&server->alarms, now, &pair, &notice))
		alarms_told(&server->alarms, pair, now);
	return notice.kind;
}

static void row_says_what_judge_says(void **state)
{
	static const struct {
		enum service_state state;
		const char *events;
	} scenes[] = {
		{SERVICE_RUNNING, "boot@3h 1000@2h59m"},
		{SERVICE_STOPPED, "boot@3h 4071@2h59m"},
		{SERVICE_RUNNING, "boot@3h 4071@2h59m 1000@2h"},
		{SERVICE_START_PENDING, "boot@2m 4071@1m"},
		{SERVICE_STOPPED, "boot@9h 1000@8h 1001@1h"},
		{SERVICE_PAUSED, ""},
	};
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		test_row("%s", scenes[i].events);
		struct target *target = target_of(*state);
		struct server *server = server_new(*state, target, NOW);
		struct evidence *evidence =
			scene(*state, scenes[i].state, scenes[i].events);
		take(server, POLL_LEARNED,
			scene(*state, scenes[i].state, scenes[i].events), NOW);
		evidence->state_since = NOW;
		struct verdict *verdict = judge(*state, evidence, &target->policy, NOW);
		assert_true(server->row->is_judged);
		assert_int_equal(server->row->status, verdict->status);
		assert_int_equal(server->row->condition, verdict->condition);
		assert_int_equal(server->row->trigger, verdict->trigger);
		assert_int_equal(server->row->events_4071, verdict->events_4071);
		assert_int_equal(server->row->total_4071, verdict->events_4071);
		assert_int_equal(server->row->boot_time, verdict->boot_time);
	}
}

static void failed_polls_keep_the_verdict_until_the_repeats_failed_too(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW);
	assert_int_equal(server->row->status, STATUS_OK);
	for (unsigned i = 1; i <= 2; i++) {
		take(server, POLL_FAILED, nothing(*state, FAIL_TIMEOUT, STAGE_CONNECT),
			NOW + 60 + i);
		assert_int_equal(server->row->status, STATUS_OK);
		assert_int_equal(server->row->failed_polls, i);
		assert_int_equal(server->row->failure_kind, FAIL_TIMEOUT);
		assert_string_equal(server->row->failure_text, "no answer");
		assert_int_equal(server->row->last_poll, NOW);
		assert_int_equal(told(server, NOW + 60 + i), NOTICE_KINDS);
	}
	take(server, POLL_FAILED, nothing(*state, FAIL_TIMEOUT, STAGE_CONNECT), NOW + 70);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	assert_string_equal(server->row->keys, "unreachable");
	assert_int_equal(told(server, NOW + 70), NOTICE_CONTACT_LOST);
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW + 130);
	assert_int_equal(server->row->status, STATUS_OK);
	assert_int_equal(server->row->failed_polls, 0);
	assert_null(server->row->failure_text);
	assert_int_equal(told(server, NOW + 130), NOTICE_CONTACT_RESTORED);
}

static void a_poll_that_was_not_made_is_unreachable_at_once(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	take(server, POLL_NOT_MADE, nothing(*state, FAIL_DENIED, STAGE_LOGON), NOW);
	assert_true(server->row->is_judged);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	assert_string_equal(server->row->keys, "unreachable");
}

static void a_server_that_was_never_polled_is_unknown(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	server->ended_ms = NOW * INT64_C(1000);
	server_look_for_stale(
		server, NOW + 180, (NOW + 180) * INT64_C(1000), &suppressed);
	assert_string_equal(server->row->keys, "");
	server_look_for_stale(
		server, NOW + 181, (NOW + 181) * INT64_C(1000), &suppressed);
	assert_string_equal(server->row->keys, "stale");
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
}

static void polls_that_stop_make_a_healthy_row_stale(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW);
	server_look_for_stale(
		server, NOW + 180, (NOW + 180) * INT64_C(1000), &suppressed);
	assert_int_equal(server->row->status, STATUS_OK);
	server_look_for_stale(
		server, NOW + 181, (NOW + 181) * INT64_C(1000), &suppressed);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	assert_string_equal(server->row->keys, "running,stale");
	assert_int_equal(told(server, NOW + 181), NOTICE_CONTACT_LOST);
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW + 240);
	assert_string_equal(server->row->keys, "running");
	assert_int_equal(told(server, NOW + 240), NOTICE_CONTACT_RESTORED);
}

static void a_critical_row_that_goes_stale_stays_critical(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	take(server, POLL_LEARNED, scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m"),
		NOW);
	server_look_for_stale(
		server, NOW + 999, (NOW + 999) * INT64_C(1000), &suppressed);
	assert_int_equal(server->row->status, STATUS_CRITICAL);
	assert_string_equal(server->row->keys, "active,stale");
}

/* What was remembered may look as if 4071 were active again: nobody knows that. */
static void a_lost_contact_raises_nothing_else(void **state)
{
	struct target *target = target_of(*state);
	struct server *server = server_new(*state, target, NOW);
	target->retries = 0;
	take(server, POLL_LEARNED,
		scene(*state, SERVICE_RUNNING, "boot@3h 4071@2h59m 1000@2h"), NOW);
	assert_int_equal(told(server, NOW), NOTICE_KINDS);
	take(server, POLL_FAILED, nothing(*state, FAIL_REFUSED, STAGE_CONNECT), NOW + 60);
	assert_int_equal(told(server, NOW + 60), NOTICE_CONTACT_LOST);
	assert_false(server->alarms.pairs[ALARM_CONDITION].is_raised);
	assert_false(server->alarms.pairs[ALARM_SERVICE].is_raised);
}

static void maintenance_tells_nothing(void **state)
{
	struct target *target = target_of(*state);
	struct server *server = server_new(*state, target, NOW);
	target->policy.is_maintenance = true;
	take(server, POLL_LEARNED, scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m"),
		NOW);
	assert_int_equal(server->row->status, STATUS_OK);
	assert_int_equal(told(server, NOW), NOTICE_KINDS);
	target->policy.is_maintenance = false;
	take(server, POLL_LEARNED, scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m"),
		NOW + 60);
	assert_int_equal(told(server, NOW + 60), NOTICE_CONDITION_RAISED);
}

static void attempts_keep_their_numbers(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	take(server, POLL_LEARNED, scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m"),
		NOW);
	assert_int_equal(server->row->event_count, 1);
	assert_int_equal(server->row->events[0].number, 1);
	take(server, POLL_LEARNED,
		scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m 4071@1h"), NOW);
	assert_int_equal(server->row->event_count, 2);
	assert_int_equal(server->row->events[0].number, 1);
	assert_int_equal(server->row->events[1].number, 2);
	assert_int_equal(server->row->total_4071, 2);
}

static void only_the_newest_attempts_are_kept(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	char *events = memory_copy(*state, "boot@30h");
	for (int i = 0; i < 20; i++)
		events = memory_format(*state, "%s 4071@%dm", events, 1000 - 20 * i);
	take(server, POLL_LEARNED, scene(*state, SERVICE_STOPPED, events), NOW);
	assert_int_equal(server->row->event_count, ROW_EVENTS);
	assert_int_equal(server->row->events[ROW_EVENTS - 1].time, NOW - 620 * 60);
	assert_int_equal(server->row->total_4071, 20);
}

static void trouble_with_the_state_file_is_never_health(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	struct failure why;
	fail(&why, FAIL_SYSTEM, "the disk is full");
	server->keeps_state = true;
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW);
	assert_true(server->is_unsaved);
	server_has_trouble(server, &why);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	assert_string_equal(server->row->keys, "running,state-file");
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW + 60);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	server_is_saved(server);
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW + 120);
	assert_int_equal(server->row->status, STATUS_OK);
}

static void another_port_is_another_memory(void **state)
{
	struct target *target = target_of(*state);
	struct server *server = server_new(*state, target, NOW);
	server->keeps_state = true;
	take(server, POLL_LEARNED, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"),
		NOW);
	server_configure(server, target, 0, 2);
	assert_true(server->row->is_judged && server->moved_in == 0);
	assert_true(server->is_unsaved && server->state != NULL);
	struct target *moved = target_copy(*state, target);
	moved->port = 1445;
	server_configure(server, moved, 0, 3);
	assert_int_equal(server->moved_in, 3);
	assert_false(server->row->is_judged); /* of another machine, for all we know */
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	assert_string_equal(server->state_name, "EXCH01:1445");
	assert_null(server->state);
	assert_false(server->is_unsaved);
	assert_true(server->is_unread); /* the other file is read first */
}

static void every_advice_of_the_catalogue_arrives_whole(void **state)
{
	struct server *server = server_new(*state, target_of(*state), NOW);
	take(server, POLL_LEARNED, scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m"),
		NOW);
	assert_string_equal(server->row->advice, catalogue_advice_4071(true));
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(&count);
	for (size_t i = 0; i < count; i++)
		assert_true(
			entries[i].advice == NULL || strlen(entries[i].advice) < 1024);
}

/* A day of polls, each minute, with a boot and a failure each hour and a lost contact in
 * between: at midnight as much memory as at noon. */
static void a_day_of_polls_does_not_grow(void **state)
{
	struct target *target = target_of(*state);
	struct server *server = server_new(*state, target, NOW - WHEN_DAY);
	char *events = memory_copy(*state, "boot@30d");
	size_t at_noon = 0;
	target->policy.lookback = WHEN_HOUR;
	server->keeps_state = true;
	for (int minute = 0; minute < 24 * 60; minute++) {
		int64_t now = NOW - WHEN_DAY + minute * WHEN_MINUTE;
		if (minute % 60 == 0) {
			int left = 24 * 60 - minute;
			talloc_free(events);
			events = memory_format(
				*state, "boot@%dm 4071@%dm", left + 2, left + 1);
		}
		bool is_lost = minute % 60 >= 50 && minute % 60 < 55;
		take(server, is_lost ? POLL_FAILED : POLL_LEARNED,
			is_lost ? nothing(*state, FAIL_TIMEOUT, STAGE_LOGON)
				: scene(*state,
					  minute % 2 ? SERVICE_RUNNING : SERVICE_STOPPED,
					  events),
			now);
		told(server, now);
		server_is_saved(server);
		if (minute == 12 * 60)
			at_noon = talloc_total_size(server);
	}
	size_t at_midnight = talloc_total_size(server);
	assert_true(at_midnight < at_noon + 2048);
	assert_int_equal(server->row->total_4071, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(row_says_what_judge_says),
		sentence(failed_polls_keep_the_verdict_until_the_repeats_failed_too),
		sentence(a_poll_that_was_not_made_is_unreachable_at_once),
		sentence(a_server_that_was_never_polled_is_unknown),
		sentence(polls_that_stop_make_a_healthy_row_stale),
		sentence(a_critical_row_that_goes_stale_stays_critical),
		sentence(a_lost_contact_raises_nothing_else),
		sentence(maintenance_tells_nothing),
		sentence(attempts_keep_their_numbers),
		sentence(only_the_newest_attempts_are_kept),
		sentence(trouble_with_the_state_file_is_never_health),
		sentence(another_port_is_another_memory),
		sentence(every_advice_of_the_catalogue_arrives_whole),
		sentence(a_day_of_polls_does_not_grow),
	};
	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
