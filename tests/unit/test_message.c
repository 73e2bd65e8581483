/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/message.h"
#include "core/harvest.h"
#include "core/told.h"

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* What follows the head. */
static struct bytes body_of(const struct packet *packet)
{
	return (struct bytes){packet->data + MESSAGE_HEAD, packet->length - MESSAGE_HEAD};
}

/* --- one of each, with a value in every field --- */

static struct told *full_told(void *parent)
{
	static struct told_attempt attempts[] = {
		{700, 5, 0xC0000FE7, TRIGGER_AUTOMATIC},
		{800, 9, 4086, TRIGGER_UNKNOWN},
	};
	struct told *told = memory_new(parent, struct told);
	*told = (struct told){.status = STATUS_CRITICAL,
		.text = memory_copy(told, "service stopped, event 4071"),
		.advice = memory_copy(told, "name a mailbox"),
		.condition = CONDITION_ACTIVE,
		.trigger = TRIGGER_AUTOMATIC,
		.events_4071 = 3,
		.last_4071 = 800,
		.last_4071_record = 9,
		.cause_event = 4071,
		.boot_time = 600,
		.interval = 60,
		.age = 17,
		.attempts = attempts,
		.attempt_count = 2};
	told->keys[KEY_ACTIVE] = told->keys[KEY_LOG_SHORT] = true;
	told->keys[KEY_EVENTS] = true;
	return told;
}

static struct evidence *full_evidence(void *parent)
{
	struct evidence *evidence = evidence_new(parent, "EXCH01", "rpc");
	struct failure why;
	struct log *application = &evidence->logs[LOG_APPLICATION];
	struct service *service = &evidence->service;
	static char account[] = "LocalSystem", level[] = "SMB1 signed", first[] = "a b",
		    name[] = "MSExchangeIS";
	static struct event events[] = {
		{FROM_IMC, 0, 7, 1000, 0xC0000FE7, 1, first},
		{FROM_DRWATSON, 1, 3, 900, 4097, 4, NULL},
	};
	static struct clock_fall falls[] = {{1, 3, 1000, 900}};
	static struct dependency dependencies[] = {{name, SERVICE_STOPPED}};
	fail_at(&why, FAIL_DENIED, STAGE_SYSTEM, "access denied");
	evidence_failed(evidence, PART_SYSTEM, &why);
	evidence_learned(evidence, PART_STATE);
	evidence->observed_at = 2000;
	*service = (struct service){.state = SERVICE_START_PENDING,
		.has_exit_codes = true,
		.win32_exit = 1066,
		.specific_exit = 2140,
		.check_point_moved = true,
		.earlier_state = SERVICE_STOPPED,
		.start_type = START_AUTOMATIC,
		.start_account = account,
		.dependencies = dependencies,
		.dependency_count = 1};
	*application = (struct log){.events = events,
		.event_count = 2,
		.falls = falls,
		.fall_count = 1,
		.generation = 1,
		.newest = {true, 3, 900, 0xFEDCBA9876543210},
		.reaches_back_to = 100,
		.is_whole = true,
		.was_cleared = true,
		.damaged = 2,
		.damage_time = 950};
	evidence->logs[LOG_SYSTEM].is_wrapped = true;
	evidence->clock_skew = -3;
	evidence->clock_read_at = 1999;
	evidence->state_since = 1500;
	evidence->booted_at = 1234;
	evidence->watched = 0x123456789ABCDEF0;
	evidence->smb_level = level;
	evidence->probe_ms = 12;
	evidence->told = full_told(evidence);
	return evidence;
}

static struct bytes evidence_bytes(void *parent, const struct evidence *evidence)
{
	struct packet *packet = packet_new(parent);
	message_put_evidence(packet, evidence);
	return (struct bytes){packet->data, packet->length};
}

