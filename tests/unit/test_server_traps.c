/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What traps told of a server, and verdicts that a far imc-agentd told. */
#include "test.h"

#include "agent/server.h"
#include "core/catalogue.h"
#include "core/told.h"
#include "scene.h"

enum { NOW = SCENE_NOW, ID_4071 = 0x40000FE7 };

static uint32_t suppressed;

static struct target *target_of(void *parent)
{
	struct target *target = target_new(parent);
	target->server = memory_copy(target, "EXCH01");
	target->credentials = memory_copy(target, "/credentials");
	assert_true(target_finish(target, NULL));
	return target;
}

static struct server *server_of(void *parent)
{
	struct server *server = server_new(parent, target_of(parent), NOW);
	server->keeps_state = true;
	return server;
}

static void take(struct server *server, struct evidence *evidence, int64_t now)
{
	struct message_result result = {
		.end = POLL_LEARNED, .next_poll = now + 60, .backoff_until = NO_TIME};
	if (!evidence_is_anything_learned(evidence))
		result.end = POLL_NOT_MADE;
	server_take(server, &result, evidence, now, &suppressed);
	talloc_free(evidence);
}

static struct evidence *without_log(
	void *parent, enum service_state state, const char *events)
{
	struct evidence *evidence = scene(parent, state, events);
	struct failure why;
	fail_at(&why, FAIL_DENIED, STAGE_APPLICATION, "access denied");
	evidence_failed(evidence, PART_APPLICATION, &why);
	return evidence;
}

/* The kinds that are told now, as letters: D and U the service, R and C the condition, L
 * and B contact. */
static const char *told(struct server *server, int64_t now, char *ret)
{
	static const char letters[NOTICE_KINDS] = {
		[NOTICE_SERVICE_DOWN] = 'D',
		[NOTICE_SERVICE_UP] = 'U',
		[NOTICE_CONDITION_RAISED] = 'R',
		[NOTICE_CONDITION_CLEARED] = 'C',
		[NOTICE_CONTACT_LOST] = 'L',
		[NOTICE_CONTACT_RESTORED] = 'B',
	};
	enum alarm_pair pair;
	struct notice notice;
	char *at = ret;
	while (alarms_due(&server->alarms, now, &pair, &notice)) {
		*at++ = letters[notice.kind];
		alarms_told(&server->alarms, pair, now);
	}
	*at = '\0';
	return ret;
}

#define assert_told(server, now, wanted)                                                 \
	assert_string_equal(told(server, now, (char[16]){""}), wanted)

static void traps_make_it_worse_until_the_service_runs_again(void **state)
{
	struct server *server = server_of(*state);
	take(server, without_log(*state, SERVICE_STOPPED, "boot@3h"), NOW);
	assert_told(server, NOW, "D");
	assert_true(server_hear(server, ID_4071, NOW + 10));
	take(server, without_log(*state, SERVICE_STOPPED, "boot@3h"), NOW + 11);
	assert_true(row_has_finding(server->row, KEY_ACTIVE));
	assert_true(row_has_finding(server->row, KEY_TOLD_BY_TRAP));
	assert_int_equal(server->row->total_4071, 0);
	assert_int_equal(server->row->event_count, 0);
	assert_false(server->row->has_events_4071);
	assert_told(server, NOW + 11, "R");
	take(server, without_log(*state, SERVICE_RUNNING, "boot@3h"), NOW + 60);
	assert_int_equal(server->row->status, STATUS_WARNING);
	assert_told(server, NOW + 60, "UC");
	assert_null(strstr(server->state, "4071"));
}

static void what_a_trap_raised_goes_with_it(void **state)
{
	static const struct {
		const char *events;
		bool is_unheard;
		int64_t later;
	} rows[] = {
		{"boot@3h", true, 60},
		{"boot@3h", false, 25 * WHEN_HOUR},
		{"boot@3h boot@+30m", false, WHEN_HOUR},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		struct server *server = server_of(*state);
		server_hear(server, ID_4071, NOW);
		take(server, without_log(*state, SERVICE_STOPPED, "boot@3h"), NOW);
		assert_told(server, NOW, "DR");
		if (rows[i].is_unheard)
			assert_true(server_unhear(server));
		int64_t now = NOW + rows[i].later;
		take(server, without_log(*state, SERVICE_STOPPED, rows[i].events), now);
		assert_false(row_has_finding(server->row, KEY_TOLD_BY_TRAP));
		assert_told(server, now, "C");
		assert_false(server_unhear(server));
	}
	test_row("%s", "");
}

