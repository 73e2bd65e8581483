/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/run.h"
#include "core/bytes.h"
#include "core/told.h"
#include "made_verdict.h"
#include "source/deadline.h"

/* How the source of these tests behaves: what it finds, by the account it is given. */
static struct {
	unsigned calls;
	struct failure why; /* text empty: all is learned */
	enum service_state state;
	bool saw_memory;
} fake;

static void fake_collect(const struct request *request, struct evidence *evidence)
{
	static const enum part parts[] = {
		PART_STATE, PART_CONFIG, PART_APPLICATION, PART_SYSTEM};
	fake.calls++;
	fake.saw_memory = request->state != NULL && request->state->has_state;
	request_trace(request, "asked %s", request->target->server);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (fake.why.text[0] != '\0')
			evidence_failed(evidence, parts[i], &fake.why);
		else
			evidence_learned(evidence, parts[i]);
	}
	if (fake.why.text[0] == '\0') {
		struct event boot = {.origin = FROM_EVENTLOG,
			.record = 1,
			.time = MADE_NOW - 86400,
			.id = 0x80001775};
		evidence->service.state = fake.state;
		evidence->service.start_type = START_AUTOMATIC;
		for (int kind = 0; kind < LOGS; kind++) {
			evidence->logs[kind].reaches_back_to = MADE_NOW - 30 * 86400;
			evidence->logs[kind].is_whole = true;
			evidence->logs[kind].newest =
				(struct bookmark){true, 1, MADE_NOW - 86400, 4711};
		}
		log_add_event(evidence, &evidence->logs[LOG_SYSTEM], &boot);
	}
}

static const struct source fake_source = {
	.name = "rpc",
	.collect = fake_collect,
};

/* One that sends a community or a user along, which no server locks. */
static const struct source snmp_source = {
	.name = "snmp",
	.collect = fake_collect,
};

/* What the far side of this one says. */
static struct told fake_told;

static void told_collect(const struct request *request, struct evidence *evidence)
{
	(void)request;
	fake.calls++;
	if (fake.why.text[0] != '\0') {
		evidence_fail_all(evidence, &fake.why);
		return;
	}
	evidence->told = memory_new(evidence, struct told);
	*evidence->told = fake_told;
}

static const struct source agent_source = {
	.name = "agent",
	.collect = told_collect,
};

/* A folder of its own for each test, with a credentials file. */
struct place {
	char *folder, *state_dir, *credentials;
	struct target *target;
};

static void write_file(const char *path, const char *text, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(file, mode), 0);
	close(file);
}