static struct message_order full_order(void *parent)
{
	struct target *target = target_new(parent);
	target->server = memory_copy(target, "EXCH01");
	target->address = memory_copy(target, "exch01.example");
	target->source = memory_copy(target, "rpc");
	target->port = 1445;
	target->credentials = memory_copy(target, "/etc/credentials");
	target->evt = memory_copy(target, "/logs/App.Evt");
	target->remote_server = memory_copy(target, "EXCH07");
	target->snmp_version = SNMP_3;
	target->smb_min = SMB_NT1;
	target->smb_max = SMB_SMB2;
	target->smb_signing = SIGNING_REQUIRED;
	target->allows_ntlmv1 = true;
	target->policy.lookback = 86400;
	target->policy.boot_window = 600;
	return (struct message_order){
		.target = target,
		.addresses = {{"192.0.2.1", "2001:db8::1"}, 2},
		.has_file = {[LOG_APPLICATION] = true},
		.has_file_failure = {[LOG_SYSTEM] = true},
		.file_failure = {[LOG_SYSTEM] = {FAIL_SYSTEM, STAGE_FILE, "cannot"}},
		.state = bytes_of("text"),
		.now = 2000,
		.deadline_ms = 123456789012,
	};
}

static struct packet *put_config(void *parent)
{
	static char path[] = "/etc/imc-monitor.conf";
	return message_put_config(
		parent, &(struct message_config){3, path, bytes_of("[agent]\n")});
}

static struct packet *put_state(void *parent)
{
	static char server[] = "EXCH01";
	return message_put_state(parent, &(struct message_state){server, bytes_of("x")});
}

static struct packet *put_result(void *parent)
{
	static char server[] = "EXCH01";
	const struct message_result result = {server, 7, POLL_FAILED, true, true, 34,
		2060, NO_TIME, evidence_bytes(parent, full_evidence(parent))};
	return message_put_result(parent, &result);
}

static struct packet *put_hint(void *parent)
{
	const struct message_hint hint = {
		7, {"192.0.2.1", "192.0.2.2", "EXCH01", 0xC0000FE7}};
	return message_put_hint(parent, &hint);
}

static struct packet *put_hinted(void *parent)
{
	static char server[] = "EXCH01";
	return message_put_hinted(parent, &(struct message_hinted){7, server});
}

static struct packet *put_account(void *parent)
{
	struct credentials *account = credentials_new(parent);
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++)
		*credentials_field(account, i) = memory_format(account, "text %zu", i);
	return message_put_account(parent, account);
}

static struct packet *put_order(void *parent)
{
	const struct message_order order = full_order(parent);
	return message_put_order(parent, &order);
}

static struct packet *put_grant(void *parent)
{
	return message_put_grant(parent, true);
}

static struct packet *put_done(void *parent)
{
	const struct message_done done = {POLL_NOT_MADE, LOGON_REFUSED, true,
		evidence_bytes(parent, full_evidence(parent))};
	return message_put_done(parent, &done);
}

/* --- each is taken, and put again --- */

static struct packet *again_config(void *parent, struct bytes body)
{
	struct message_config config;
	return message_take_config(parent, body, &config)
		? message_put_config(parent, &config)
		: NULL;
}

static struct packet *again_state(void *parent, struct bytes body)
{
	struct message_state state;
	return message_take_state(parent, body, &state)
		? message_put_state(parent, &state)
		: NULL;
}

static struct packet *again_result(void *parent, struct bytes body)
{
	struct message_result result;
	return message_take_result(parent, body, &result)
		? message_put_result(parent, &result)
		: NULL;
}

static struct packet *again_hint(void *parent, struct bytes body)
{
	struct message_hint hint;
	return message_take_hint(body, &hint) ? message_put_hint(parent, &hint) : NULL;
}

static struct packet *again_hinted(void *parent, struct bytes body)
{
	struct message_hinted hinted;
	return message_take_hinted(parent, body, &hinted)
		? message_put_hinted(parent, &hinted)
		: NULL;
}

static struct packet *again_account(void *parent, struct bytes body)
{
	struct credentials *account;
	return message_take_account(parent, body, &account)
		? message_put_account(parent, account)
		: NULL;
}

static struct packet *again_order(void *parent, struct bytes body)
{
	struct message_order order;
	return message_take_order(parent, body, &order)
		? message_put_order(parent, &order)
		: NULL;
}

static struct packet *again_grant(void *parent, struct bytes body)
{
	bool is_granted;
	return message_take_grant(body, &is_granted)
		? message_put_grant(parent, is_granted)
		: NULL;
}

static struct packet *again_done(void *parent, struct bytes body)
{
	struct message_done done;
	return message_take_done(body, &done) ? message_put_done(parent, &done) : NULL;
}

