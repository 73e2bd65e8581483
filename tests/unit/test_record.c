/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/record.h"
#include "core/text.h"
#include "evt_writer.h"

static const struct made_event rich = {
	.number = 12,
	.time = 1000000,
	.id = 0xC0000FE7,
	.type = EVENT_ERROR,
	.source = "MSExchangeIMC",
	.strings = {"one", "", "three"},
	.sid_bytes = 12,
	.data_bytes = 5,
};

/* All the record functions; the same answer from each of them. */
static bool is_record(struct bytes bytes)
{
	struct record record;
	struct failure why;
	bool is_decoded = record_decode(bytes, &record, &why);
	if (is_decoded)
		assert_true(record_is_sound(bytes));
	else
		assert_true(strlen(why.text) > 0 && why.kind == FAIL_DAMAGED);
	return is_decoded;
}

static void a_whole_record_is_taken_apart(void **state)
{
	struct bytes bytes = made_record(*state, &rich);
	struct record record;
	struct failure why;
	assert_true(record_decode(bytes, &record, &why));
	assert_int_equal(record.number, 12);
	assert_int_equal(record.generated, 1000000);
	assert_int_equal(record.written, 1000000);
	assert_int_equal(record.id, 0xC0000FE7);
	assert_int_equal(record.type, EVENT_ERROR);
	assert_int_equal(record.category, 1);
	assert_string_equal(text_from_utf16(*state, record.source, 99), "MSExchangeIMC");
	assert_string_equal(text_from_utf16(*state, record.computer, 99), "EXCH01");
	assert_int_equal(record.data.length, 5);
	assert_int_equal(record.data.data[4], 5);

	static const char *const want[] = {"one", "", "three"};
	struct bytes strings = record.strings, text;
	for (size_t i = 0; i < 3; i++) {
		assert_true(record_next_string(&strings, &text));
		assert_string_equal(text_from_utf16(*state, text, 99), want[i]);
	}
	assert_false(record_next_string(&strings, &text));
}

static void offsets_of_parts_that_are_not_there_do_not_matter(void **state)
{
	struct bytes bytes = made_record(*state, &(struct made_event){.number = 1});
	uint8_t *data = made_copy(*state, bytes);
	put_u32(data + 36, 0xFFFFFFFF); /* StringOffset */
	put_u32(data + 44, 0xFFFFFFFF); /* UserSidOffset */
	put_u32(data + 52, 0xFFFFFFFF); /* DataOffset */
	assert_true(is_record((struct bytes){data, bytes.length}));
}

/* What the hostile record says at `offset`; -4 counts from its end. */
static void lengths_offsets_and_counts_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *what;
		int offset;
		uint32_t value;
	} rows[] = {
		{"length 0", 0, 0},
		{"length 4", 0, 4},
		{"length too large", 0, 0xFFFFFFFC},
		{"length odd", 0, 0x3D},
		{"length of a smaller one", 0, RECORD_MIN},
		{"length over the limit", 0, RECORD_MAX + 1},
		{"copy 0", -4, 0},
		{"copy larger", -4, 0x400},
		{"signature", 4, 0x654C664D},
		{"StringOffset in the fixed part", 36, 0x34},
		{"StringOffset in the names", 36, RECORD_FIXED},
		{"StringOffset odd", 36, 0x79},
		{"StringOffset at the end", 36, 0xA0},
		{"StringOffset outside", 36, 0x1000},
		{"StringOffset that wraps", 36, 0xFFFFFFFE},
		{"UserSidLength larger", 40, 0x400},
		{"UserSidLength that wraps", 40, 0xFFFFFFFF},
		{"UserSidLength over the strings", 40, 0x10},
		{"UserSidOffset in the fixed part", 44, 0},
		{"UserSidOffset in the names", 44, RECORD_FIXED + 4},
		{"UserSidOffset outside", 44, 0x7FFFFFFF},
		{"DataLength larger", 48, 0x100},
		{"DataLength that wraps", 48, 0xFFFFFFF0},
		{"DataOffset in the strings", 52, 0x80},
		{"DataOffset outside", 52, 0xFFFF},
		{"NumStrings of one more", 24, 4u << 16},
		{"NumStrings at the limit", 24, 0x100u << 16},
		{"NumStrings over the limit", 24, 0xFFFFu << 16},
	};
	struct bytes good = made_record(*state, &rich);
	assert_true(is_record(good));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].what);
		uint8_t *data = made_copy(*state, good);
		size_t at = rows[i].offset < 0 ? good.length + (size_t)rows[i].offset
					       : (size_t)rows[i].offset;
		put_u32(data + at, rows[i].value);
		assert_false(is_record((struct bytes){data, good.length}));
		talloc_free(data);
	}
}

