/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/record.h"
#include "source/wire.h"

enum { ROOM = 256 };

/* Little-endian bytes, written one behind the other. */
struct writer {
	uint8_t bytes[ROOM];
	size_t length;
};

static void put(struct writer *writer, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size; i++)
		writer->bytes[writer->length++] = (uint8_t)(value >> (8 * i));
}

static struct bytes written(const struct writer *writer)
{
	return (struct bytes){writer->bytes, writer->length};
}

/* The first bytes of it, in a block of just that size, for the sanitizers. */
static struct bytes cut(void *parent, struct bytes whole, size_t length)
{
	uint8_t *copy = memory_required(talloc_memdup(parent, whole.data, length));
	return (struct bytes){copy, length};
}

static struct writer read_reply(uint32_t room, uint32_t sent, uint32_t status)
{
	struct writer reply = {.length = 0};
	put(&reply, 4, room);
	for (uint32_t i = 0; i < room; i++)
		put(&reply, 1, i);
	while (reply.length % 4 != 0)
		put(&reply, 1, 0xEE);
	put(&reply, 4, sent);
	put(&reply, 4, 77);
	put(&reply, 4, status);
	return reply;
}

static void an_opened_log_has_a_handle(void **state)
{
	struct writer reply = {.length = 0};
	struct wire_handle handle;
	struct failure why;
	uint32_t status = 1;
	for (uint32_t i = 0; i < WIRE_HANDLE; i++)
		put(&reply, 1, i + 1);
	put(&reply, 4, 0);
	assert_true(wire_open(written(&reply), &handle, &status, &why));
	assert_memory_equal(handle.bytes, reply.bytes, WIRE_HANDLE);
	assert_int_equal(status, 0);
	for (size_t length = 0; length < reply.length; length++) {
		test_row("%zu bytes", length);
		assert_false(wire_open(
			cut(*state, written(&reply), length), &handle, &status, &why));
		assert_int_equal(why.kind, FAIL_PROTOCOL);
	}
}

static void a_number_is_followed_by_its_status(void **state)
{
	struct writer reply = {.length = 0};
	struct failure why;
	uint32_t number = 0, status = 0;
	put(&reply, 4, 0xFFFFFFFF);
	put(&reply, 4, 0xC0000022);
	assert_true(wire_number(written(&reply), &number, &status, &why));
	assert_int_equal(number, 0xFFFFFFFF);
	assert_int_equal(status, 0xC0000022);
	for (size_t length = 0; length < reply.length; length++) {
		test_row("%zu bytes", length);
		assert_false(wire_number(
			cut(*state, written(&reply), length), &number, &status, &why));
		assert_int_equal(why.kind, FAIL_PROTOCOL);
	}
}

static void junk_behind_an_answer_is_no_fault(void **state)
{
	(void)state;
	struct writer reply = {.length = 0};
	struct failure why;
	uint32_t number = 0, status = 1;
	put(&reply, 4, 4071);
	put(&reply, 4, 0);
	put(&reply, 4, 0xDEADBEEF);
	assert_true(wire_number(written(&reply), &number, &status, &why));
	assert_int_equal(number, 4071);
	assert_int_equal(status, 0);
}

