/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/backoff.h"
#include "core/when.h"

enum { NOW = 1795338000 }; /* 2026-11-22T09:00:00Z */

static const uint64_t old_file = 0x1234, new_file = 0x5678;
static const struct backoff none = {.until = NO_TIME};

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void free_account_is_tried(void **state)
{
	(void)state;
	const struct backoff zero = {0};
	assert_true(backoff_allows(&none, old_file, NOW, NULL));
	assert_true(backoff_allows(&zero, old_file, NOW, NULL));
}

static void refused_logon_closes_the_account_for_five_minutes(void **state)
{
	(void)state;
	struct backoff backoff = none;
	struct failure why;
	backoff_refused(&backoff, old_file, NOW);
	assert_int_equal(backoff.failures, 1);
	assert_false(backoff_allows(&backoff, old_file, NOW, &why));
	assert_false(backoff_allows(&backoff, old_file, NOW + 299, NULL));
	assert_true(backoff_allows(&backoff, old_file, NOW + 300, NULL));
	assert_int_equal(why.kind, FAIL_DENIED);
	assert_int_equal(why.stage, STAGE_LOGON);
	assert_string_equal(why.text,
		"the account is left alone until 2026-11-22T09:05:00Z, so that it is not "
		"locked: its logon was refused 1 time in a row; mend the credentials "
		"file to end this at once");
}

static void a_file_whose_changes_are_not_seen_is_no_way_out(void **state)
{
	(void)state;
	struct backoff backoff = none;
	struct failure why;
	backoff_refused(&backoff, 0, NOW);
	assert_false(backoff_allows(&backoff, 0, NOW, &why));
	assert_null(strstr(why.text, "mend"));
	assert_non_null(strstr(why.text, "was refused 1 time in a row"));
}

static void delay_doubles_up_to_an_hour(void **state)
{
	(void)state;
	static const int64_t delays[] = {300, 600, 1200, 2400, 3600, 3600, 3600};
	struct backoff backoff = none;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		backoff_refused(&backoff, old_file, NOW);
		assert_int_equal(backoff.failures, i + 1);
		assert_int_equal(backoff.until - NOW, delays[i]);
	}
}

static void number_of_failures_does_not_wrap(void **state)
{
	(void)state;
	struct backoff backoff = {.failures = UINT32_MAX,
		.until = NOW,
		.files = {old_file},
		.file_count = 1};
	backoff_refused(&backoff, old_file, NOW);
	assert_true(backoff.failures == UINT32_MAX);
	assert_int_equal(backoff.until - NOW, 3600);
}

static void changed_credentials_file_ends_it(void **state)
{
	(void)state;
	struct backoff backoff = none;
	for (int i = 0; i < 5; i++)
		backoff_refused(&backoff, old_file, NOW);
	assert_false(backoff_allows(&backoff, old_file, NOW, NULL));
	assert_true(backoff_allows(&backoff, new_file, NOW, NULL));
	backoff_refused(&backoff, new_file, NOW);
	assert_false(backoff_allows(&backoff, new_file, NOW, NULL));
}

static void wrong_files_that_take_turns_do_not_start_it_anew(void **state)
{
	(void)state;
	struct backoff backoff = none;
	for (int i = 0; i < 3; i++)
		backoff_refused(&backoff, i % 2 == 0 ? old_file : new_file, NOW);
	assert_int_equal(backoff.failures, 3);
	assert_int_equal(backoff.until - NOW, 1200);
	assert_false(backoff_allows(&backoff, old_file, NOW + 1199, NULL));
	assert_false(backoff_allows(&backoff, new_file, NOW + 1199, NULL));
	backoff_refused(&backoff, new_file, NOW + 1201);
	assert_int_equal(backoff.failures, 4);
	assert_false(backoff_allows(&backoff, old_file, NOW + 1202, NULL));
	backoff_refused(&backoff, 0x9ABC, NOW + 100000);
	assert_int_equal(backoff.failures, 1);
	assert_int_equal(backoff.file_count, 1);
}