/* Where zeros follow, an odd offset finds texts that end, but they are none of UTF-16. */
static void strings_begin_at_even_offsets(void **state)
{
	struct bytes good = made_record(*state, &(struct made_event){.strings = {""}});
	assert_true(is_record(good));
	uint8_t *data = made_copy(*state, good);
	put_u32(data + 36, data[36] + 1u);
	assert_false(is_record((struct bytes){data, good.length}));
}

static void texts_without_their_zero_are_refused(void **state)
{
	struct bytes good = made_record(*state, &(struct made_event){.source = "AB"});
	uint8_t *data = made_copy(*state, good);
	for (size_t i = RECORD_FIXED; i < good.length - 4; i++)
		data[i] = 'x';
	assert_false(is_record((struct bytes){data, good.length}));
}

static void every_part_of_a_record_is_too_short(void **state)
{
	struct bytes good = made_record(*state, &rich);
	for (size_t length = 0; length < good.length; length++) {
		uint8_t *data = memory_array(*state, uint8_t, length + (length == 0));
		memcpy(data, good.data, length);
		struct bytes part = {data, length};
		assert_false(is_record(part));
		if (length < 8)
			assert_int_equal(record_length(part), 0);
		record_length_before(part);
		talloc_free(data);
	}
}

static void any_byte_may_change_without_a_read_outside(void **state)
{
	struct bytes good = made_record(*state, &rich);
	uint8_t *data = memory_array(*state, uint8_t, good.length);
	memcpy(data, good.data, good.length);
	struct bytes bytes = {data, good.length};
	for (size_t i = 0; i < good.length; i++) {
		for (unsigned value = 0; value < 256; value++) {
			data[i] = (uint8_t)value;
			struct record record;
			if (!record_decode(bytes, &record, NULL))
				continue;
			struct bytes strings = record.strings, text;
			unsigned count = 0;
			while (record_next_string(&strings, &text))
				count++;
			assert_int_equal(count, record.string_count);
		}
		data[i] = good.data[i];
	}
}

static bool is_from(struct bytes bytes, const char *name)
{
	return record_is_from(bytes, name, strlen(name));
}

static void source_names_are_compared_whole_and_without_case(void **state)
{
	static const struct {
		const char *source, *name;
		bool is_from;
	} rows[] = {
		{"MSExchangeIMC", "MSExchangeIMC", true},
		{"msexchangeimc", "MSExchangeIMC", true},
		{"MSEXCHANGEIMC", "MSExchangeIMC", true},
		{"MSExchangeIM", "MSExchangeIMC", false},
		{"MSExchangeIMCx", "MSExchangeIMC", false},
		{"MSExchangeMTA", "MSExchangeIMC", false},
		{"", "MSExchangeIMC", false},
		{"", "", true},
		{"[", "{", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s against %s", rows[i].source, rows[i].name);
		struct bytes bytes = made_record(
			*state, &(struct made_event){.source = rows[i].source});
		assert_int_equal(is_from(bytes, rows[i].name), rows[i].is_from);
	}
}

static void a_source_name_that_never_ends_is_nobodys(void **state)
{
	uint8_t *data = memory_array(*state, uint8_t, RECORD_MIN + 4);
	struct bytes bytes = {data, RECORD_MIN + 4};
	put_u32(data, (uint32_t)bytes.length);
	put_u32(data + 4, RECORD_SIGNATURE);
	put_u16(data + RECORD_FIXED, 'A');
	put_u16(data + RECORD_FIXED + 2, 'A');
	put_u32(data + RECORD_MIN, (uint32_t)bytes.length);
	assert_true(record_is_sound(bytes));
	assert_false(is_from(bytes, "AA"));
	assert_false(is_from(bytes, "AAAA"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_whole_record_is_taken_apart),
		sentence(offsets_of_parts_that_are_not_there_do_not_matter),
		sentence(lengths_offsets_and_counts_that_cannot_be_are_refused),
		sentence(strings_begin_at_even_offsets),
		sentence(texts_without_their_zero_are_refused),
		sentence(every_part_of_a_record_is_too_short),
		sentence(any_byte_may_change_without_a_read_outside),
		sentence(source_names_are_compared_whole_and_without_case),
		sentence(a_source_name_that_never_ends_is_nobodys),
	};
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