static int remove_entry(
	const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int remove_place(struct place *place)
{
	enum { OPEN_FOLDERS = 8 };
	return nftw(place->folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

static struct place *place_new(void *parent)
{
	struct place *place = memory_new(parent, struct place);
	place->folder = memory_copy(place, "/tmp/imc-run-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	talloc_set_destructor(place, remove_place);
	place->state_dir = memory_format(place, "%s/state", place->folder);
	assert_int_equal(mkdir(place->state_dir, 0700), 0);
	place->credentials = memory_format(place, "%s/credentials", place->folder);
	write_file(place->credentials,
		"username = Watch\npassword = s3cret\ndomain = EX\n", 0600);
	place->target = target_new(place);
	place->target->server = memory_copy(place->target, "EXCH01");
	place->target->address = memory_copy(place->target, "exch01.example");
	place->target->source = "rpc";
	place->target->credentials = place->credentials;
	memset(&fake, 0, sizeof(fake));
	fake.state = SERVICE_RUNNING;
	return place;
}

static struct run_order order_for(const struct place *place)
{
	return (struct run_order){
		.target = place->target,
		.source = &fake_source,
		.state_dir = place->state_dir,
		.clock = MADE_NOW,
		.now = MADE_NOW,
		.deadline_ms = deadline_in(5000),
		.timeout_status = STATUS_UNKNOWN,
		.report = {.max_output = 4000, .verbosity = 1},
	};
}

static bool file_is(void *parent, const char *folder, const char *name, const char *text)
{
	struct bytes bytes =
		test_file(parent, memory_format(parent, "%s/%s", folder, name));
	return bytes.length == strlen(text) &&
		memcmp(bytes.data, text, bytes.length) == 0;
}

static bool exists(void *parent, const char *folder, const char *name)
{
	return access(memory_format(parent, "%s/%s", folder, name), F_OK) == 0;
}

/* --- the usual way --- */

static void a_healthy_server_is_ok_and_is_remembered(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	struct outcome first = run(place, &order);
	assert_int_equal(first.status, STATUS_OK);
	assert_ptr_equal(strstr(first.output, "IMC OK - EXCH01: "), first.output);
	assert_true(exists(place, place->state_dir, "EXCH01.state"));
	assert_false(fake.saw_memory);
	order.now = order.clock = MADE_NOW + 60;
	struct outcome second = run(place, &order);
	assert_true(fake.saw_memory);
	assert_int_equal(second.status, STATUS_OK);
	assert_non_null(strstr(second.output, "state_age=60s"));
	assert_false(exists(place, place->state_dir, "account-ex-watch.backoff"));
}

static void nothing_is_kept_without_a_state_directory(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.state_dir = NULL;
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_false(fake.saw_memory);
}

/* Since when a start has been pending is not known then, and that is no health. */
static void without_a_state_directory_no_pending_start_looks_young(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	fake.state = SERVICE_START_PENDING;
	order.state_dir = NULL;
	struct outcome outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_WARNING);
	assert_null(strstr(outcome.output, "state_age"));
	order = order_for(place);
	assert_int_equal(run(place, &order).status, STATUS_OK);
}

static void trace_lines_show_at_vvv_only(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.report.verbosity = 2;
	assert_null(strstr(run(place, &order).output, "asked EXCH01"));
	order.report.verbosity = 3;
	assert_non_null(strstr(run(place, &order).output, "asked EXCH01"));
}

/* --- what must never be OK --- */

static void no_kind_of_failure_is_ok(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.state_dir = NULL;
	for (int kind = 0; kind < FAILURE_KINDS; kind++) {
		for (int stage = 0; stage < STAGES; stage++) {
			test_row("%s at %s", failure_kind_name(kind), stage_name(stage));
			fail_at(&fake.why, kind, stage, "it went wrong");
			struct outcome outcome = run(place, &order);
			assert_int_equal(outcome.status, STATUS_UNKNOWN);
			assert_non_null(strstr(outcome.output, "it went wrong"));
		}
	}
}

static void credentials_that_cannot_be_read_ask_nobody(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	assert_int_equal(chmod(place->credentials, 0644), 0);
	struct outcome outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_UNKNOWN);
	assert_int_equal(fake.calls, 0);
	assert_null(strstr(outcome.output, "s3cret"));
	place->target->credentials = NULL;
	outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_UNKNOWN);
	assert_non_null(strstr(outcome.output, "--credentials"));
	assert_int_equal(fake.calls, 0);
}

static void an_unknown_source_is_unknown(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.source = NULL;
	place->target->source = "carrier-pigeon";
	struct outcome outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_UNKNOWN);
	assert_non_null(strstr(outcome.output, "carrier-pigeon"));
}

static void the_timeouts_own_state_counts_only_where_nothing_was_learned(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.state_dir = NULL;
	order.timeout_status = STATUS_CRITICAL;
	order.has_timeout_status = true;
	fail_at(&fake.why, FAIL_TIMEOUT, STAGE_CONNECT, "no answer within 10 s");
	struct outcome outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_CRITICAL);
	assert_non_null(strstr(outcome.output, "| status=2"));
	assert_non_null(strstr(outcome.output, "stage connect"));
	fail_at(&fake.why, FAIL_REFUSED, STAGE_CONNECT, "refused");
	assert_int_equal(run(place, &order).status, STATUS_UNKNOWN);
	fake.why.text[0] = '\0';
	assert_int_equal(run(place, &order).status, STATUS_OK);
}

/* --- the state file --- */

static void a_bad_state_file_is_told_and_left_as_it_is(void **state)
{
	static const char *const contents[] = {"", "imc-monitor state 99\n",
		"#!/bin/sh\n", "imc-monitor state 1\nserver EXCH01\n",
		"\x7f"
		"ELF\x01\x02"};
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		test_row("content %zu", i);
		struct place *place = place_new(*state);
		struct run_order order = order_for(place);
		char *path = memory_format(place, "%s/EXCH01.state", place->state_dir);
		write_file(path, contents[i], 0600);
		struct outcome outcome = run(place, &order);
		assert_int_equal(fake.calls, 1);
		assert_int_equal(outcome.status, STATUS_UNKNOWN);
		assert_true(
			file_is(place, place->state_dir, "EXCH01.state", contents[i]));
		talloc_free(place);
	}
}

