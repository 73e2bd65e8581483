/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <ctype.h>

#include "core/catalogue.h"
#include "core/text.h"

enum { MAX_MEANING = 90, MAX_ADVICE = 300 };

static void entries_stand_in_order_of_id_and_only_once(void **state)
{
	(void)state;
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(&count);
	assert_true(count > 25);
	for (size_t i = 1; i < count; i++) {
		test_row("event %u", entries[i].id);
		assert_true(entries[i - 1].id < entries[i].id);
	}
	const struct exit_code_entry *codes = exit_code_entries(&count);
	assert_true(count > 12);
	for (size_t i = 1; i < count; i++) {
		test_row("exit code %u", codes[i].code);
		assert_true(codes[i - 1].code < codes[i].code);
	}
}

/* What text_clean() would change, or two blanks, or a line break, is a fault of the
 * table. */
static void assert_is_fit_for_a_line(void *parent, const char *text, size_t limit)
{
	char *clean = text_clean(parent, text, 1000);
	assert_string_equal(clean, text);
	assert_null(strstr(text, "  "));
	assert_in_range(strlen(text), 10, limit);
	for (const char *at = text; *at != '\0'; at++)
		assert_true(isprint((unsigned char)*at));
}

static void every_text_is_one_clean_line_of_bounded_length(void **state)
{
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(&count);
	for (size_t i = 0; i < count; i++) {
		test_row("event %u", entries[i].id);
		assert_is_fit_for_a_line(*state, entries[i].meaning, MAX_MEANING);
		if (entries[i].advice != NULL)
			assert_is_fit_for_a_line(*state, entries[i].advice, MAX_ADVICE);
	}
	const struct exit_code_entry *codes = exit_code_entries(&count);
	for (size_t i = 0; i < count; i++) {
		test_row("exit code %u", codes[i].code);
		assert_is_fit_for_a_line(*state, codes[i].meaning, MAX_MEANING);
		if (codes[i].advice != NULL)
			assert_is_fit_for_a_line(*state, codes[i].advice, MAX_ADVICE);
	}
	assert_is_fit_for_a_line(*state, catalogue_local_system()->meaning, MAX_MEANING);
	assert_is_fit_for_a_line(*state, catalogue_local_system()->advice, MAX_ADVICE);
}

/* A meaning follows "event 4071: "; an advice is whole sentences. */
static void meanings_are_clauses_and_advices_are_sentences(void **state)
{
	(void)state;
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(&count);
	for (size_t i = 0; i < count; i++) {
		test_row("event %u", entries[i].id);
		const char *meaning = entries[i].meaning, *advice = entries[i].advice;
		assert_int_not_equal(meaning[strlen(meaning) - 1], '.');
		if (advice == NULL)
			continue;
		assert_true(isupper((unsigned char)advice[0]));
		assert_int_equal(advice[strlen(advice) - 1], '.');
	}
}

static void articles_are_numbers_of_the_knowledge_base(void **state)
{
	(void)state;
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(&count);
	for (size_t i = 0; i < count; i++) {
		test_row("event %u: %s", entries[i].id, entries[i].article);
		const char *at = entries[i].article;
		while (*at == 'Q') {
			size_t digits = strspn(at + 1, "0123456789");
			assert_int_equal(digits, 6);
			at += 1 + digits;
			if (at[0] == ' ')
				at++;
		}
		assert_int_equal(*at, '\0');
		assert_int_not_equal(at[-1], ' ');
	}
}

