/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/bytes.h"
#include "core/text.h"

/* A string literal's bytes, without its zero. */
#define BYTES(literal)                                                                   \
	{                                                                                \
		(const uint8_t *)(literal), sizeof(literal) - 1                          \
	}

static const char replacement[] = "\uFFFD";

static void utf16_becomes_utf8(void **state)
{
	static const struct {
		const char *label;
		struct bytes utf16;
		const char *utf8;
	} rows[] = {
		{"nothing", BYTES(""), ""},
		{"ASCII", BYTES("I\0M\0C\0"), "IMC"},
		{"two, three and four bytes", BYTES("\xE4\0\xAC\x20\x3D\xD8\xE7\xDC"),
			"\u00E4\u20AC\U0001F4E7"},
		{"first and last pair", BYTES("\x00\xD8\x00\xDC\xFF\xDB\xFF\xDF"),
			"\U00010000\U0010FFFF"},
		{"around the surrogates", BYTES("\xFF\xD7\x00\xE0"), "\uD7FF\uE000"},
		{"lone high", BYTES("\x3D\xD8x\0"), "\uFFFDx"},
		{"lone high at the end", BYTES("x\0\x3D\xD8"), "x\uFFFD"},
		{"lone low", BYTES("\xE7\xDCx\0"), "\uFFFDx"},
		{"two high ones", BYTES("\x3D\xD8\x3D\xD8\xE7\xDC"), "\uFFFD\U0001F4E7"},
		{"low before high", BYTES("\xE7\xDC\x3D\xD8"), "\uFFFD\uFFFD"},
		{"odd byte", BYTES("x\0y"), "x\uFFFD"},
		{"one byte", BYTES("x"), "\uFFFD"},
		{"high and an odd byte", BYTES("\x3D\xD8\xE7"), "\uFFFD\uFFFD"},
		{"zero", BYTES("a\0\0\0b\0"), "a\uFFFDb"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].label);
		char *text = text_from_utf16(*state, rows[i].utf16, 100);
		assert_string_equal(text, rows[i].utf8);
	}
	test_row("%s", "");
}