static void a_read_carries_the_buffer_that_was_asked_for(void **state)
{
	static const struct {
		const char *name;
		uint32_t wanted, room, sent, status;
		bool is_good;
	} rows[] = {
		{"a full buffer", 16, 16, 16, 0, true},
		{"one that is filled in part", 16, 16, 5, 0, true},
		{"an odd size is padded", 13, 13, 13, 0, true},
		{"nothing was sent", 16, 16, 0, 0xC0000011, true},
		{"nothing was asked for", 0, 0, 0, 0xC0000023, true},
		{"a larger buffer than asked for", 16, 20, 16, 0, false},
		{"a smaller one", 16, 12, 12, 0, false},
		{"one byte more sent than there is", 16, 16, 17, 0, false},
		{"far more sent", 16, 16, 0xFFFFFFF0, 0, false},
		{"all of 4 GB asked for", 0xFFFFFFFF, 16, 16, 0, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct writer reply =
			read_reply(rows[i].room, rows[i].sent, rows[i].status);
		struct wire_read read;
		struct failure why;
		test_row("%s", rows[i].name);
		assert_int_equal(wire_read(written(&reply), rows[i].wanted, &read, &why),
			rows[i].is_good);
		if (!rows[i].is_good) {
			assert_int_equal(why.kind, FAIL_PROTOCOL);
			continue;
		}
		assert_int_equal(read.records.length, rows[i].sent);
		assert_ptr_equal(read.records.data, reply.bytes + 4);
		assert_int_equal(read.needed, 77);
		assert_int_equal(read.status, rows[i].status);
	}
}

static void a_read_that_is_cut_anywhere_is_refused(void **state)
{
	struct writer reply = read_reply(13, 13, 0);
	for (size_t length = 0; length < reply.length; length++) {
		struct wire_read read;
		struct failure why;
		test_row("%zu bytes", length);
		assert_false(
			wire_read(cut(*state, written(&reply), length), 13, &read, &why));
		assert_int_equal(why.kind, FAIL_PROTOCOL);
	}
}

static void a_count_that_lies_about_what_follows_is_refused(void **state)
{
	struct writer reply = {.length = 0};
	struct wire_read read;
	struct failure why;
	(void)state;
	put(&reply, 4, 0xFFFFFFFF);
	put(&reply, 4, 0);
	assert_false(wire_read(written(&reply), 0xFFFFFFFF, &read, &why));
	assert_int_equal(why.kind, FAIL_PROTOCOL);
}

static void put_record(struct writer *writer, uint32_t length, uint32_t signature)
{
	size_t start = writer->length;
	put(writer, 4, length);
	put(writer, 4, signature);
	while (writer->length < start + RECORD_MIN)
		put(writer, 1, 0);
}

static void records_are_taken_one_after_the_other(void **state)
{
	struct writer writer = {.length = 0};
	struct failure why;
	struct bytes record;
	(void)state;
	put_record(&writer, RECORD_MIN, RECORD_SIGNATURE);
	put_record(&writer, RECORD_MIN, RECORD_SIGNATURE);
	struct bytes rest = written(&writer);
	for (size_t i = 0; i < 2; i++) {
		assert_true(wire_next_record(&rest, &record, &why));
		assert_int_equal(record.length, RECORD_MIN);
		assert_ptr_equal(record.data, writer.bytes + i * RECORD_MIN);
	}
	assert_int_equal(rest.length, 0);
}

static void what_is_no_record_is_refused_and_left(void **state)
{
	static const struct {
		const char *name;
		uint32_t length, signature;
		size_t given;
	} rows[] = {
		{"no length", 0, RECORD_SIGNATURE, RECORD_MIN},
		{"a tiny length", 8, RECORD_SIGNATURE, RECORD_MIN},
		{"four bytes short of the least", RECORD_MIN - 4, RECORD_SIGNATURE,
			RECORD_MIN},
		{"an odd length", RECORD_MIN + 1, RECORD_SIGNATURE, RECORD_MIN},
		{"four bytes more than there are", RECORD_MIN + 4, RECORD_SIGNATURE,
			RECORD_MIN},
		{"more than a record may have", RECORD_MAX + 1, RECORD_SIGNATURE,
			RECORD_MIN},
		{"a huge length", 0xFFFFFFF0, RECORD_SIGNATURE, RECORD_MIN},
		{"another signature", RECORD_MIN, 0x41414141, RECORD_MIN},
		{"a length and nothing else", RECORD_MIN, RECORD_SIGNATURE, 4},
		{"one byte", RECORD_MIN, RECORD_SIGNATURE, 1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct writer writer = {.length = 0};
		struct failure why;
		struct bytes record;
		test_row("%s", rows[i].name);
		put_record(&writer, rows[i].length, rows[i].signature);
		struct bytes rest = cut(*state, written(&writer), rows[i].given);
		assert_false(wire_next_record(&rest, &record, &why));
		assert_int_equal(why.kind, FAIL_PROTOCOL);
		assert_int_equal(rest.length, rows[i].given);
	}
}

/* TIME_OF_DAY_INFO, 2026-11-22 09:00:00. */
enum {
	MOMENT,
	MSECS,
	HOUR,
	MINUTE,
	SECOND,
	HUNDREDTH,
	ZONE,
	TICK,
	DAY,
	MONTH,
	YEAR,
	WEEKDAY,
	CLOCK_FIELDS
};

static struct writer clock_reply(size_t changed, uint32_t value)
{
	uint32_t fields[CLOCK_FIELDS] = {
		1795338000, 5, 9, 0, 0, 0, 0, 310, 22, 11, 2026, 0};
	struct writer reply = {.length = 0};
	if (changed < CLOCK_FIELDS)
		fields[changed] = value;
	put(&reply, 4, 0x20000);
	for (size_t i = 0; i < CLOCK_FIELDS; i++)
		put(&reply, 4, fields[i]);
	put(&reply, 4, 0);
	return reply;
}

static void the_clock_is_its_first_field(void **state)
{
	struct writer reply = clock_reply(CLOCK_FIELDS, 0);
	struct failure why;
	int64_t moment = 0;
	uint32_t status = 1;
	assert_true(wire_clock(written(&reply), &moment, &status, &why));
	assert_int_equal(moment, 1795338000);
	assert_int_equal(status, 0);
	for (size_t length = 0; length < reply.length; length++) {
		test_row("%zu bytes", length);
		assert_false(wire_clock(
			cut(*state, written(&reply), length), &moment, &status, &why));
		assert_int_equal(why.kind, FAIL_PROTOCOL);
	}
}

static void a_clock_past_2038_is_not_negative(void **state)
{
	struct writer reply = clock_reply(MOMENT, 0x80000000);
	struct failure why;
	int64_t moment = 0;
	uint32_t status = 1;
	(void)state;
	assert_true(wire_clock(written(&reply), &moment, &status, &why));
	assert_true(moment == INT64_C(0x80000000));
}

static void a_time_of_day_that_cannot_be_is_refused(void **state)
{
	static const struct {
		size_t field;
		uint32_t value;
		bool is_good;
	} rows[] = {
		{HOUR, 23, true},
		{HOUR, 24, false},
		{MINUTE, 59, true},
		{MINUTE, 60, false},
		{SECOND, 59, true},
		{SECOND, 60, false},
		{DAY, 31, true},
		{DAY, 32, false},
		{DAY, 0, false},
		{MONTH, 12, true},
		{MONTH, 13, false},
		{MONTH, 0, false},
		{HOUR, 0xFFFFFFFF, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct writer reply = clock_reply(rows[i].field, rows[i].value);
		struct failure why;
		int64_t moment;
		uint32_t status;
		test_row("field %zu is %u", rows[i].field, (unsigned)rows[i].value);
		assert_int_equal(wire_clock(written(&reply), &moment, &status, &why),
			rows[i].is_good);
	}
}

static void a_refused_clock_has_its_error_only(void **state)
{
	struct writer reply = {.length = 0};
	struct failure why;
	int64_t moment;
	uint32_t status = 0;
	(void)state;
	put(&reply, 4, 0);
	put(&reply, 4, 5);
	assert_true(wire_clock(written(&reply), &moment, &status, &why));
	assert_int_equal(status, 5);

	struct writer claim = {.length = 0};
	put(&claim, 4, 0);
	put(&claim, 4, 0);
	test_row("success without a clock");
	assert_false(wire_clock(written(&claim), &moment, &status, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(an_opened_log_has_a_handle),
		sentence(a_number_is_followed_by_its_status),
		sentence(junk_behind_an_answer_is_no_fault),
		sentence(a_read_carries_the_buffer_that_was_asked_for),
		sentence(a_read_that_is_cut_anywhere_is_refused),
		sentence(a_count_that_lies_about_what_follows_is_refused),
		sentence(records_are_taken_one_after_the_other),
		sentence(what_is_no_record_is_refused_and_left),
		sentence(the_clock_is_its_first_field),
		sentence(a_clock_past_2038_is_not_negative),
		sentence(a_time_of_day_that_cannot_be_is_refused),
		sentence(a_refused_clock_has_its_error_only),
	};
	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