static const struct {
	const char *name;
	enum message_type type;
	struct packet *(*put)(void *parent);
	struct packet *(*again)(void *parent, struct bytes body); /* NULL: refused */
} kinds[] = {
	{"config", MESSAGE_CONFIG, put_config, again_config},
	{"state", MESSAGE_STATE, put_state, again_state},
	{"result", MESSAGE_RESULT, put_result, again_result},
	{"hint", MESSAGE_HINT, put_hint, again_hint},
	{"hinted", MESSAGE_HINTED, put_hinted, again_hinted},
	{"account", MESSAGE_ACCOUNT, put_account, again_account},
	{"order", MESSAGE_ORDER, put_order, again_order},
	{"grant", MESSAGE_GRANT, put_grant, again_grant},
	{"done", MESSAGE_DONE, put_done, again_done},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void message_begins_with_its_length_and_type(void **state)
{
	struct packet *plain = message_plain(*state, MESSAGE_READY);
	const uint8_t wanted[] = {2, 0, 0, 0, MESSAGE_READY, 0};
	assert_int_equal(plain->length, MESSAGE_HEAD);
	assert_memory_equal(plain->data, wanted, MESSAGE_HEAD);
	for (size_t i = 0; i < KINDS; i++) {
		test_row("%s", kinds[i].name);
		struct packet *packet = kinds[i].put(*state);
		struct cursor cursor =
			cursor_at((struct bytes){packet->data, packet->length});
		assert_int_equal(cursor_u32(&cursor), packet->length - 4);
		assert_int_equal(cursor_u16(&cursor), kinds[i].type);
	}
	test_row("%s", "");
}

static void every_message_reads_back_as_it_was_written(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		test_row("%s", kinds[i].name);
		struct packet *packet = kinds[i].put(*state);
		struct packet *again = kinds[i].again(*state, body_of(packet));
		assert_non_null(again);
		assert_int_equal(again->length, packet->length);
		assert_memory_equal(again->data, packet->data, packet->length);
	}
	test_row("%s", "");
}

/* In a block of its own size: a sanitizer sees a read behind its end. */
static struct packet *again_cut(
	void *parent, size_t kind, const struct packet *packet, size_t length)
{
	struct bytes body = body_of(packet);
	uint8_t *copy = memory_array(parent, uint8_t, length);
	memcpy(copy, body.data, length < body.length ? length : body.length);
	struct packet *again = kinds[kind].again(parent, (struct bytes){copy, length});
	talloc_free(copy);
	return again;
}

static void body_that_is_too_short_or_too_long_is_refused(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct packet *packet = kinds[i].put(*state);
		size_t whole = body_of(packet).length;
		for (size_t length = 0; length <= whole + 2; length++) {
			test_row("%s, %zu of %zu bytes", kinds[i].name, length, whole);
			void *scratch = talloc_new(*state);
			struct packet *again = again_cut(scratch, i, packet, length);
			assert_int_equal(again != NULL, length == whole);
			talloc_free(scratch);
		}
	}
	test_row("%s", "");
}

/* Taken or not, nothing else happens, and what is taken can be put. */
static void evidence_is_refused_at_every_length_but_its_own(void **state)
{
	struct bytes whole = evidence_bytes(*state, full_evidence(*state));
	for (size_t length = 0; length <= whole.length + 2; length++) {
		struct evidence *taken = NULL;
		test_row("%zu of %zu bytes", length, whole.length);
		void *scratch = talloc_new(*state);
		uint8_t *copy = memory_array(scratch, uint8_t, length);
		memcpy(copy, whole.data, length < whole.length ? length : whole.length);
		struct bytes part = {copy, length};
		assert_int_equal(message_take_evidence(scratch, "EXCH01", part, &taken),
			length == whole.length);
		talloc_free(scratch);
	}
	test_row("%s", "");
}