static void utf16_is_cut_between_characters(void **state)
{
	/* in UTF-8 1, 3, 4 and 1 bytes */
	const struct bytes mail = BYTES("a\0\xAC\x20\x3D\xD8\xE7\xDCz\0");
	static const size_t lengths[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
	for (size_t limit = 0; limit < sizeof(lengths) / sizeof(lengths[0]); limit++) {
		test_row("limit %zu", limit);
		assert_int_equal(
			strlen(text_from_utf16(*state, mail, limit)), lengths[limit]);
	}
	assert_int_equal(strlen(text_from_utf16(*state, mail, SIZE_MAX)), 9);
	test_row("%s", "");
}

static void utf16_letters_next_to_a_to_z_keep_their_case(void **state)
{
	(void)state;
	const struct bytes marks = BYTES("@\0[\0`\0{\0");
	assert_true(text_utf16_contains(marks, "@[`{"));
	assert_false(text_utf16_contains(marks, "`{@["));
	const struct bytes umlaut = BYTES("\xC4\0");
	assert_false(text_utf16_contains(umlaut, "\xC4"));
}

static void utf16_text_contains_what_stands_anywhere_in_it(void **state)
{
	(void)state;
	const struct bytes text = BYTES("m\0s\0m\0s\0E\0x\0\x41");
	assert_true(text_utf16_contains(text, "MSM"));
	assert_true(text_utf16_contains(text, "mse"));
	assert_true(text_utf16_contains(text, "X"));
	assert_true(text_utf16_contains(text, ""));
	assert_false(text_utf16_contains(text, "exA"));
	assert_false(text_utf16_contains(text, "msx"));
	const struct bytes shifted = BYTES("\0a\0b\0c\0");
	assert_false(text_utf16_contains(shifted, "a"));
	const struct bytes wide = BYTES("m\x01s\0m\0");
	assert_false(text_utf16_contains(wide, "msm"));
	const struct bytes nothing = BYTES("");
	assert_false(text_utf16_contains(nothing, "a"));
}

static void names_are_the_same_but_for_case_and_trailing_blanks(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
		bool is_same;
	} rows[] = {
		{"MSExchangeIMC", "msexchangeimc", true},
		{"Internet Mail Service  ", "Internet Mail Service", true},
		{"a", "A   ", true},
		{"", "  ", true},
		{" a", "a", false},
		{"ab", "a", false},
		{"a b", "ab", false},
		{"\u00C4", "\u00E4", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("\"%s\" \"%s\"", rows[i].text, rows[i].name);
		assert_int_equal(
			text_is_name(rows[i].text, rows[i].name), rows[i].is_same);
	}
	test_row("%s", "");
}

static void clean_text_has_nothing_active(void **state)
{
	static const struct {
		const char *label, *text, *clean;
	} rows[] = {
		{"plain", "event 4071: (5.5) 100% #1 [x]!",
			"event 4071: (5.5) 100% #1 [x]!"},
		{"letters", "Gr\u00FC\u00DFe \u20AC\U0001F4E7",
			"Gr\u00FC\u00DFe \u20AC\U0001F4E7"},
		{"perfdata", "a|b=1", "a/b=1"},
		{"semicolon", "a;b", "a,b"},
		{"HTML", "<b>&\"'", "\u2039b\u203A+\u201D\u2019"},
		{"shell", "`id`$(id)", "\u2018id\u2018\uFF04(id)"},
		{"printf %b", "EXCH\\new", "EXCH\u2216new"},
		{"tilde", "PROGRA~1", "PROGRA\u223C1"},
		{"lines", "a\r\nb\n\nc", "a b c"},
		{"C0 and DEL", "a\001\037\177b\033[1m", "a b [1m"},
		{"C1", "x\xC2\x80\xC2\x9Fy\xC2\x85z", "x y z"},
		{"separators", "a\u2028b\u2029c", "a b c"},
		{"blanks", "a\u00A0\u3000\t \u2003b", "a b"},
		{"blanks around", " \t a \n", "a"},
		{"blanks only", " \n\u00A0", ""},
		{"blank before what goes", "a \u200B", "a"},
		{"blanks around what goes", "a \u200B b", "a b"},
		{"bidi", "a\u202A\u202B\u202C\u202D\u202Eb\u2066\u2067\u2068\u2069c",
			"abc"},
		{"marks", "a\u200E\u200F\u061Cb", "ab"},
		{"zero-width", "a\u200B\u200C\u200D\u2060\uFEFFb", "ab"},
		{"noncharacters", "a\uFFFE\uFFFF\U0001FFFE\U0010FFFF\uFDD0\uFDEFb", "ab"},
		{"tags", "a\U000E0041b", "ab"},
		{"nothing", "", ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].label);
		char *clean = text_clean(*state, rows[i].text, 200);
		assert_string_equal(clean, rows[i].clean);
		assert_string_equal(text_clean(*state, clean, 200), clean);
	}
	test_row("%s", "");
}