static void a_state_directory_that_is_not_there_is_told(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.state_dir = memory_format(place, "%s/nowhere", place->folder);
	struct outcome outcome = run(place, &order);
	assert_int_equal(fake.calls, 1);
	assert_int_equal(outcome.status, STATUS_UNKNOWN);
	assert_non_null(strstr(outcome.output, "nowhere"));
}

static void a_state_file_that_cannot_be_written_is_told(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	/* A folder stands where the temporary file has to be. */
	char *path = memory_format(place, "%s/EXCH01.state.tmp", place->state_dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(memory_format(place, "%s/full", path), "x", 0600);
	struct outcome outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_UNKNOWN);
	assert_non_null(strstr(outcome.output, "EXCH01.state"));
}

static void a_failed_poll_leaves_what_is_remembered(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	run(place, &order);
	fail_at(&fake.why, FAIL_REFUSED, STAGE_CONNECT, "refused");
	run(place, &order);
	fake.why.text[0] = '\0';
	order.now = order.clock = MADE_NOW + 300;
	assert_non_null(strstr(run(place, &order).output, "state_age=300s"));
}

/* --- the account's back-off --- */

static void three_wrong_passwords_in_a_row_reach_the_server_once(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	fail_at(&fake.why, FAIL_LOGON, STAGE_LOGON, "logon failure");
	for (int i = 0; i < 3; i++) {
		order.now = order.clock = MADE_NOW + 20 * i;
		struct outcome outcome = run(place, &order);
		assert_int_equal(outcome.status, STATUS_UNKNOWN);
		assert_int_equal(fake.calls, 1);
		if (i > 0)
			assert_non_null(strstr(outcome.output, "left alone until"));
	}
	assert_true(exists(place, place->state_dir, "account-ex-watch.backoff"));
}

static void another_server_of_the_account_is_left_alone_too(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	fail_at(&fake.why, FAIL_LOGON, STAGE_LOGON, "logon failure");
	run(place, &order);
	place->target->server = memory_copy(place->target, "EXCH02");
	assert_non_null(strstr(run(place, &order).output, "left alone until"));
	assert_int_equal(fake.calls, 1);
}

static void a_logon_that_works_ends_the_back_off(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	fail_at(&fake.why, FAIL_LOGON, STAGE_LOGON, "logon failure");
	run(place, &order);
	fake.why.text[0] = '\0';
	order.now = order.clock = MADE_NOW + 301;
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_int_equal(fake.calls, 3);
}

static void a_changed_credentials_file_ends_the_back_off(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	fail_at(&fake.why, FAIL_LOGON, STAGE_LOGON, "logon failure");
	run(place, &order);
	write_file(place->credentials,
		"username = Watch\npassword = other-s3cret\ndomain = EX\n", 0600);
	fake.why.text[0] = '\0';
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_int_equal(fake.calls, 2);
}

static void denied_or_unreachable_is_no_refused_logon(void **state)
{
	static const struct {
		enum failure_kind kind;
		enum stage stage;
	} rows[] = {{FAIL_DENIED, STAGE_SERVICE}, {FAIL_REFUSED, STAGE_CONNECT},
		{FAIL_TIMEOUT, STAGE_LOGON}, {FAIL_PROTOCOL, STAGE_NEGOTIATE}};
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", failure_kind_name(rows[i].kind));
		fail_at(&fake.why, rows[i].kind, rows[i].stage, "no");
		run(place, &order);
		assert_int_equal(fake.calls, i + 1);
	}
	assert_false(exists(place, place->state_dir, "account-ex-watch.backoff"));
}

static void a_wrong_community_locks_no_account(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.source = &snmp_source;
	fail_at(&fake.why, FAIL_LOGON, STAGE_LOGON, "authentication failure");
	for (unsigned i = 1; i <= 3; i++) {
		order.now = order.clock = MADE_NOW + 20 * i;
		assert_int_equal(run(place, &order).status, STATUS_UNKNOWN);
		assert_int_equal(fake.calls, i);
	}
	assert_false(exists(place, place->state_dir, "account-ex-watch.backoff"));
}

static void a_locked_account_does_not_stop_who_does_not_log_on(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	fail_at(&fake.why, FAIL_LOGON, STAGE_LOGON, "logon failure");
	run(place, &order);
	assert_non_null(strstr(run(place, &order).output, "left alone until"));
	assert_int_equal(fake.calls, 1);
	order.source = &snmp_source;
	place->target->source = "snmp";
	fake.why.text[0] = '\0';
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_int_equal(fake.calls, 2);
	order.source = &fake_source;
	place->target->source = "rpc";
	assert_non_null(strstr(run(place, &order).output, "left alone until"));
}

