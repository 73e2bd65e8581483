/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/harvest.h"
#include "core/text.h"
#include "source/services.h"

/* --- names as servers write them --- */

static const struct {
	const char *octets;
	size_t length; /* 0: as a string */
	const char *text;
} text_rows[] = {
	{"Server", 0, "Server"}, {"", 0, ""}, {"Server   ", 0, "Server"},
	{"Server\0 \0", 9, "Server"}, {"   ", 0, ""}, {" Server", 0, " Server"},
	{"Ser\0ver", 7, "Ser\xEF\xBF\xBDver"},
	{"\xC3\x9C"
	 "berwachung",
		0, "Überwachung"},
	{"\xDC"
	 "berwachung",
		0, "Überwachung"},
	{"10 \x80", 0, "10 €"}, {"\x9F\x81", 0, "Ÿ\xC2\x81"},
	/* one byte that is none of UTF-8: all of it is code page 1252 */
	{"\xC3\x9C \xDC", 0, "Ãœ Ü"},
	/* overlong, a surrogate, beyond Unicode, cut short: not UTF-8 */
	{"\xC0\xAF", 0, "À¯"}, {"\xED\xA0\x80", 0, "í\xC2\xA0€"},
	{"\xF4\x90\x80\x80", 0, "ô\xC2\x90€€"}, {"\xE2\x82", 0, "â‚"},
	{"\xF0\x9F\x93\xA7", 0, "\xF0\x9F\x93\xA7"},
	{"a\nb|c", 0, "a\nb|c"}, /* cleaned where it is shown */
};

static struct bytes bytes_of(const char *text, size_t length)
{
	return (struct bytes){(const uint8_t *)text, length > 0 ? length : strlen(text)};
}

static void names_become_text(void **state)
{
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
		struct bytes name = bytes_of(text_rows[i].octets, text_rows[i].length);
		test_row("%s", text_rows[i].text);
		assert_string_equal(services_text(*state, name), text_rows[i].text);
	}
}

static void a_name_of_any_length_is_cut(void **state)
{
	enum { LENGTH = 60000 };
	uint8_t *octets = memory_array(*state, uint8_t, LENGTH);
	memset(octets, 0xDC, LENGTH);
	char *text = services_text(*state, (struct bytes){octets, LENGTH});
	assert_int_equal(strlen(text), 2 * 4096);
	/* between characters, and without the blanks that then end it */
	memset(octets, 'x', 4096);
	memcpy(octets + 4095, "ü", 2);
	text = services_text(*state, (struct bytes){octets, 4097});
	assert_int_equal(strlen(text), 4095);
	octets[4095] = ' ';
	octets[4096] = 'x';
	text = services_text(*state, (struct bytes){octets, 4097});
	assert_int_equal(strlen(text), 4095);
}

/* --- where their states are --- */

static void places_are_length_and_octets(void **state)
{
	(void)state;
	struct snmp_name places[SERVICES_FORMS];
	static const uint32_t expected[] = {
		1, 3, 6, 1, 4, 1, 77, 1, 2, 3, 1, 3, 6, 'S', 'e', 'r', 'v', 'e', 'r'};
	assert_int_equal(services_places("Server", places), 1);
	assert_int_equal(places[0].length, sizeof(expected) / sizeof(expected[0]));
	assert_memory_equal(places[0].ids, expected, sizeof(expected));
}

static void other_letters_have_two_places(void **state)
{
	(void)state;
	struct snmp_name places[SERVICES_FORMS];
	static const uint32_t utf8[] = {5, 0xC3, 0xBC, 0xE2, 0x82, 0xAC};
	static const uint32_t page[] = {2, 0xFC, 0x80};
	assert_int_equal(services_places("ü€", places), 2);
	assert_int_equal(places[0].length, 12 + 6);
	assert_memory_equal(places[0].ids + 12, utf8, sizeof(utf8));
	assert_int_equal(places[1].length, 12 + 3);
	assert_memory_equal(places[1].ids + 12, page, sizeof(page));
}

static void places_fit_an_object_name(void **state)
{
	struct snmp_name places[SERVICES_FORMS];
	char *name = memory_array(*state, char, 300);
	memset(name, 'x', 115);
	assert_int_equal(services_places(name, places), 1);
	assert_int_equal(places[0].length, SNMP_MAX_NAME);
	name[115] = 'x';
	assert_int_equal(services_places(name, places), 0);
	memset(name, 'x', 299);
	assert_int_equal(services_places(name, places), 0);
	/* too long in UTF-8 only */
	memset(name, 0, 300);
	for (size_t i = 0; i < 100; i++)
		memcpy(name + 2 * i, "ü", 2);
	assert_int_equal(services_places(name, places), 1);
	assert_int_equal(places[0].ids[12], 100);
	assert_int_equal(places[0].ids[13], 0xFC);
}

static void what_code_page_1252_lacks_has_one_place(void **state)
{
	(void)state;
	struct snmp_name places[SERVICES_FORMS];
	assert_int_equal(services_places("Почта", places), 1);
	assert_int_equal(services_places("\xFC", places), 1); /* no UTF-8 */
}

/* --- which they are --- */

static void watched_names_are_known(void **state)
{
	(void)state;
	static const char *const names[] = {"Internet Mail Service", "Internetmail "};
	const struct watch watch = {.display_names = names, .display_name_count = 2};
	assert_true(watch_has_name(&watch, "internet mail service"));
	assert_true(watch_has_name(&watch, "Internetmail"));
	assert_false(watch_has_name(&watch, "Internet Mail"));
	assert_false(watch_has_name(&watch, "Internet Mail Service 2"));
	assert_false(watch_has_name(&watch, ""));
}