static void bytes_that_are_no_utf8_become_replacement_characters(void **state)
{
	static const struct {
		const char *label, *text;
		size_t replaced;
	} rows[] = {
		{"continuation alone", "\x80", 1},
		{"last continuation", "\xBF", 1},
		{"overlong zero", "\xC0\x80", 2},
		{"overlong slash", "\xC1\xAF", 2},
		{"overlong, three bytes", "\xE0\x9F\xBF", 3},
		{"overlong, four bytes", "\xF0\x8F\xBF\xBF", 4},
		{"first surrogate", "\xED\xA0\x80", 3},
		{"last surrogate", "\xED\xBF\xBF", 3},
		{"above U+10FFFF", "\xF4\x90\x80\x80", 4},
		{"no lead byte", "\xF5\xFE\xFF", 3},
		{"cut after one", "\xE2", 1},
		{"cut after two", "\xE2\x82", 2},
		{"cut after three", "\xF0\x9F\x93", 3},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].label);
		char *text = memory_format(*state, "a%sz", rows[i].text);
		char *wanted = memory_copy(*state, "a");
		for (size_t k = 0; k < rows[i].replaced; k++)
			wanted = memory_format(*state, "%s%s", wanted, replacement);
		wanted = memory_format(*state, "%sz", wanted);
		assert_string_equal(text_clean(*state, text, 100), wanted);
	}
	assert_string_equal(text_clean(*state, "\xED\x9F\xBF\xF4\x8F\xBF\xBD", 100),
		"\uD7FF\U0010FFFD");
	test_row("%s", "");
}

static void clean_text_is_cut_with_dots(void **state)
{
	static const struct {
		const char *text;
		size_t limit;
		const char *clean;
	} rows[] = {
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "ab..."},
		{"abcdef", 3, "..."},
		{"abcdef", 2, "ab"},
		{"abcdef", 0, ""},
		{"abc", 3, "abc"},
		{"ab cdef", 6, "ab..."},
		{"abc   ", 3, "abc"},
		{"abc\u200B", 3, "abc"},
		{"\u20AC\u20AC\u20AC", 9, "\u20AC\u20AC\u20AC"},
		{"\u20AC\u20AC\u20AC", 8, "\u20AC..."},
		{"\u20AC\u20AC\u20AC", 2, ""},
		{"<<<", 9, "\u2039\u2039\u2039"},
		{"<<<", 8, "\u2039..."},
		{"\xFF\xFF", 5, "..."},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("\"%s\" at %zu", rows[i].text, rows[i].limit);
		assert_string_equal(
			text_clean(*state, rows[i].text, rows[i].limit), rows[i].clean);
	}
	test_row("%s", "");
}

static void long_event_string_is_cleaned_within_the_limit(void **state)
{
	char *text = memory_array(*state, char, 31839 + 1);
	memset(text, '<', 31839);
	assert_int_equal(strlen(text_clean(*state, text, 160)), 159);
	assert_int_equal(strlen(text_clean(*state, text, SIZE_MAX)), 3 * 31839);
}

static void characters_are_taken_and_put(void **state)
{
	(void)state;
	static const struct {
		uint32_t character;
		struct bytes utf8;
	} rows[] = {
		{0, BYTES("\0")},
		{0x7F, BYTES("\x7F")},
		{0x80, BYTES("\xC2\x80")},
		{0x7FF, BYTES("\xDF\xBF")},
		{0x800, BYTES("\xE0\xA0\x80")},
		{0xFFFD, BYTES("\xEF\xBF\xBD")},
		{0x10000, BYTES("\xF0\x90\x80\x80")},
		{0x10FFFF, BYTES("\xF4\x8F\xBF\xBF")},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("U+%04X", (unsigned)rows[i].character);
		char put[TEXT_CHARACTER];
		struct bytes rest = rows[i].utf8;
		uint32_t taken = 1;
		assert_int_equal(text_put_character(put, rows[i].character), rest.length);
		assert_memory_equal(put, rest.data, rest.length);
		assert_true(text_take_character(&rest, &taken));
		assert_int_equal(taken, rows[i].character);
		assert_int_equal(rest.length, 0);
		assert_false(text_take_character(&rest, &taken));
		/* not beyond the end, whatever stands there */
		rest = rows[i].utf8;
		rest.length--;
		assert_false(text_take_character(&rest, &taken));
		assert_int_equal(rest.length, rows[i].utf8.length - 1);
	}
	test_row("%s", "");
}