static void what_a_log_raised_no_trap_clears(void **state)
{
	struct server *server = server_of(*state);
	take(server, scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m"), NOW);
	assert_told(server, NOW, "DR");
	TALLOC_FREE(server->state); /* another state directory, say */
	take(server, without_log(*state, SERVICE_RUNNING, ""), NOW + 60);
	assert_told(server, NOW + 60, "U");
	server_hear(server, ID_4071, NOW + 100);
	take(server, without_log(*state, SERVICE_RUNNING, ""), NOW + 120);
	assert_true(row_has_finding(server->row, KEY_TOLD_BY_TRAP));
	assert_told(server, NOW + 120, "");
	take(server, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"), NOW + 180);
	assert_int_equal(server->row->status, STATUS_OK);
	assert_told(server, NOW + 180, "C");
	assert_int_equal(server->hearsay.count, 0);
}

/* The log cannot be read any more, but what it told is remembered: a trap that tells the
 * same adds nothing, and that it counts no more after the boot says nothing of the log.
 */
static void what_a_log_is_remembered_to_tell_no_trap_takes_over(void **state)
{
	const char *events = "boot@1d 4071@2h 1000@1h 4071@5s";
	for (int is_marked = 0; is_marked <= 1; is_marked++) {
		struct target *target = target_of(*state);
		struct server *server = server_new(*state, target, NOW);
		target->policy.severity[KEY_ACTIVE] = STATUS_WARNING;
		if (is_marked)
			target->policy.severity[KEY_TOLD_BY_TRAP] = STATUS_CRITICAL;
		take(server, scene(*state, SERVICE_RUNNING, events), NOW);
		assert_told(server, NOW, "");
		server_hear(server, ID_4071, NOW + 60);
		take(server, without_log(*state, SERVICE_STOPPED, "boot@1d"), NOW + 60);
		assert_true(row_has_finding(server->row, KEY_ACTIVE));
		assert_int_equal(
			row_has_finding(server->row, KEY_TOLD_BY_TRAP), is_marked);
		assert_false(server->is_raised_by_trap);
		assert_told(server, NOW + 60, "DR");
		take(server, without_log(*state, SERVICE_STOPPED, "boot@1d boot@+10m"),
			NOW + 700);
		assert_int_equal(server->row->condition, CONDITION_UNKNOWN);
		assert_told(server, NOW + 700, "");
	}
}

/* The other way round: a log confirms it, is not read again, and nothing is known. */
static void what_a_trap_raised_and_a_log_confirmed_stays(void **state)
{
	struct target *target = target_of(*state);
	struct server *server = server_new(*state, target, NOW);
	server_hear(server, ID_4071, NOW);
	take(server, without_log(*state, SERVICE_STOPPED, "boot@3h"), NOW);
	assert_told(server, NOW, "DR");
	assert_true(server->is_raised_by_trap);
	target->policy.is_maintenance = true;
	take(server, scene(*state, SERVICE_STOPPED, "boot@3h 4071@5s"), NOW + 60);
	assert_false(server->is_raised_by_trap);
	target->policy.is_maintenance = false;
	TALLOC_FREE(server->state);
	take(server, without_log(*state, SERVICE_STOPPED, "boot@3h"), NOW + 120);
	assert_told(server, NOW + 120, "");
	take(server, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"), NOW + 180);
	assert_told(server, NOW + 180, "UC");
}

/* Told again after that by nobody but a trap, what a log raised is the trap's alone. */
static void a_trap_holds_what_the_log_would_clear_and_no_longer(void **state)
{
	struct server *server = server_of(*state);
	take(server, scene(*state, SERVICE_STOPPED, "boot@3h 4071@2h59m"), NOW);
	assert_told(server, NOW, "DR");
	server_hear(server, ID_4071, NOW + 60);
	const char *events = "boot@3h 4071@2h59m 1000@1h 1001@30m";
	take(server, without_log(*state, SERVICE_STOPPED, events), NOW + 60);
	assert_true(row_has_finding(server->row, KEY_TOLD_BY_TRAP));
	assert_true(server->is_raised_by_trap);
	assert_told(server, NOW + 60, "");
	assert_true(server_unhear(server));
	take(server, without_log(*state, SERVICE_STOPPED, events), NOW + 120);
	assert_int_equal(server->row->condition, CONDITION_PAST);
	assert_told(server, NOW + 120, "C");
}

/* A poll that a trap made begin uses up none of the repeats. */
static void polls_by_hint_that_fail_do_not_count(void **state)
{
	struct server *server = server_of(*state);
	struct message_result result = {
		.end = POLL_FAILED, .is_extra = true, .backoff_until = NO_TIME};
	struct failure why;
	fail_at(&why, FAIL_TIMEOUT, STAGE_CONNECT, "no answer");
	take(server, scene(*state, SERVICE_RUNNING, "boot@3h 1000@2h"), NOW);
	for (int i = 0; i < 10; i++) {
		struct evidence *evidence = evidence_new(*state, "EXCH01", "rpc");
		evidence_fail_all(evidence, &why);
		result.is_extra = i < 8; /* then the plan: two quick repeats are left */
		server_take(server, &result, evidence, NOW + i, &suppressed);
		assert_int_equal(server->row->failed_polls, i < 8 ? 0 : i - 7);
		assert_true(server->row->has_failed);
		assert_int_equal(server->row->status, STATUS_OK);
	}
	assert_told(server, NOW + 10, "");
	result.is_extra = false;
	struct evidence *evidence = evidence_new(*state, "EXCH01", "rpc");
	evidence_fail_all(evidence, &why);
	server_take(server, &result, evidence, NOW + 10, &suppressed);
	assert_int_equal(server->row->status, STATUS_UNKNOWN);
	assert_told(server, NOW + 10, "L");
}

static void another_place_has_heard_nothing(void **state)
{
	struct server *server = server_of(*state);
	struct target *other = target_of(*state);
	server_hear(server, ID_4071, NOW);
	server_configure(server, other, NOW, 2);
	assert_int_equal(server->hearsay.count, 1);
	other = target_of(*state);
	other->snmp_version = SNMP_2C;
	server_configure(server, other, NOW, 3);
	assert_int_equal(server->moved_in, 3);
	assert_int_equal(server->hearsay.count, 0);
	other = target_of(*state);
	other->snmp_version = SNMP_2C;
	other->remote_server = memory_copy(other, "EXCH02");
	server_configure(server, other, NOW, 4);
	assert_int_equal(server->moved_in, 4);
}

/* --- what a far imc-agentd told --- */

static struct evidence *far_row(void *parent, enum key key, enum service_state state)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "agent");
	struct told *made = memory_new(evidence, struct told);
	*made = (struct told){.status = STATUS_UNKNOWN,
		.text = memory_copy(made, "as it is told"),
		.condition = CONDITION_UNKNOWN,
		.last_4071 = NO_TIME,
		.boot_time = NO_TIME,
		.interval = 60,
		.age = 10};
	made->keys[key] = true;
	evidence->told = made;
	evidence->service.state = state;
	evidence->state_since = NOW - 500;
	if (state != SERVICE_UNKNOWN)
		evidence_learned(evidence, PART_STATE);
	return evidence;
}

static void a_server_that_the_far_side_cannot_reach_is_lost(void **state)
{
	struct target *target = target_of(*state);
	struct server *server = server_new(*state, target, NOW);
	take(server, far_row(*state, KEY_RUNNING, SERVICE_RUNNING), NOW);
	assert_told(server, NOW, "");
	assert_int_equal(server->row->state_since, NOW - 500);
	take(server, far_row(*state, KEY_UNREACHABLE, SERVICE_UNKNOWN), NOW + 60);
	assert_told(server, NOW + 60, "L");
	take(server, far_row(*state, KEY_STOPPED, SERVICE_STOPPED), NOW + 120);
	assert_told(server, NOW + 120, "DB");
	target->source = memory_copy(target, "agent");
	assert_false(server_hear(server, ID_4071, NOW + 130));
	server->hearsay = (struct hearsay){{{ID_4071, NOW + 130}}, .count = 1};
	take(server, far_row(*state, KEY_STOPPED, SERVICE_STOPPED), NOW + 140);
	assert_string_equal(server->row->keys, "stopped");
	assert_int_equal(server->hearsay.count, 0);
	assert_null(server->state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(traps_make_it_worse_until_the_service_runs_again),
		sentence(what_a_trap_raised_goes_with_it),
		sentence(what_a_log_raised_no_trap_clears),
		sentence(what_a_log_is_remembered_to_tell_no_trap_takes_over),
		sentence(what_a_trap_raised_and_a_log_confirmed_stays),
		sentence(a_trap_holds_what_the_log_would_clear_and_no_longer),
		sentence(polls_by_hint_that_fail_do_not_count),
		sentence(another_place_has_heard_nothing),
		sentence(a_server_that_the_far_side_cannot_reach_is_lost),
	};
	return cmocka_run_group_tests_name("server and traps", tests, NULL, NULL);
}