static void roles_are_those_of_the_articles(void **state)
{
	(void)state;
	static const struct {
		uint32_t id;
		enum role role;
	} rows[] = {
		{100, ROLE_START_FATAL},
		{4007, ROLE_START_FATAL},
		{4018, ROLE_START_FATAL},
		{4023, ROLE_START_FATAL},
		{4026, ROLE_START_FATAL},
		{4056, ROLE_START_FATAL},
		{4058, ROLE_START_FATAL},
		{4070, ROLE_START_FATAL},
		{4071, ROLE_START_FATAL},
		{4074, ROLE_START_FATAL},
		{4086, ROLE_START_FATAL},
		{4087, ROLE_START_FATAL},
		{4131, ROLE_START_FATAL},
		{4143, ROLE_START_FATAL},
		{4072, ROLE_COMPANION},
		{4020, ROLE_COMPANION},
		{4116, ROLE_COMPANION},
		{1001, ROLE_STOP},
		{4102, ROLE_STOP},
		{1000, ROLE_START},
		{4037, ROLE_RUNTIME},
		{4057, ROLE_RUNTIME},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("event %u", rows[i].id);
		assert_non_null(catalogue_find(rows[i].id));
		assert_int_equal(catalogue_role(rows[i].id), rows[i].role);
	}
}

static void only_start_fatal_ids_can_be_runtime_ones_too(void **state)
{
	(void)state;
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(&count);
	for (size_t i = 0; i < count; i++) {
		test_row("event %u", entries[i].id);
		assert_true(
			!entries[i].also_runtime || entries[i].role == ROLE_START_FATAL);
	}
	assert_false(catalogue_find(EVENT_NO_ADMIN_MAILBOX)->also_runtime);
	assert_true(catalogue_find(4007)->also_runtime);
}

static void the_upper_bits_of_an_id_do_not_matter(void **state)
{
	(void)state;
	static const uint32_t ids[] = {
		4071, 0xC0000FE7, 0x80000FE7, 0xC1030FE7, 0xFFFF0FE7};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		test_row("id 0x%08X", ids[i]);
		assert_ptr_equal(catalogue_find(ids[i]), catalogue_find(4071));
	}
}

static void an_unlisted_event_is_one_of_a_running_service(void **state)
{
	(void)state;
	assert_null(catalogue_find(9999));
	assert_null(catalogue_find(0));
	assert_int_equal(catalogue_role(9999), ROLE_RUNTIME);
}

static void exit_codes_of_a_failed_start_are_listed(void **state)
{
	(void)state;
	static const uint32_t codes[] = {2, 3, 5, 1053, 1058, 1066, 1067, 1068, 1069,
		1070, 1075, 1077, 2140, 10048, 10049, 10050};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		test_row("exit code %u", codes[i]);
		assert_non_null(exit_code_find(codes[i]));
		assert_int_equal(exit_code_find(codes[i])->code, codes[i]);
	}
	assert_null(exit_code_find(0));
	assert_null(exit_code_find(0x10000 + 1066)); /* no masking here */
}

static void advice_for_4071_names_the_mailbox_and_the_start_by_hand(void **state)
{
	assert_non_null(strstr(catalogue_advice_4071(false), "Internet Mail tab"));
	assert_null(strstr(catalogue_advice_4071(false), "by hand"));
	assert_non_null(strstr(catalogue_advice_4071(true), "by hand"));
	assert_non_null(strstr(catalogue_advice_4071(true), "Internet Mail tab"));
	assert_is_fit_for_a_line(*state, catalogue_advice_4071(true), MAX_ADVICE);
}

static void local_system_is_a_diagnosis_of_4086_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(catalogue_local_system()->id, 4086);
	assert_string_equal(catalogue_local_system()->article, "Q155814");
	assert_ptr_not_equal(catalogue_local_system(), catalogue_find(4086));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(entries_stand_in_order_of_id_and_only_once),
		sentence(every_text_is_one_clean_line_of_bounded_length),
		sentence(meanings_are_clauses_and_advices_are_sentences),
		sentence(articles_are_numbers_of_the_knowledge_base),
		sentence(roles_are_those_of_the_articles),
		sentence(only_start_fatal_ids_can_be_runtime_ones_too),
		sentence(the_upper_bits_of_an_id_do_not_matter),
		sentence(an_unlisted_event_is_one_of_a_running_service),
		sentence(exit_codes_of_a_failed_start_are_listed),
		sentence(advice_for_4071_names_the_mailbox_and_the_start_by_hand),
		sentence(local_system_is_a_diagnosis_of_4086_of_its_own),
	};
	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