/* What --list-services shows of a name, given to --display-name, is that name. */
static void names_of_any_code_page_are_found_as_they_are_shown(void **state)
{
	static const struct {
		const char *page, *octets, *shown;
	} rows[] = {
		{"1251", "\xCF\xEE\xF7\xF2\xE0", "Ïî÷òà"},
		{"1251, with what 1252 has as a control", "\x8F\x90\xA0\xEE",
			"%C2%8F%C2%90%C2%A0î"},
		{"932", "\x83\x81\x81[\x83\x8B", "ƒ%C2%81%C2%81[ƒ‹"},
		{"932, with a reverse solidus", "\x83\\", "ƒ%5C"},
		{"1252", "A & B: 100%", "A %26 B: 100%25"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("code page %s", rows[i].page);
		struct bytes octets = bytes_of(rows[i].octets, 0);
		char *text = services_text(*state, octets);
		char *shown = text_exact(*state, text, 256);
		assert_string_equal(shown, rows[i].shown);
		const char *const names[] = {shown};
		const struct watch watch = {
			.display_names = names, .display_name_count = 1};
		assert_true(watch_has_name(&watch, text));
	}
	test_row("%s", "");
}

static const struct {
	enum snmp_type type;
	int64_t number;
	enum service_state state; /* 0: refused */
} state_rows[] = {
	{SNMP_INTEGER, 1, SERVICE_RUNNING},
	{SNMP_INTEGER, 2, SERVICE_CONTINUE_PENDING},
	{SNMP_INTEGER, 3, SERVICE_PAUSE_PENDING},
	{SNMP_INTEGER, 4, SERVICE_PAUSED},
	{SNMP_INTEGER, 0, 0},
	{SNMP_INTEGER, 5, 0},
	{SNMP_INTEGER, -1, 0},
	{SNMP_INTEGER, INT64_MAX, 0},
	{SNMP_INTEGER, INT64_MIN, 0},
	{SNMP_UNSIGNED, 1, 0},
	{SNMP_OCTETS, 1, 0},
	{SNMP_OTHER, 1, 0},
	{SNMP_NOTHING, 1, 0},
};

static void states_are_those_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(state_rows) / sizeof(state_rows[0]); i++) {
		const struct snmp_cell cell = {
			.type = state_rows[i].type, .number = state_rows[i].number};
		enum service_state learned = 0;
		struct failure why = {.text = ""};
		test_row("type %d, %lld", cell.type, (long long)cell.number);
		assert_int_equal(services_state(&cell, "exch01", &learned, &why),
			state_rows[i].state != 0);
		assert_int_equal(learned, state_rows[i].state);
		if (state_rows[i].state != 0)
			continue;
		assert_int_equal(why.kind, FAIL_PROTOCOL);
		assert_int_equal(why.stage, STAGE_SERVICE);
		assert_non_null(strstr(why.text, "exch01"));
	}
}

static void the_worse_state_counts(void **state)
{
	(void)state;
	static const enum service_state order[] = {SERVICE_RUNNING,
		SERVICE_CONTINUE_PENDING, SERVICE_PAUSE_PENDING, SERVICE_PAUSED};
	for (size_t a = 0; a < 4; a++) {
		for (size_t b = 0; b < 4; b++)
			assert_int_equal(
				services_worse(order[a], order[b]), order[a > b ? a : b]);
	}
}

/* --- the order of names --- */

static struct snmp_name name(size_t length, uint32_t first, uint32_t second)
{
	return (struct snmp_name){length, {first, second}};
}

static void names_have_an_order(void **state)
{
	(void)state;
	const struct snmp_name rising[] = {name(0, 0, 0), name(1, 1, 0), name(2, 1, 1),
		name(2, 1, UINT32_MAX), name(1, 2, 0)};
	enum { COUNT = sizeof(rising) / sizeof(rising[0]) };
	for (size_t a = 0; a < COUNT; a++) {
		for (size_t b = 0; b < COUNT; b++) {
			int order = cell_name_compare(&rising[a], &rising[b]);
			assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
		}
	}
	assert_int_equal(cell_name_compare_from(&rising[2], 1, &rising[1], 0), 0);
	assert_true(cell_name_compare_from(&rising[2], 2, &rising[1], 0) < 0);
	assert_true(cell_name_begins(&rising[2], &rising[1]));
	assert_true(cell_name_begins(&rising[2], &rising[2]));
	assert_false(cell_name_begins(&rising[1], &rising[2]));
	assert_false(cell_name_begins(&rising[4], &rising[1]));
}

static void names_are_never_too_long(void **state)
{
	(void)state;
	const uint32_t more[SNMP_MAX_NAME] = {7};
	struct snmp_name long_name = cell_name_of(
		services_states.ids, services_states.length, more, SNMP_MAX_NAME);
	assert_int_equal(long_name.length, SNMP_MAX_NAME);
	assert_int_equal(long_name.ids[12], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(names_become_text),
		sentence(a_name_of_any_length_is_cut),
		sentence(places_are_length_and_octets),
		sentence(other_letters_have_two_places),
		sentence(places_fit_an_object_name),
		sentence(what_code_page_1252_lacks_has_one_place),
		sentence(watched_names_are_known),
		sentence(names_of_any_code_page_are_found_as_they_are_shown),
		sentence(states_are_those_of_the_table),
		sentence(the_worse_state_counts),
		sentence(names_have_an_order),
		sentence(names_are_never_too_long),
	};
	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