/* What is taken is put again as it came: nothing is read and then forgotten. */
static void changed_evidence_is_refused_or_kept_as_it_is(void **state)
{
	static const uint8_t values[] = {0, 1, 2, 0x7F, 0x80, 0xFF};
	struct bytes whole = evidence_bytes(*state, full_evidence(*state));
	uint8_t *copy = memory_array(*state, uint8_t, whole.length);
	for (size_t at = 0; at < whole.length; at++) {
		for (size_t j = 0; j < sizeof(values); j++) {
			struct evidence *taken;
			test_row("byte %zu is %#x", at, values[j]);
			void *scratch = talloc_new(*state);
			memcpy(copy, whole.data, whole.length);
			copy[at] = values[j];
			struct bytes changed = {copy, whole.length};
			if (message_take_evidence(scratch, "EXCH01", changed, &taken)) {
				struct bytes again = evidence_bytes(scratch, taken);
				assert_int_equal(again.length, whole.length);
				assert_memory_equal(again.data, copy, whole.length);
			}
			talloc_free(scratch);
		}
	}
	test_row("%s", "");
}

static void changed_bytes_do_no_harm(void **state)
{
	static const uint8_t values[] = {0, 1, 2, 0x7F, 0x80, 0xFF};
	for (size_t i = 0; i < KINDS; i++) {
		struct packet *packet = kinds[i].put(*state);
		for (size_t at = MESSAGE_HEAD; at < packet->length; at++) {
			uint8_t good = packet->data[at];
			for (size_t j = 0; j < sizeof(values); j++) {
				void *scratch = talloc_new(*state);
				packet->data[at] = values[j];
				kinds[i].again(scratch, body_of(packet));
				talloc_free(scratch);
			}
			packet->data[at] = good;
		}
	}
}

static void order_says_what_a_poll_needs(void **state)
{
	struct message_order order;
	assert_true(message_take_order(*state, body_of(put_order(*state)), &order));
	const struct target *target = order.target;
	assert_string_equal(target->server, "EXCH01");
	assert_string_equal(target->address, "exch01.example");
	assert_string_equal(target->source, "rpc");
	assert_int_equal(target->port, 1445);
	assert_string_equal(target->credentials, "/etc/credentials");
	assert_string_equal(target->evt, "/logs/App.Evt");
	assert_null(target->system_evt);
	assert_string_equal(target->remote_server, "EXCH07");
	assert_int_equal(target->snmp_version, SNMP_3);
	assert_string_equal(target->watch.service, "MSExchangeIMC");
	assert_true(target->watch.display_name_count > 0);
	assert_true(watch_hash(&target->watch) ==
		watch_hash(&full_order(*state).target->watch));
	assert_int_equal(target->smb_min, SMB_NT1);
	assert_int_equal(target->smb_max, SMB_SMB2);
	assert_int_equal(target->smb_signing, SIGNING_REQUIRED);
	assert_true(target->allows_ntlmv1);
	assert_int_equal(target->policy.lookback, 86400);
	assert_int_equal(target->policy.boot_window, 600);
	assert_int_equal(order.addresses.count, 2);
	assert_string_equal(order.addresses.text[1], "2001:db8::1");
	assert_true(order.has_file[LOG_APPLICATION] && !order.has_file[LOG_SYSTEM]);
	assert_false(order.has_file_failure[LOG_APPLICATION]);
	assert_int_equal(order.file_failure[LOG_SYSTEM].kind, FAIL_SYSTEM);
	assert_string_equal(order.file_failure[LOG_SYSTEM].text, "cannot");
	assert_int_equal(order.state.length, 4);
	assert_int_equal(order.now, 2000);
	assert_true(order.deadline_ms == 123456789012);
}

static void hint_goes_and_is_answered_by_number(void **state)
{
	struct message_hint hint;
	assert_true(message_take_hint(body_of(put_hint(*state)), &hint));
	assert_int_equal(hint.number, 7);
	assert_string_equal(hint.hint.sender, "192.0.2.1");
	assert_string_equal(hint.hint.agent, "192.0.2.2");
	assert_string_equal(hint.hint.computer, "EXCH01");
	assert_true(hint.hint.event_id == 0xC0000FE7);
	struct message_hinted hinted;
	assert_true(message_take_hinted(*state, body_of(put_hinted(*state)), &hinted));
	assert_int_equal(hinted.number, 7);
	assert_string_equal(hinted.server, "EXCH01");
	hinted.server = NULL;
	struct packet *packet = message_put_hinted(*state, &hinted);
	assert_false(message_take_hinted(*state, body_of(packet), &hinted));
}

