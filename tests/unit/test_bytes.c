/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/bytes.h"

static const uint8_t sample[] = {1, 2, 3, 4, 5, 6, 0xFE, 0xFF};
static const struct bytes whole = {sample, sizeof(sample)};

static void slice_is_the_part_that_was_asked_for(void **state)
{
	(void)state;
	static const struct {
		size_t offset, length;
		bool is_inside;
	} rows[] = {
		{0, 8, true},
		{0, 0, true},
		{8, 0, true},
		{3, 5, true},
		{7, 1, true},
		{3, 6, false},
		{8, 1, false},
		{9, 0, false},
		{0, 9, false},
		{SIZE_MAX, 1, false},
		{1, SIZE_MAX, false},
		{SIZE_MAX, SIZE_MAX, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes part = {NULL, 77};
		test_row("offset %zu length %zu", rows[i].offset, rows[i].length);
		bool is_inside =
			bytes_slice(whole, rows[i].offset, rows[i].length, &part);
		assert_int_equal(is_inside, rows[i].is_inside);
		assert_int_equal(part.length, is_inside ? rows[i].length : 77);
		assert_ptr_equal(part.data, is_inside ? sample + rows[i].offset : NULL);
	}
	test_row("%s", "");
}

static void slice_of_nothing_is_nothing(void **state)
{
	(void)state;
	struct bytes nothing = {NULL, 0}, part = {sample, 8};
	assert_true(bytes_slice(nothing, 0, 0, &part));
	assert_int_equal(part.length, 0);
	assert_false(bytes_slice(nothing, 1, 0, &part));
}

static void numbers_are_little_endian(void **state)
{
	(void)state;
	struct cursor cursor = cursor_at(whole);
	assert_int_equal(cursor_u16(&cursor), 0x0201);
	assert_int_equal(cursor_u32(&cursor), 0x06050403);
	assert_int_equal(cursor_u16(&cursor), 0xFFFE);
	assert_false(cursor.failed);
	assert_int_equal(cursor.rest.length, 0);

	static const uint8_t high[] = {0, 0, 0, 0x80};
	cursor = cursor_at((struct bytes){high, sizeof(high)});
	assert_int_equal(cursor_u32(&cursor), 0x80000000);
}

static void first_take_that_does_not_fit_fails_all_later_ones(void **state)
{
	(void)state;
	struct cursor cursor = cursor_at(whole);
	cursor_skip(&cursor, 5);
	assert_false(cursor.failed);
	assert_int_equal(cursor_u32(&cursor), 0);
	assert_true(cursor.failed);
	assert_int_equal(cursor_u16(&cursor), 0);
	struct bytes taken = cursor_bytes(&cursor, 1);
	assert_null(taken.data);
	assert_int_equal(taken.length, 0);
	taken = cursor_utf16_text(&cursor);
	assert_int_equal(taken.length, 0);
	assert_true(cursor.failed);
}

static void skip_of_more_than_there_is_fails(void **state)
{
	(void)state;
	struct cursor cursor = cursor_at(whole);
	cursor_skip(&cursor, SIZE_MAX);
	assert_true(cursor.failed);
}

static void taken_bytes_point_into_the_whole(void **state)
{
	(void)state;
	struct cursor cursor = cursor_at(whole);
	cursor_skip(&cursor, 2);
	struct bytes taken = cursor_bytes(&cursor, 3);
	assert_ptr_equal(taken.data, sample + 2);
	assert_int_equal(taken.length, 3);
	assert_ptr_equal(cursor.rest.data, sample + 5);
	taken = cursor_bytes(&cursor, 3);
	assert_int_equal(taken.length, 3);
	assert_false(cursor.failed);
}

static void utf16_text_ends_at_an_aligned_zero(void **state)
{
	(void)state;
	/* U+0100 U+0041: the zero bytes in the middle are no end */
	static const uint8_t text[] = {0x00, 0x01, 0x41, 0x00, 0x00, 0x00, 0x42, 0x00};
	struct cursor cursor = cursor_at((struct bytes){text, sizeof(text)});
	struct bytes taken = cursor_utf16_text(&cursor);
	assert_ptr_equal(taken.data, text);
	assert_int_equal(taken.length, 4);
	assert_int_equal(cursor_u16(&cursor), 0x42);
	assert_false(cursor.failed);
}

static void empty_utf16_text_takes_its_zero(void **state)
{
	(void)state;
	static const uint8_t text[] = {0, 0};
	struct cursor cursor = cursor_at((struct bytes){text, sizeof(text)});
	assert_int_equal(cursor_utf16_text(&cursor).length, 0);
	assert_false(cursor.failed);
	assert_int_equal(cursor.rest.length, 0);
}

static void utf16_text_without_its_zero_fails(void **state)
{
	(void)state;
	static const uint8_t text[] = {0x41, 0x00, 0x42, 0x00, 0x00, 0x00};
	for (size_t length = 0; length < sizeof(text); length++) {
		test_row("%zu bytes", length);
		struct cursor cursor = cursor_at((struct bytes){text, length});
		assert_int_equal(cursor_utf16_text(&cursor).length, 0);
		assert_true(cursor.failed);
	}
	test_row("%s", "");
}

static void hash_is_fnv_1a(void **state)
{
	(void)state;
	/* draft-eastlake-fnv, appendix C */
	static const struct {
		const char *text;
		uint64_t hash;
	} rows[] = {
		{"", 0xCBF29CE484222325},
		{"a", 0xAF63DC4C8601EC8C},
		{"foobar", 0x85944171F73967E8},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes bytes = {
			(const uint8_t *)rows[i].text, strlen(rows[i].text)};
		assert_true(bytes_hash(bytes) == rows[i].hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(slice_is_the_part_that_was_asked_for),
		sentence(slice_of_nothing_is_nothing),
		sentence(numbers_are_little_endian),
		sentence(first_take_that_does_not_fit_fails_all_later_ones),
		sentence(skip_of_more_than_there_is_fails),
		sentence(taken_bytes_point_into_the_whole),
		sentence(utf16_text_ends_at_an_aligned_zero),
		sentence(empty_utf16_text_takes_its_zero),
		sentence(utf16_text_without_its_zero_fails),
		sentence(hash_is_fnv_1a),
	};
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