/* Each is tried when its turn comes, every 10 seconds for a day. */
static void number_of_wrong_files_makes_no_difference(void **state)
{
	(void)state;
	for (unsigned files = 1; files <= 6; files++) {
		struct backoff backoff = none;
		unsigned count = 0;
		test_row("%u files", files);
		for (int64_t now = NOW; now < NOW + 86400; now += 10) {
			uint64_t file = (uint64_t)(now / 10) % files;
			if (!backoff_allows(&backoff, file, now, NULL))
				continue;
			backoff_refused(&backoff, file, now);
			count++;
		}
		assert_in_range(count, 26, 30);
	}
	test_row("%s", "");
}

static void several_wrong_files_close_it_to_all(void **state)
{
	(void)state;
	struct backoff backoff = none;
	struct failure why;
	for (uint64_t file = 1; file <= BACKOFF_FILES; file++) {
		assert_true(backoff_allows(&backoff, file, NOW, NULL));
		backoff_refused(&backoff, file, NOW);
	}
	assert_false(backoff_allows(&backoff, new_file, NOW + 3599, &why));
	assert_non_null(strstr(why.text, "5 times in a row, with several credentials"));
	assert_null(strstr(why.text, "mend"));
	assert_true(backoff_allows(&backoff, new_file, NOW + 3600, NULL));
	backoff_refused(&backoff, new_file, NOW); /* it was on its way */
	assert_int_equal(backoff.failures, BACKOFF_FILES + 1);
	assert_true(backoff_holds(&backoff, new_file));
	assert_true(backoff_holds(&backoff, 2));
	assert_false(backoff_holds(&backoff, 1));
}

static void right_file_leaves_wrong_ones_at_rest(void **state)
{
	(void)state;
	struct backoff backoff = none;
	backoff_refused(&backoff, old_file, NOW);
	backoff_accepted(&backoff, new_file);
	assert_false(backoff_allows(&backoff, old_file, NOW + 299, NULL));
	assert_true(backoff_allows(&backoff, new_file, NOW, NULL));
	backoff_refused(&backoff, old_file, NOW + 300);
	assert_int_equal(backoff.until - NOW, 300 + 600);
	backoff_refused(&backoff, new_file, NOW + 300);
	backoff_accepted(&backoff, old_file);
	assert_true(backoff_allows(&backoff, old_file, NOW + 301, NULL));
	assert_false(backoff_allows(&backoff, new_file, NOW + 301, NULL));
	backoff_accepted(&backoff, new_file);
	assert_int_equal(backoff.failures, 0);
	assert_true(backoff.until == NO_TIME);
}

static void silence_rests_like_a_refusal_in_other_words(void **state)
{
	(void)state;
	struct backoff backoff = none;
	struct failure why;
	backoff_refused(&backoff, old_file, NOW);
	backoff_unanswered(&backoff, old_file, NOW);
	assert_int_equal(backoff.until - NOW, 600);
	assert_false(backoff_allows(&backoff, old_file, NOW, &why));
	assert_non_null(strstr(why.text, "was refused or not answered 2 times in a row"));
	backoff_refused(&backoff, old_file, NOW);
	assert_false(backoff_allows(&backoff, old_file, NOW, &why));
	assert_non_null(strstr(why.text, "was refused 3 times in a row"));
}

static void accepted_logon_ends_it(void **state)
{
	(void)state;
	struct backoff backoff = none;
	backoff_refused(&backoff, old_file, NOW);
	backoff_accepted(&backoff, old_file);
	assert_int_equal(backoff.failures, 0);
	assert_true(backoff.until == NO_TIME);
	assert_true(backoff_allows(&backoff, old_file, NOW, NULL));
}

static void end_is_believed_up_to_two_hours_off(void **state)
{
	(void)state;
	struct backoff backoff = {3, NOW + 7200, {old_file}, 1, false};
	struct failure why;
	assert_false(backoff_allows(&backoff, old_file, NOW, &why));
	assert_non_null(strstr(why.text, "until 2026-11-22T11:00:00Z"));
	assert_false(backoff_mend(&backoff, NOW));
	assert_int_equal(backoff.until - NOW, 7200);
}

