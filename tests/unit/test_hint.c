/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/hint.h"

enum { AT_EVENT = 8, AT_SENDER = 12, AT_AGENT = 60, AT_COMPUTER = 108 };

static const struct hint good = {
	"192.0.2.1", "2001:db8::a", "B\xC3\xBCRO-1 \xF0\x9F\x93\xAC", 0xC0000FE7};

static void hints_are_the_same_on_the_other_side(void **state)
{
	uint8_t data[HINT_BYTES];
	struct hint back;
	(void)state;
	assert_int_equal(HINT_BYTES, 172);
	hint_encode(&good, data);
	assert_memory_equal(data,
		"IMCTRAP1\xE7\x0F\x00\xC0"
		"192.0.2.1\0",
		22);
	assert_memory_equal(data + AT_AGENT, "2001:db8::a\0", 12);
	assert_memory_equal(data + AT_COMPUTER, "B\xC3\xBCRO-1 ", 8);
	assert_true(hint_decode((struct bytes){data, sizeof(data)}, &back));
	assert_int_equal(back.event_id, good.event_id);
	assert_string_equal(back.sender, good.sender);
	assert_string_equal(back.agent, good.agent);
	assert_string_equal(back.computer, good.computer);
}

static void texts_without_an_end_are_cut(void **state)
{
	uint8_t data[HINT_BYTES];
	struct hint hint, back;
	(void)state;
	memset(&hint, '1', sizeof(hint));
	hint_encode(&hint, data);
	assert_true(hint_decode((struct bytes){data, sizeof(data)}, &back));
	assert_int_equal(strlen(back.sender), HINT_ADDRESS - 1);
	assert_int_equal(strlen(back.agent), HINT_ADDRESS - 1);
	assert_int_equal(strlen(back.computer), HINT_COMPUTER - 1);
}

static void other_sizes_are_no_hints(void **state)
{
	uint8_t data[2 * HINT_BYTES] = {0};
	struct hint back;
	(void)state;
	hint_encode(&good, data);
	for (size_t length = 0; length <= sizeof(data); length++) {
		test_row("%zu bytes", length);
		assert_int_equal(hint_decode((struct bytes){data, length}, &back),
			length == HINT_BYTES);
	}
	assert_false(hint_decode((struct bytes){NULL, 0}, &back));
	test_row("%s", "");
}

static const struct damage {
	const char *what;
	size_t at;
	const char *bytes;
	size_t length;
} damages[] = {
	{"another magic", 0, "X", 1},
	{"another version", 7, "2", 1},
	{"a name as the sender", AT_SENDER, "exch", 4},
	{"a zone behind the agent", AT_AGENT, "fe80::1%2", 9},
	{"a blank in an address", AT_SENDER + 9, " ", 1},
	{"bytes behind the sender's end", AT_SENDER + 20, "1", 1},
	{"the last byte of the sender", AT_SENDER + HINT_ADDRESS - 1, "1", 1},
	{"bytes behind the computer's end", AT_COMPUTER + 63, "x", 1},
	{"a line break", AT_COMPUTER, "\n", 1},
	{"an escape", AT_COMPUTER, "\x1B", 1},
	{"a rubout", AT_COMPUTER, "\x7F", 1},
	{"a control character of Latin 1", AT_COMPUTER, "\xC2\x85", 2},
	{"a line separator", AT_COMPUTER, "\xE2\x80\xA8", 3},
	{"a byte that begins nothing", AT_COMPUTER, "\xFF", 1},
	{"a byte that only continues", AT_COMPUTER, "\x80", 1},
	{"a character that is cut", AT_COMPUTER, "\xE2\x82X", 3},
	{"an overlong slash", AT_COMPUTER, "\xC0\xAF", 2},
	{"an overlong end", AT_COMPUTER, "\xE0\x80\x80", 3},
	{"a surrogate", AT_COMPUTER, "\xED\xA0\x80", 3},
	{"above Unicode", AT_COMPUTER, "\xF4\x90\x80\x80", 4},
};

static void damaged_hints_are_refused(void **state)
{
	struct hint back = {.event_id = 7};
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		uint8_t data[HINT_BYTES];
		test_row("%s", damages[i].what);
		hint_encode(&good, data);
		memcpy(data + damages[i].at, damages[i].bytes, damages[i].length);
		assert_false(hint_decode((struct bytes){data, sizeof(data)}, &back));
		assert_int_equal(back.event_id, 7);
	}
	test_row("%s", "");
}

static void texts_without_ends_are_refused(void **state)
{
	static const struct {
		size_t at, length;
	} fields[] = {{AT_SENDER, HINT_ADDRESS}, {AT_AGENT, HINT_ADDRESS},
		{AT_COMPUTER, HINT_COMPUTER}};
	struct hint back;
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t data[HINT_BYTES];
		hint_encode(&good, data);
		memset(data + fields[i].at, '1', fields[i].length);
		assert_false(hint_decode((struct bytes){data, sizeof(data)}, &back));
		data[fields[i].at + fields[i].length - 1] = '\0';
		assert_true(hint_decode((struct bytes){data, sizeof(data)}, &back));
	}
}

static void empty_texts_are_right(void **state)
{
	uint8_t data[HINT_BYTES];
	struct hint empty = {.event_id = 1}, back;
	(void)state;
	hint_encode(&empty, data);
	assert_true(hint_decode((struct bytes){data, sizeof(data)}, &back));
	assert_string_equal(back.sender, "");
	assert_string_equal(back.computer, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(hints_are_the_same_on_the_other_side),
		sentence(texts_without_an_end_are_cut),
		sentence(other_sizes_are_no_hints),
		sentence(damaged_hints_are_refused),
		sentence(texts_without_ends_are_refused),
		sentence(empty_texts_are_right),
	};
	return cmocka_run_group_tests_name("hint", tests, NULL, NULL);
}
