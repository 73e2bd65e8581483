/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>
#include <time.h>

#include "core/inifile.h"

enum { TOLD = 200, SERVERS = 10000 };

/* Writes down the lines; the key "bad" is refused. */
static bool take(void *context, const struct inifile_line *line, struct failure *why)
{
	char *told = context;
	size_t length = strlen(told);
	if (line->key != NULL && strcmp(line->key, "bad") == 0)
		return fail(why, FAIL_USAGE, "bad");
	snprintf(told + length, TOLD - length, "%u:%s.%s=%s ", line->number,
		line->section, line->key != NULL ? line->key : "",
		line->value != NULL ? line->value : "");
	return true;
}

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static const struct row {
	const char *text, *told, *refusal; /* refusal NULL: it is right */
} rows[] = {
	{"", "", NULL},
	{"[b]\nx = 1\n", "", NULL},
	{"[a]\nx = 1\n", "1:a.= 2:a.x=1 ", NULL},
	{"[a]", "1:a.= ", NULL},
	{"\xEF\xBB\xBF[a]\r\nx = 1\r\n", "1:a.= 2:a.x=1 ", NULL},
	{"nonsense\n [a]\ny = 1\n[b]\n\x01\n[a]\n#\nx = 1\n[b\n\xFF\n", "6:a.= 8:a.x=1 ",
		NULL},
	{"[ab]\nx = 1\n[a ]\nx = 2\n[]\nx = 3\n[", "", NULL},
	{"[a]\nx = 1\n[b]\ny = 2\n[a]\nz = 3\n", "1:a.= 2:a.x=1 5:a.= 6:a.z=3 ", NULL},
	{"[b]\n\n[a] \nx = 1", "3:a.= 4:a.x=1 ", NULL},
	{"[b]\n[a]x\n", "", "f:2: a section's head must be [NAME] and nothing else"},
	{"[b]\n\n[a]\nnonsense\n", "", "f:4: the line must be KEY = VALUE"},
	{"[b]\nbad = 1\n[a]\nbad = 1\n", "", "f:4: bad"},
	{"[a]\nx = \xFF\n", "", "f:2: the line is not UTF-8"},
};

static void one_section_is_read_and_the_others_are_not_looked_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char told[TOLD] = "";
		struct failure why = {.text = ""};
		test_row("%zu: %s", i, rows[i].text);
		bool is_right = inifile_parse_section(
			"f", bytes_of(rows[i].text), "a", take, told, &why);
		assert_int_equal(is_right, rows[i].refusal == NULL);
		if (is_right)
			assert_string_equal(told, rows[i].told);
		else
			assert_non_null(strstr(why.text, rows[i].refusal));
	}
	test_row("%s", "");
}

static void without_a_name_all_sections_are_read(void **state)
{
	static const char text[] = "\xEF\xBB\xBF[a]\nx = 1\n[b]\ny = 2\n";
	char told[TOLD] = "", all[TOLD] = "";
	(void)state;
	assert_true(inifile_parse_section("f", bytes_of(text), NULL, take, told, NULL));
	assert_true(inifile_parse("f", bytes_of(text), take, all, NULL));
	assert_string_equal(told, "1:a.= 2:a.x=1 3:b.= 4:b.y=2 ");
	assert_string_equal(all, told);
}

static double seconds_of(struct bytes text, const char *section,
	bool (*taker)(void *, const struct inifile_line *, struct failure *))
{
	struct timespec begin, end;
	char told[TOLD] = "";
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_true(inifile_parse_section("f", text, section, taker, told, NULL));
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - begin.tv_sec) +
		(double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

/* imc-trap does it for each trap. */
static void what_is_not_wanted_costs_next_to_nothing(void **state)
{
	enum { ROOM = 100 };
	char *text = memory_array(*state, char, (size_t)SERVERS *ROOM);
	size_t length = 0;
	for (int i = 0; i < SERVERS; i++)
		length += (size_t)snprintf(text + length, ROOM,
			"[server EXCH%05d]\naddress = 192.0.2.1\nlookback = 14d\n"
			"port = 445\n",
			i);
	struct bytes bytes = {(const uint8_t *)text, length};
	double one = seconds_of(bytes, "agent", take);
	double all = seconds_of(bytes, NULL, take);
	print_message("%d servers: %.1f ms instead of %.1f ms\n", SERVERS, one * 1e3,
		all * 1e3);
	assert_true(one < all / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(one_section_is_read_and_the_others_are_not_looked_at),
		sentence(without_a_name_all_sections_are_read),
		sentence(what_is_not_wanted_costs_next_to_nothing),
	};
	return cmocka_run_group_tests_name("inifile", tests, NULL, NULL);
}