static void account_has_every_string_of_its_file(void **state)
{
	struct credentials *account;
	assert_true(message_take_account(*state, body_of(put_account(*state)), &account));
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++) {
		test_row("string %zu", i);
		assert_string_equal(*credentials_field(account, i),
			memory_format(*state, "text %zu", i));
	}
	test_row("%s", "");
	const char *const all[] = {account->username, account->password, account->domain,
		account->community, account->security_name, account->security_level,
		account->auth_protocol, account->auth_password, account->privacy_protocol,
		account->privacy_password};
	assert_int_equal(sizeof(all) / sizeof(all[0]), CREDENTIALS_FIELDS);
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++)
		assert_non_null(all[i]);
}

/* Each of the strings alone: the others stay away, and none takes another's place. */
static void account_keeps_what_was_not_in_its_file(void **state)
{
	for (size_t only = 0; only < CREDENTIALS_FIELDS; only++) {
		struct credentials *sent = credentials_new(*state), *account;
		*credentials_field(sent, only) = memory_copy(sent, "s");
		struct packet *packet = message_put_account(*state, sent);
		test_row("string %zu", only);
		assert_true(message_take_account(*state, body_of(packet), &account));
		for (size_t i = 0; i < CREDENTIALS_FIELDS; i++)
			assert_int_equal(
				*credentials_field(account, i) != NULL, i == only);
	}
	test_row("%s", "");
}

static void account_of_a_user_is_a_name_and_a_password(void **state)
{
	struct credentials *sent = credentials_new(*state), *account;
	sent->username = memory_copy(sent, "monitor");
	sent->password = memory_copy(sent, "p");
	struct packet *packet = message_put_account(*state, sent);
	assert_true(message_take_account(*state, body_of(packet), &account));
	assert_string_equal(account->username, "monitor");
	assert_string_equal(account->password, "p");
	assert_null(account->domain);
	assert_null(account->community);
}

static void evidence_keeps_all_that_was_learned(void **state)
{
	struct evidence *evidence;
	struct bytes bytes = evidence_bytes(*state, full_evidence(*state));
	assert_true(message_take_evidence(*state, "OTHER", bytes, &evidence));
	assert_string_equal(evidence->server, "OTHER");
	assert_string_equal(evidence->source, "rpc");
	assert_int_equal(evidence->observed_at, 2000);
	assert_int_equal(evidence->parts[PART_STATE].knowledge, LEARNED);
	assert_int_equal(evidence->parts[PART_CLOCK].knowledge, NOT_OFFERED);
	assert_int_equal(evidence->parts[PART_SYSTEM].why.stage, STAGE_SYSTEM);
	assert_string_equal(evidence->parts[PART_SYSTEM].why.text, "access denied");
	assert_int_equal(evidence->service.specific_exit, 2140);
	assert_int_equal(evidence->service.earlier_state, SERVICE_STOPPED);
	assert_string_equal(evidence->service.start_account, "LocalSystem");
	assert_string_equal(evidence->service.dependencies[0].name, "MSExchangeIS");
	const struct log *log = &evidence->logs[LOG_APPLICATION];
	assert_int_equal(log->event_count, 2);
	assert_true(log->events[0].id == 0xC0000FE7);
	assert_string_equal(log->events[0].detail, "a b");
	assert_null(log->events[1].detail);
	assert_int_equal(log->falls[0].to, 900);
	assert_true(log->newest.is_set && log->newest.hash == 0xFEDCBA9876543210);
	assert_true(log->is_whole && log->was_cleared && !log->is_cut);
	assert_int_equal(log->damage_time, 950);
	assert_true(evidence->logs[LOG_SYSTEM].is_wrapped);
	assert_int_equal(evidence->clock_skew, -3);
	assert_int_equal(evidence->state_since, 1500);
	assert_int_equal(evidence->booted_at, 1234);
	assert_true(evidence->watched == 0x123456789ABCDEF0);
	assert_string_equal(evidence->smb_level, "SMB1 signed");
	assert_int_equal(evidence->probe_ms, 12);
}

