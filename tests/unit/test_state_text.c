/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/state_text.h"
#include "scene.h"

static struct state *made_state(void *parent)
{
	struct policy policy = policy_default();
	struct evidence *evidence = scene(parent, SERVICE_STOPPED,
		"boot@2h fall@1h>2h 4071@119m 4072@118m scm7031@1h");
	struct event hostile = {.origin = FROM_IMC,
		.record = 90,
		.time = SCENE_NOW,
		.id = 0xC0000FE7,
		.detail = "a | b\n\033[31m \xE2\x80\xAE <script>% 100"};
	log_add_event(evidence, &evidence->logs[LOG_APPLICATION], &hostile);
	evidence->logs[LOG_APPLICATION].damaged = 3;
	evidence->logs[LOG_APPLICATION].damage_time = SCENE_NOW - 5;
	evidence->clock_skew = -77;
	evidence->clock_read_at = SCENE_NOW;
	evidence->state_since = SCENE_NOW - 60;
	return state_after(parent, state_new(parent), evidence, &policy, SCENE_NOW);
}

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static bool parses(void *parent, const char *text, struct failure *why)
{
	struct state *state;
	return state_parse(
		parent, "d/EXCH01.state", "EXCH01", bytes_of(text), &state, why);
}

/* The text with its last line put right again. */
static char *with_end(void *parent, const char *text)
{
	const char *end = strstr(text, "\nend ");
	size_t length = end == NULL ? strlen(text) : (size_t)(end + 1 - text);
	struct bytes body = {(const uint8_t *)text, length};
	return memory_format(
		parent, "%.*send %016" PRIx64 "\n", (int)length, text, bytes_hash(body));
}

static char *replaced(void *parent, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	if (at == NULL)
		fail_msg("the state file has no \"%s\"", from);
	char *changed = memory_format(
		parent, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return with_end(parent, changed);
}

static void what_is_written_reads_back_the_same(void **state)
{
	char *text = state_format(*state, "EXCH01", made_state(*state));
	struct state *again;
	struct failure why;
	if (!state_parse(*state, "x", "EXCH01", bytes_of(text), &again, &why))
		fail_msg("%s", why.text);
	assert_string_equal(state_format(*state, "EXCH01", again), text);
	assert_int_equal(again->logs[LOG_APPLICATION].event_count, 3);
	assert_string_equal(again->logs[LOG_APPLICATION].events[2].detail,
		"a | b\n\033[31m \xE2\x80\xAE <script>% 100");
	assert_int_equal(again->logs[LOG_SYSTEM].fall_count, 1);
	assert_int_equal(again->clock_skew, -77);
}

static void an_empty_state_reads_back_the_same(void **state)
{
	char *text = state_format(*state, "EXCH01", state_new(*state));
	struct state *again;
	assert_true(state_parse(*state, "x", "EXCH01", bytes_of(text), &again, NULL));
	assert_false(again->has_state);
	assert_int_equal(again->logs[LOG_SYSTEM].reaches_back_to, NO_TIME);
}

static void a_file_that_was_cut_anywhere_is_refused(void **state)
{
	char *text = state_format(*state, "EXCH01", made_state(*state));
	for (size_t length = 0; length < strlen(text); length++) {
		struct bytes cut = {(const uint8_t *)text, length};
		struct state *ignored;
		struct failure why;
		test_row("cut to %zu bytes", length);
		assert_false(state_parse(*state, "x", "EXCH01", cut, &ignored, &why));
		assert_int_equal(why.kind, FAIL_DAMAGED);
	}
}

static void a_file_with_any_byte_changed_is_refused(void **state)
{
	char *text = state_format(*state, "EXCH01", made_state(*state));
	for (size_t i = 0; text[i] != '\0'; i++) {
		char *changed = memory_copy(*state, text);
		changed[i] ^= 1;
		test_row("byte %zu changed", i);
		assert_false(parses(*state, changed, NULL));
		talloc_free(changed);
	}
}

static void facts_that_make_no_sense_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
		{"imc-monitor state 1\n", "imc-monitor state 2\n", "version 2"},
		{"imc-monitor state 1\n", "imc-monitor state 0\n", "version 0"},
		{"imc-monitor state 1\n", "hello world, I am a file\n", "no state file"},
		{"server EXCH01\n", "server EXCH02\n", "line 2 "},
		{"service stopped", "service sleeping", "line 4 "},
		{"service stopped ", "service stopped -9", "line 4 "},
		{"service stopped ", "service stopped 99999999999", "line 4 "},
		{"clock -77 ", "clock x ", "line 5 "},
		{"clock -77 ", "clock -77  ", "line 5 "},
		{"log Application 0 ", "log Security 0 ", "line 6 "},
		{"log Application 0 ", "log Application -1 ", "line 6 "},
		{"log Application 0 ", "log Application 4294967296 ", "line 6 "},
		{"log Application 0 1 ", "log Application 0 2 ", "line 6 "},
		{"log System", "log Application", "line "},
		{"event imc", "event root", "line 7 "},
		{"event imc", "events imc", "line 7 "},
		{" 3221229543 1\n", " 3221229543 1 %zz\n", "line 7 "},
		{" 3221229543 1\n", " 3221229543 65536\n", "line 7 "},
		{" 3221229543 1\n", " 3221229543 1 a b\n", "line 7 "},
		{" 3221229543 1\n", " 3221229543\n", "line 7 "},
		{"server EXCH01\n", "server EXCH01\n\n", "line 3 "},
		{"server EXCH01\n", "server EXCH01\nevent imc 0 1 2 3 4\n", "line 3 "},
	};
	char *text = state_format(*state, "EXCH01", made_state(*state));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct failure why = {0};
		test_row("\"%s\" for \"%s\"", rows[i].to, rows[i].from);
		assert_false(parses(
			*state, replaced(*state, text, rows[i].from, rows[i].to), &why));
		assert_non_null(strstr(why.text, rows[i].says));
		assert_non_null(strstr(why.text, "d/EXCH01.state"));
	}
}

static void zero_bytes_are_refused_though_the_hash_is_right(void **state)
{
	static const char body[] = "imc-monitor state 1\nserver EXCH01\0\n";
	struct bytes bytes = {(const uint8_t *)body, sizeof(body) - 1};
	char text[sizeof(body) + 32];
	memcpy(text, body, sizeof(body) - 1);
	snprintf(text + sizeof(body) - 1, 32, "end %016" PRIx64 "\n", bytes_hash(bytes));
	struct bytes whole = {(const uint8_t *)text, sizeof(body) - 1 + 21};
	struct state *ignored;
	assert_false(state_parse(*state, "x", "EXCH01", whole, &ignored, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(what_is_written_reads_back_the_same),
		sentence(an_empty_state_reads_back_the_same),
		sentence(a_file_that_was_cut_anywhere_is_refused),
		sentence(a_file_with_any_byte_changed_is_refused),
		sentence(facts_that_make_no_sense_are_refused_with_their_line),
		sentence(zero_bytes_are_refused_though_the_hash_is_right),
	};
	return cmocka_run_group_tests_name("state_text", tests, NULL, NULL);
}
