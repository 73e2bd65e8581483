/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdlib.h>

#include "start/diary.h"
#include "store_place.h"

static const struct boot_mark boot = {812, 1700000000}, later = {901, 1700090000};

static struct diary *open_diary(struct place *place)
{
	struct store *store = place_open(place);
	struct diary *diary;
	struct failure why;
	if (!diary_open(store, store, "EXCH01", &diary, &why))
		fail_msg("%s", why.text);
	return diary;
}

/* What is in the file alone: as another run finds it. */
static unsigned count_anew(struct place *place, const struct boot_mark *of, int64_t *last)
{
	struct diary *diary = open_diary(place);
	unsigned count = diary_count(diary, of, last);
	talloc_free(talloc_parent(diary));
	return count;
}

static void attempts_are_counted_by_boot(void **state)
{
	struct place *place = place_make(*state);
	struct diary *diary = open_diary(place);
	struct failure why;
	int64_t last;
	assert_int_equal(diary_count(diary, &boot, &last), 0);
	assert_true(last == NO_TIME);
	assert_true(diary_add(diary, &boot, 1700000100, &why));
	assert_true(diary_add(diary, &boot, 1700000200, &why));
	assert_true(diary_add(diary, &later, 1700090100, &why));
	talloc_free(talloc_parent(diary));

	assert_int_equal(count_anew(place, &boot, &last), 2);
	assert_int_equal(last, 1700000200);
	assert_int_equal(count_anew(place, &later, &last), 1);
	const struct boot_mark others[] = {{812, 1700090000}, {901, 1700000000}};
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(count_anew(place, &others[i], &last), 0);
}

static void the_newest_attempts_are_kept(void **state)
{
	struct place *place = place_make(*state);
	struct diary *diary = open_diary(place);
	struct failure why;
	int64_t last;
	for (uint32_t i = 0; i < 2 * DIARY_ENTRIES; i++) {
		struct boot_mark one = {i, i};
		assert_true(diary_add(diary, &one, i, &why));
	}
	talloc_free(talloc_parent(diary));
	for (uint32_t i = 0; i < 2 * DIARY_ENTRIES; i++) {
		struct boot_mark one = {i, i};
		assert_int_equal(count_anew(place, &one, &last), i >= DIARY_ENTRIES);
	}
}

static void two_do_not_have_it_at_once(void **state)
{
	struct place *place = place_make(*state);
	struct diary *first = open_diary(place), *second;
	struct store *store = place_open(place);
	struct failure why;
	assert_false(diary_open(store, store, "EXCH01", &second, &why));
	assert_non_null(strstr(why.text, "another imc-start"));
	assert_true(diary_open(store, store, "EXCH02", &second, &why));
	talloc_free(second);
	talloc_free(talloc_parent(first));
	assert_true(diary_open(store, store, "EXCH01", &second, &why));
	talloc_free(store);
}

static const char *const wrong[] = {
	"",
	"imc-monitor starts 1\n",
	"imc-monitor starts 1\nstart 1 2 3\n",
	"imc-monitor starts 1\nstart 1 2 3\nend",
	"imc-monitor starts 1\nstart 1 2 3\nend\n\n",
	"imc-monitor starts 1\nstart 1 2\nend\n",
	"imc-monitor starts 1\nstart 1 2 3 4\nend\n",
	"imc-monitor starts 1\nstart +1 2 3\nend\n",
	"imc-monitor starts 1\nstart -1 2 3\nend\n",
	"imc-monitor starts 1\nstart 01 2 3\nend\n",
	"imc-monitor starts 1\nstart 4294967296 2 3\nend\n",
	"imc-monitor starts 1\n start 1 2 3\nend\n",
	"imc-monitor starts 1\r\nend\r\n",
	"imc-monitor starts 2\nend\n",
	"end\n",
};

static void a_damaged_file_is_no_diary(void **state)
{
	struct place *place = place_make(*state);
	struct start_entries entries;
	struct failure why;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		test_row("%s", wrong[i]);
		struct bytes text = {(const uint8_t *)wrong[i], strlen(wrong[i])};
		assert_false(diary_parse(text, &entries, &why));

		struct store *store = place_open(place);
		struct diary *diary;
		place_put_file(place_inside(place, "EXCH01.starts"), wrong[i], 0600);
		assert_false(diary_open(store, store, "EXCH01", &diary, &why));
		assert_non_null(strstr(why.text, "EXCH01.starts"));
		talloc_free(store);
	}
}

static void a_zero_or_too_many_lines_make_no_diary(void **state)
{
	static const char zero[] = "imc-monitor starts 1\nend\n\0";
	struct start_entries entries;
	struct failure why;
	struct bytes text = {(const uint8_t *)zero, sizeof(zero)};
	assert_false(diary_parse(text, &entries, &why));
	text.length = strlen(zero);
	assert_true(diary_parse(text, &entries, &why));
	assert_int_equal(entries.count, 0);

	char *many = memory_copy(*state, "imc-monitor starts 1\n");
	for (int i = 0; i <= DIARY_ENTRIES; i++)
		many = memory_format(*state, "%sstart 1 2 3\n", many);
	many = memory_format(*state, "%send\n", many);
	text = (struct bytes){(const uint8_t *)many, strlen(many)};
	assert_false(diary_parse(text, &entries, &why));
}

/* A full disk: what is there stays, and nothing may be started. */
static void what_cannot_be_written_is_told(void **state)
{
	struct place *place = place_make(*state);
	struct diary *diary = open_diary(place);
	struct failure why;
	int64_t last;
	assert_true(diary_add(diary, &boot, 1, &why));
	/* A folder where the temporary file goes cannot be replaced. */
	char *command = memory_format(
		*state, "mkdir -p '%s/x'", place_inside(place, "EXCH01.starts.tmp"));
	assert_int_equal(system(command), 0);
	assert_false(diary_add(diary, &later, 2, &why));
	assert_non_null(strstr(why.text, "EXCH01.starts"));
	talloc_free(talloc_parent(diary));
	assert_int_equal(count_anew(place, &later, &last), 0);
	assert_int_equal(count_anew(place, &boot, &last), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(attempts_are_counted_by_boot),
		sentence(the_newest_attempts_are_kept),
		sentence(two_do_not_have_it_at_once),
		sentence(a_damaged_file_is_no_diary),
		sentence(a_zero_or_too_many_lines_make_no_diary),
		sentence(what_cannot_be_written_is_told),
	};
	return cmocka_run_group_tests_name("start_diary", tests, NULL, NULL);
}