static void told_verdict_is_kept_with_the_evidence(void **state)
{
	struct evidence *evidence;
	struct bytes bytes = evidence_bytes(*state, full_evidence(*state));
	assert_true(message_take_evidence(*state, "EXCH01", bytes, &evidence));
	const struct told *told = evidence->told;
	assert_non_null(told);
	assert_int_equal(told->status, STATUS_CRITICAL);
	for (enum key key = 0; key < KEYS; key++)
		assert_int_equal(told->keys[key],
			key == KEY_ACTIVE || key == KEY_LOG_SHORT || key == KEY_EVENTS);
	assert_string_equal(told->text, "service stopped, event 4071");
	assert_string_equal(told->advice, "name a mailbox");
	assert_int_equal(told->condition, CONDITION_ACTIVE);
	assert_int_equal(told->trigger, TRIGGER_AUTOMATIC);
	assert_int_equal(told->events_4071, 3);
	assert_int_equal(told->last_4071, 800);
	assert_int_equal(told->last_4071_record, 9);
	assert_int_equal(told->cause_event, 4071);
	assert_int_equal(told->boot_time, 600);
	assert_int_equal(told->interval, 60);
	assert_int_equal(told->age, 17);
	assert_int_equal(told->attempt_count, 2);
	assert_int_equal(told->attempts[0].time, 700);
	assert_int_equal(told->attempts[0].record, 5);
	assert_true(told->attempts[0].id == 0xC0000FE7);
	assert_int_equal(told->attempts[0].trigger, TRIGGER_AUTOMATIC);
	assert_int_equal(told->attempts[1].id, 4086);
	assert_int_equal(told->attempts[1].trigger, TRIGGER_UNKNOWN);
}

static void what_nobody_told_is_not_there_afterwards(void **state)
{
	struct evidence *sent = full_evidence(*state), *evidence;
	sent->told = NULL;
	sent->booted_at = NO_TIME;
	struct bytes bytes = evidence_bytes(*state, sent);
	assert_true(message_take_evidence(*state, "EXCH01", bytes, &evidence));
	assert_null(evidence->told);
	assert_true(evidence->booted_at == NO_TIME);

	sent->told = full_told(sent);
	sent->told->advice = NULL;
	sent->told->attempt_count = 0;
	sent->told->last_4071 = sent->told->boot_time = sent->told->age = NO_TIME;
	bytes = evidence_bytes(*state, sent);
	assert_true(message_take_evidence(*state, "EXCH01", bytes, &evidence));
	assert_null(evidence->told->advice);
	assert_int_equal(evidence->told->attempt_count, 0);
	assert_true(evidence->told->last_4071 == NO_TIME);
	assert_true(evidence->told->boot_time == NO_TIME);
	assert_true(evidence->told->age == NO_TIME);
}

static void told_attempts_are_bounded(void **state)
{
	for (size_t count = TOLD_MAX_ATTEMPTS; count <= TOLD_MAX_ATTEMPTS + 1; count++) {
		struct evidence *sent = full_evidence(*state), *evidence;
		sent->told->attempts = memory_array(sent, struct told_attempt, count);
		sent->told->attempt_count = count;
		for (size_t i = 0; i < count; i++)
			sent->told->attempts[i] =
				(struct told_attempt){(int64_t)i, 1, 4071, TRIGGER_NONE};
		struct bytes bytes = evidence_bytes(*state, sent);
		assert_int_equal(
			message_take_evidence(*state, "EXCH01", bytes, &evidence),
			count == TOLD_MAX_ATTEMPTS);
	}
}

/* Each row spoils sound evidence in one way. */
static void state_of_nothing(struct evidence *evidence)
{
	evidence->service.state = 0;
}

static void state_too_high(struct evidence *evidence)
{
	evidence->service.earlier_state = SERVICE_STATES;
}

static void start_type_too_high(struct evidence *evidence)
{
	evidence->service.start_type = START_TYPES;
}

static void knowledge_too_high(struct evidence *evidence)
{
	evidence->parts[PART_MEMORY].knowledge = LEARNED + 1;
}

static void kind_too_high(struct evidence *evidence)
{
	evidence->parts[PART_SYSTEM].why.kind = FAILURE_KINDS;
}

static void stage_too_high(struct evidence *evidence)
{
	evidence->parts[PART_SYSTEM].why.stage = STAGES;
}