static void clock_that_was_set_back_costs_an_hour_at_most(void **state)
{
	(void)state;
	struct backoff backoff = {3, NOW + 7201, {old_file}, 1, false};
	struct failure why;
	assert_false(backoff_allows(&backoff, old_file, NOW, &why));
	assert_non_null(strstr(why.text, "until 2026-11-22T10:00:00Z"));
	assert_true(backoff_mend(&backoff, NOW));
	assert_int_equal(backoff.until - NOW, 3600);
	assert_false(backoff_mend(&backoff, NOW));
	assert_false(backoff_allows(&backoff, old_file, NOW + 3599, NULL));
	assert_true(backoff_allows(&backoff, old_file, NOW + 3600, NULL));
}

static void free_account_has_nothing_to_mend(void **state)
{
	(void)state;
	struct backoff backoff = none;
	assert_false(backoff_mend(&backoff, NOW));
}

static void text_says_it_all(void **state)
{
	const struct backoff refused = {2, NOW, {0xFEDCBA9876543210, 1}, 2, false};
	const struct backoff unanswered = {1, NOW, {1}, 1, true};
	assert_string_equal(backoff_format(*state, &refused),
		"imc-monitor backoff 2\nrefused 2\nuntil 2026-11-22T09:00:00Z\n"
		"credentials fedcba9876543210\ncredentials 0000000000000001\nend\n");
	assert_string_equal(backoff_format(*state, &unanswered),
		"imc-monitor backoff 2\nunanswered 1\nuntil 2026-11-22T09:00:00Z\n"
		"credentials 0000000000000001\nend\n");
	assert_string_equal(backoff_format(*state, &none),
		"imc-monitor backoff 2\nrefused 0\nuntil -\nend\n");
}