static void snmp_needs_a_credentials_file_too(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.source = &snmp_source;
	place->target->credentials = NULL;
	struct outcome outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_UNKNOWN);
	assert_int_equal(fake.calls, 0);
	assert_non_null(strstr(outcome.output, "source snmp needs --credentials"));
}

static void sources_remember_apart(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	assert_int_equal(run(place, &order).status, STATUS_OK);
	order.source = &snmp_source;
	place->target->source = "snmp";
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_false(fake.saw_memory);
	assert_int_equal(run(place, &order).status, STATUS_OK);
	assert_true(fake.saw_memory);
	assert_true(exists(place, place->state_dir, "EXCH01.state"));
	assert_true(exists(place, place->state_dir, "EXCH01%7Esnmp.state"));
}

static void a_verdict_that_was_told_is_shown_in_every_form(void **state)
{
	static char text[] = "service stopped, event 4071 at a start 2h ago";
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.source = &agent_source;
	place->target->source = "agent";
	fake_told = (struct told){.status = STATUS_CRITICAL,
		.keys = {[KEY_ACTIVE] = true},
		.text = text,
		.last_4071 = NO_TIME,
		.boot_time = NO_TIME,
		.interval = 60,
		.age = 1};
	for (int verbosity = 0; verbosity <= 3; verbosity++) {
		for (int json = 0; json <= 1; json++) {
			test_row("verbosity %d, JSON %d", verbosity, json);
			order.report.verbosity = (unsigned)verbosity;
			order.report.json = json;
			struct outcome outcome = run(place, &order);
			assert_int_equal(outcome.status, STATUS_CRITICAL);
			assert_non_null(strstr(outcome.output, text));
		}
	}
	test_row("%s", "");
	order.report.json = false;
	fake_told.age = 181;
	assert_non_null(strstr(run(place, &order).output, "evidence is 3m old"));
	fail_at(&fake.why, FAIL_TIMEOUT, STAGE_CONNECT, "no answer");
	struct outcome outcome = run(place, &order);
	assert_int_equal(outcome.status, STATUS_UNKNOWN);
	assert_null(strstr(outcome.output, text));
}

static void the_password_is_in_no_output(void **state)
{
	struct place *place = place_new(*state);
	struct run_order order = order_for(place);
	order.report.verbosity = 3;
	order.report.max_output = 100000;
	for (int json = 0; json <= 1; json++) {
		order.report.json = json;
		fake.why.text[0] = '\0';
		assert_null(strstr(run(place, &order).output, "s3cret"));
		fail_at(&fake.why, FAIL_LOGON, STAGE_LOGON, "logon failure");
		assert_null(strstr(run(place, &order).output, "s3cret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_healthy_server_is_ok_and_is_remembered),
		sentence(nothing_is_kept_without_a_state_directory),
		sentence(without_a_state_directory_no_pending_start_looks_young),
		sentence(trace_lines_show_at_vvv_only),
		sentence(no_kind_of_failure_is_ok),
		sentence(credentials_that_cannot_be_read_ask_nobody),
		sentence(an_unknown_source_is_unknown),
		sentence(the_timeouts_own_state_counts_only_where_nothing_was_learned),
		sentence(a_bad_state_file_is_told_and_left_as_it_is),
		sentence(a_state_directory_that_is_not_there_is_told),
		sentence(a_state_file_that_cannot_be_written_is_told),
		sentence(a_failed_poll_leaves_what_is_remembered),
		sentence(three_wrong_passwords_in_a_row_reach_the_server_once),
		sentence(another_server_of_the_account_is_left_alone_too),
		sentence(a_logon_that_works_ends_the_back_off),
		sentence(a_changed_credentials_file_ends_the_back_off),
		sentence(denied_or_unreachable_is_no_refused_logon),
		sentence(a_wrong_community_locks_no_account),
		sentence(a_locked_account_does_not_stop_who_does_not_log_on),
		sentence(snmp_needs_a_credentials_file_too),
		sentence(sources_remember_apart),
		sentence(a_verdict_that_was_told_is_shown_in_every_form),
		sentence(the_password_is_in_no_output),
	};
	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