static void origin_too_high(struct evidence *evidence)
{
	struct log *log = &evidence->logs[LOG_SYSTEM];
	log_add_event(evidence, log, &(struct event){.origin = ORIGINS});
}

static void events_in_disorder(struct evidence *evidence)
{
	struct log *log = &evidence->logs[LOG_SYSTEM];
	log_add_event(evidence, log, &(struct event){.record = 2});
	log_add_event(evidence, log, &(struct event){.record = 1});
}

static void too_many_falls(struct evidence *evidence)
{
	struct log *log = &evidence->logs[LOG_SYSTEM];
	for (unsigned i = 0; i <= HARVEST_MAX_FALLS; i++)
		log_add_fall(evidence, log, &(struct clock_fall){.record = i});
}

static void event_before_1970(struct evidence *evidence)
{
	struct log *log = &evidence->logs[LOG_SYSTEM];
	log_add_event(evidence, log, &(struct event){.time = -1});
}

static void fall_from_the_far_future(struct evidence *evidence)
{
	struct log *log = &evidence->logs[LOG_SYSTEM];
	log_add_fall(
		evidence, log, &(struct clock_fall){.from = (int64_t)UINT32_MAX + 1});
}

static void damage_at_no_time_that_can_be(struct evidence *evidence)
{
	evidence->logs[LOG_SYSTEM].damage_time = INT64_MAX;
}

static void clock_that_is_centuries_off(struct evidence *evidence)
{
	evidence->clock_skew = (int64_t)UINT32_MAX + 1;
}

static void state_since_before_1970(struct evidence *evidence)
{
	evidence->state_since = NO_TIME + 1;
}

static void nameless_dependency(struct evidence *evidence)
{
	static struct dependency none = {NULL, SERVICE_STOPPED};
	evidence->service.dependencies = &none;
}

static void nameless_source(struct evidence *evidence)
{
	evidence->source = NULL;
}

static void endless_level(struct evidence *evidence)
{
	evidence->smb_level = memory_array(evidence, char, 4000);
	memset(evidence->smb_level, 'x', 3999);
}

static void boot_before_1970(struct evidence *evidence)
{
	evidence->booted_at = -1;
}

static void boot_after_the_year_9999(struct evidence *evidence)
{
	evidence->booted_at = INT64_C(253402300800);
}

static void told_status_too_high(struct evidence *evidence)
{
	evidence->told->status = STATUSES;
}

static void told_condition_too_high(struct evidence *evidence)
{
	evidence->told->condition = CONDITIONS;
}

static void told_trigger_too_high(struct evidence *evidence)
{
	evidence->told->trigger = TRIGGERS;
}

static void told_without_a_text(struct evidence *evidence)
{
	evidence->told->text = NULL;
}

static void told_without_an_interval(struct evidence *evidence)
{
	evidence->told->interval = NO_TIME;
}

static void told_interval_below_zero(struct evidence *evidence)
{
	evidence->told->interval = -1;
}

static void told_age_below_zero(struct evidence *evidence)
{
	evidence->told->age = -1;
}

static void told_age_of_all_time(struct evidence *evidence)
{
	evidence->told->age = INT64_MAX;
}

static void told_boot_before_1970(struct evidence *evidence)
{
	evidence->told->boot_time = -1;
}

static void told_4071_before_1970(struct evidence *evidence)
{
	evidence->told->last_4071 = -1;
}

static void own_attempts(struct evidence *evidence)
{
	struct told *told = evidence->told;
	struct told_attempt *own =
		memory_array(told, struct told_attempt, told->attempt_count);
	memcpy(own, told->attempts, told->attempt_count * sizeof(own[0]));
	told->attempts = own;
}

static void told_attempt_of_no_trigger(struct evidence *evidence)
{
	own_attempts(evidence);
	evidence->told->attempts[1].trigger = TRIGGERS;
}

static void told_attempt_before_1970(struct evidence *evidence)
{
	own_attempts(evidence);
	evidence->told->attempts[1].time = -1;
}

static char *endless(void *parent)
{
	char *text = memory_array(parent, char, 1026);
	memset(text, 'x', 1025);
	return text;
}

static void told_in_too_many_words(struct evidence *evidence)
{
	evidence->told->text = endless(evidence);
}