static void exact_text_is_clean_and_loses_nothing(void **state)
{
	static const struct {
		const char *text, *exact;
	} rows[] = {
		{"", ""},
		{"Internet Mail (SMTP) 5.5", "Internet Mail (SMTP) 5.5"},
		{"Gr\u00FC\u00DFe \U0001F4E7 \uFFFD",
			"Gr\u00FC\u00DFe \U0001F4E7 \uFFFD"},
		{"A & B|C", "A %26 B%7CC"},
		{"\u2019", "\u2019"},
		{"'", "%27"},
		{"100%", "100%25"},
		{"a\033[1m\n", "a%1B[1m%0A"},
		{"\xC2\x81", "%C2%81"},
		{"a\u00A0\u202Eb", "a%C2%A0%E2%80%AEb"},
		{"\xFF\xE2\x82", "%FF%E2%82"},
		{"  a  b   ", "%20 a %20b"},
		{"   ", ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].text);
		char *exact = text_exact(*state, rows[i].text, SIZE_MAX);
		assert_string_equal(exact, rows[i].exact);
		assert_string_equal(text_clean(*state, exact, SIZE_MAX), exact);
	}
	test_row("%s", "");
	assert_string_equal(text_exact(*state, "abcdefg", 6), "abc...");
	assert_string_equal(text_exact(*state, "abc&&", 8), "abc%2...");
}

static void lists_have_commas_between(void **state)
{
	static const char *const names[] = {"one", "two", "three"};
	assert_string_equal(text_list(*state, names, 3), "one, two, three");
	assert_string_equal(text_list(*state, names, 1), "one");
	assert_string_equal(text_list(*state, names, 0), "");
}

static void percent_encoding_keeps_only_what_file_names_can_hold(void **state)
{
	assert_string_equal(text_percent_encode(*state, "EXCH-01_a.b"), "EXCH-01_a.b");
	assert_string_equal(
		text_percent_encode(*state, "a/b c~%\n"), "a%2Fb%20c%7E%25%0A");
	assert_string_equal(text_percent_encode(*state, "\u00E4"), "%C3%A4");
	assert_string_equal(text_percent_encode(*state, ""), "");
}

static void percent_decoding_gives_every_byte_back(void **state)
{
	char text[256] = "";
	for (int i = 1; i < 256; i++)
		text[i - 1] = (char)i;
	char *encoded = text_percent_encode(*state, text);
	assert_string_equal(text_percent_decode(*state, encoded), text);
}

static void malformed_percent_encoding_is_refused(void **state)
{
	static const char *const rows[] = {
		"%", "a%", "%4", "%4G", "%G4", "%%41", "%00", "a%00b", /* no byte */
		"%41", "%2f", "a b", "a/b", "\xE4", /* not as it is written */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i]);
		assert_null(text_percent_decode(*state, rows[i]));
	}
	test_row("%s", "");
}

static void a_value_keeps_what_only_a_notification_minds(void **state)
{
	assert_string_equal(text_clean_value(*state, "DOM\\user; ~ x | <b>\n\"", 100),
		"DOM\\user; ~ x / \u2039b\u203A \u201D");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_value_keeps_what_only_a_notification_minds),
		sentence(utf16_becomes_utf8),
		sentence(utf16_is_cut_between_characters),
		sentence(utf16_letters_next_to_a_to_z_keep_their_case),
		sentence(utf16_text_contains_what_stands_anywhere_in_it),
		sentence(names_are_the_same_but_for_case_and_trailing_blanks),
		sentence(clean_text_has_nothing_active),
		sentence(bytes_that_are_no_utf8_become_replacement_characters),
		sentence(clean_text_is_cut_with_dots),
		sentence(long_event_string_is_cleaned_within_the_limit),
		sentence(characters_are_taken_and_put),
		sentence(exact_text_is_clean_and_loses_nothing),
		sentence(lists_have_commas_between),
		sentence(percent_encoding_keeps_only_what_file_names_can_hold),
		sentence(percent_decoding_gives_every_byte_back),
		sentence(malformed_percent_encoding_is_refused),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