static void what_is_written_reads_back_as_the_same(void **state)
{
	const struct backoff rows[] = {
		none,
		{1, 0, {0}, 1, false},
		{5, NOW, {UINT64_MAX, 0}, 2, true},
		{UINT32_MAX, 253402300799, {1, 2, 3, 4, 5}, 5, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct backoff read_back = {77, 77, {77}, 77, true};
		test_row("row %zu", i);
		char *text = backoff_format(*state, &rows[i]);
		assert_true(backoff_parse(bytes_of(text), &read_back, NULL));
		assert_int_equal(read_back.failures, rows[i].failures);
		assert_true(read_back.until == rows[i].until);
		assert_int_equal(read_back.file_count, rows[i].file_count);
		assert_memory_equal(
			read_back.files, rows[i].files, sizeof(read_back.files));
		assert_int_equal(read_back.is_unanswered, rows[i].is_unanswered);
	}
	test_row("%s", "");
}

static void version_1_is_read_on(void **state)
{
	(void)state;
	struct backoff backoff;
	assert_true(backoff_parse(
		bytes_of("imc-monitor backoff 1\nfailures 2\nuntil 2026-11-22T09:00:00Z\n"
			 "credentials fedcba9876543210\nend\n"),
		&backoff, NULL));
	assert_int_equal(backoff.failures, 2);
	assert_int_equal(backoff.until, NOW);
	assert_int_equal(backoff.file_count, 1);
	assert_true(backoff_holds(&backoff, 0xFEDCBA9876543210));
	assert_true(backoff_parse(bytes_of("imc-monitor backoff 1\nfailures 0\nuntil -\n"
					   "credentials 0000000000000000\nend\n"),
		&backoff, NULL));
	assert_int_equal(backoff.failures, 0);
	assert_int_equal(backoff.file_count, 0);
}

#define FIRST       "imc-monitor backoff 1\n"
#define SECOND      "imc-monitor backoff 2\n"
#define UNTIL       "until 2026-11-22T09:00:00Z\n"
#define CREDENTIALS "credentials 00000000000000ff\n"

static void malformed_text_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *where;
	} rows[] = {
		{"", "line 1 "},
		{"imc-monitor backoff 3\nrefused 1\n" UNTIL CREDENTIALS "end\n",
			"line 1 "},
		{"failures 1\n" UNTIL CREDENTIALS "end\n", "line 1 "},
		{FIRST, "line 2 "},
		{FIRST "failures -1\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{FIRST "failures 01\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{FIRST "failures 1 \n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{FIRST "failures 4294967296\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{FIRST "failures x\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{FIRST "failures 1\nuntil -\n" CREDENTIALS "end\n", "line 2 "},
		{FIRST "failures 0\n" UNTIL CREDENTIALS "end\n", "line 3 "},
		{FIRST "failures 1\nuntil soon\n" CREDENTIALS "end\n", "line "},
		{FIRST "failures 1\nuntil 2026-11-22\n" CREDENTIALS "end\n", "line 3 "},
		{FIRST "failures 1\n" UNTIL "credentials ff\nend\n", "line 4 "},
		{FIRST "failures 1\n" UNTIL "credentials 00000000000000FF\nend\n",
			"line 4 "},
		{FIRST "failures 1\n" UNTIL "end\n", "line 2 "},
		{FIRST "failures 1\n" UNTIL CREDENTIALS, "line 5 "},
		{FIRST "failures 1\n" UNTIL CREDENTIALS "end", "line 5 "},
		{FIRST "failures 1\n" UNTIL CREDENTIALS "end\n\n", "line 6 "},
		{FIRST "failures 1\r\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{FIRST "failures 1\n" UNTIL CREDENTIALS CREDENTIALS "end\n", "line 5 "},
		{FIRST "refused 1\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{SECOND "failures 1\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{SECOND "refused 1\n" UNTIL "end\n", "line 2 "},
		{SECOND "refused 1\nuntil -\n" CREDENTIALS "end\n", "line 2 "},
		{SECOND "refused 0\nuntil -\n" CREDENTIALS "end\n", "line 4 "},
		{SECOND "unanswered 0\nuntil -\nend\n", "line 2 "},
		{SECOND "refused 1\n" CREDENTIALS UNTIL "end\n", "line 3 "},
		{SECOND "refused 1\nunanswered 1\n" UNTIL CREDENTIALS "end\n", "line 2 "},
		{SECOND "refused 1\n" UNTIL CREDENTIALS CREDENTIALS "end\n", "line 5 "},
		{SECOND "refused 1\n" UNTIL CREDENTIALS, "line 5 "},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct backoff backoff = {77, 77, {77}, 77, true};
		struct failure why = {.text = ""};
		test_row("row %zu: %s", i, rows[i].text);
		assert_false(backoff_parse(bytes_of(rows[i].text), &backoff, &why));
		assert_int_equal(backoff.failures, 77);
		assert_int_equal(why.kind, FAIL_DAMAGED);
		assert_ptr_equal(strstr(why.text, rows[i].where), why.text);
	}
	test_row("%s", "");
}

static void zero_byte_and_too_much_text_are_refused(void **state)
{
	(void)state;
	static const char zero[] = FIRST "failures 1\n" UNTIL CREDENTIALS "end\n\0";
	static const uint8_t blanks[300] = {' '};
	struct backoff backoff;
	assert_true(backoff_parse(bytes_of(zero), &backoff, NULL));
	struct bytes with_zero = {(const uint8_t *)zero, sizeof(zero) - 1};
	assert_false(backoff_parse(with_zero, &backoff, NULL));
	assert_false(
		backoff_parse((struct bytes){blanks, sizeof(blanks)}, &backoff, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(free_account_is_tried),
		sentence(refused_logon_closes_the_account_for_five_minutes),
		sentence(a_file_whose_changes_are_not_seen_is_no_way_out),
		sentence(delay_doubles_up_to_an_hour),
		sentence(number_of_failures_does_not_wrap),
		sentence(changed_credentials_file_ends_it),
		sentence(wrong_files_that_take_turns_do_not_start_it_anew),
		sentence(number_of_wrong_files_makes_no_difference),
		sentence(several_wrong_files_close_it_to_all),
		sentence(right_file_leaves_wrong_ones_at_rest),
		sentence(silence_rests_like_a_refusal_in_other_words),
		sentence(accepted_logon_ends_it),
		sentence(end_is_believed_up_to_two_hours_off),
		sentence(clock_that_was_set_back_costs_an_hour_at_most),
		sentence(free_account_has_nothing_to_mend),
		sentence(text_says_it_all),
		sentence(what_is_written_reads_back_as_the_same),
		sentence(version_1_is_read_on),
		sentence(malformed_text_is_refused_with_its_line),
		sentence(zero_byte_and_too_much_text_are_refused),
	};
	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