static void told_advice_without_end(struct evidence *evidence)
{
	evidence->told->advice = endless(evidence);
}

static void evidence_that_no_source_makes_is_refused(void **state)
{
	static void (*const spoil[])(struct evidence *) = {state_of_nothing,
		state_too_high, start_type_too_high, knowledge_too_high, kind_too_high,
		stage_too_high, origin_too_high, events_in_disorder, too_many_falls,
		event_before_1970, fall_from_the_far_future,
		damage_at_no_time_that_can_be, clock_that_is_centuries_off,
		state_since_before_1970, nameless_dependency, nameless_source,
		endless_level, boot_before_1970, boot_after_the_year_9999,
		told_status_too_high, told_condition_too_high, told_trigger_too_high,
		told_without_a_text, told_without_an_interval, told_interval_below_zero,
		told_age_below_zero, told_age_of_all_time, told_boot_before_1970,
		told_4071_before_1970, told_attempt_of_no_trigger,
		told_attempt_before_1970, told_in_too_many_words,
		told_advice_without_end};
	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		test_row("row %zu", i);
		struct evidence *evidence = full_evidence(*state), *taken;
		spoil[i](evidence);
		struct bytes bytes = evidence_bytes(*state, evidence);
		assert_false(message_take_evidence(*state, "EXCH01", bytes, &taken));
	}
	test_row("%s", "");
}

static void orders_for_nobody_are_refused(void **state)
{
	struct message_order order, taken;
	for (int row = 0; row < 7; row++) {
		test_row("row %d", row);
		order = full_order(*state);
		if (row == 0)
			order.target->server = NULL;
		else if (row == 1)
			order.target->source = NULL;
		else if (row == 2)
			order.target->watch.service = NULL;
		else if (row == 3)
			order.target->smb_max = SMB_PROTOCOLS;
		else if (row == 4)
			order.target->smb_signing = SIGNINGS;
		else if (row == 6)
			order.target->snmp_version = SNMP_VERSIONS;
		else
			order.target->watch.display_name_count = 0;
		struct packet *packet = message_put_order(*state, &order);
		assert_int_equal(
			message_take_order(*state, body_of(packet), &taken), row == 5);
	}
	test_row("%s", "");
}

static void ends_that_do_not_exist_are_refused(void **state)
{
	struct message_done done = {POLL_ENDS, LOGON_ACCEPTED, false, bytes_of("")};
	assert_false(message_take_done(body_of(message_put_done(*state, &done)), &done));
	done = (struct message_done){POLL_LEARNED, LOGON_ENDS, false, bytes_of("")};
	assert_false(message_take_done(body_of(message_put_done(*state, &done)), &done));
	const uint8_t grant[] = {2};
	bool is_granted;
	assert_false(message_take_grant((struct bytes){grant, 1}, &is_granted));
}

static void text_with_a_zero_byte_inside_is_refused(void **state)
{
	struct packet *packet = put_state(*state);
	struct message_state message;
	assert_true(message_take_state(*state, body_of(packet), &message));
	packet->data[MESSAGE_HEAD + 4 + 2] = '\0';
	assert_false(message_take_state(*state, body_of(packet), &message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(message_begins_with_its_length_and_type),
		sentence(every_message_reads_back_as_it_was_written),
		sentence(body_that_is_too_short_or_too_long_is_refused),
		sentence(evidence_is_refused_at_every_length_but_its_own),
		sentence(changed_evidence_is_refused_or_kept_as_it_is),
		sentence(changed_bytes_do_no_harm),
		sentence(order_says_what_a_poll_needs),
		sentence(hint_goes_and_is_answered_by_number),
		sentence(account_has_every_string_of_its_file),
		sentence(account_keeps_what_was_not_in_its_file),
		sentence(account_of_a_user_is_a_name_and_a_password),
		sentence(evidence_keeps_all_that_was_learned),
		sentence(told_verdict_is_kept_with_the_evidence),
		sentence(what_nobody_told_is_not_there_afterwards),
		sentence(told_attempts_are_bounded),
		sentence(evidence_that_no_source_makes_is_refused),
		sentence(orders_for_nobody_are_refused),
		sentence(ends_that_do_not_exist_are_refused),
		sentence(text_with_a_zero_byte_inside_is_refused),
	};
	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
