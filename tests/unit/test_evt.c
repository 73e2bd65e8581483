/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "evt_writer.h"
#include "source/deadline.h"
#include "source/evt_walk.h"

enum { EVENTS = 7, MAX_FOUND = 64, T0 = 1000000000 };

static const char *const kind_names[MADE_KINDS] = {"clean", "dirty", "split", "filled"};

/* Numbers as a log has them after some time; sizes differ, so that offsets do. */
static const struct made_event events[EVENTS] = {
	{.number = 258, .time = T0 + 1, .id = 1, .source = "A", .strings = {"oldest"}},
	{.number = 259, .time = T0 + 2, .id = 2, .sid_bytes = 12},
	{.number = 260, .time = T0 + 3, .id = 3, .data_bytes = 40},
	{.number = 261, .time = T0 + 4, .id = 4, .strings = {"the one that is cut"}},
	{.number = 262, .time = T0 + 5, .id = 5},
	{.number = 263, .time = T0 + 6, .id = 6, .source = "MSExchangeIMC"},
	{.number = 264, .time = T0 + 7, .id = 7, .strings = {"x", "y"}, .data_bytes = 3},
};

/* What a walk found: copies of the records, newest first. */
struct found {
	bool is_log;
	struct failure why;
	unsigned damaged;
	size_t count;
	struct bytes records[MAX_FOUND];
};

static struct found walk_all(void *parent, struct bytes file)
{
	struct found found = {0};
	struct evt_walk *walk;
	found.is_log = evt_walk_new(parent, file, &walk, &found.why);
	if (!found.is_log)
		return found;
	struct bytes record;
	enum evt_step step;
	while ((step = evt_walk_next(walk, &record)) != EVT_OLDEST) {
		if (step == EVT_DAMAGE) {
			found.damaged++;
			assert_true(found.damaged <= file.length);
			continue;
		}
		assert_true(found.count < MAX_FOUND);
		found.records[found.count++] =
			(struct bytes){made_copy(parent, record), record.length};
	}
	talloc_free(walk);
	return found;
}

static bool is_same(struct bytes a, struct bytes b)
{
	return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* How many records of `a` and `b`, read without damage, differ; all if their number does
 * or one has another number. */
static size_t differences(const struct found *a, const struct found *b)
{
	if (a->count != b->count)
		return MAX_FOUND;
	size_t different = 0;
	for (size_t i = 0; i < a->count; i++) {
		if (record_number(a->records[i]) != record_number(b->records[i]))
			return MAX_FOUND;
		different += is_same(a->records[i], b->records[i]) ? 0 : 1;
	}
	return different;
}

/* How many of the good records are not among the found ones. */
static size_t lost(const struct found *good, const struct found *found)
{
	size_t missing = 0;
	for (size_t i = 0; i < good->count; i++) {
		bool is_there = false;
		for (size_t j = 0; j < found->count; j++)
			is_there =
				is_there || is_same(good->records[i], found->records[j]);
		missing += is_there ? 0 : 1;
	}
	return missing;
}

static void every_layout_is_read_from_the_newest_to_the_oldest(void **state)
{
	for (enum made_kind kind = 0; kind < MADE_KINDS; kind++) {
		for (size_t count = 1; count <= EVENTS; count++) {
			test_row("%s with %zu", kind_names[kind], count);
			struct made_file made = made_file(*state, kind, events, count);
			struct found found = walk_all(*state, made.file);
			assert_true(found.is_log);
			assert_int_equal(found.damaged, 0);
			assert_int_equal(found.count, count);
			for (size_t i = 0; i < count; i++)
				assert_true(is_same(found.records[i],
					made_record(*state, &events[count - 1 - i])));
		}
	}
}

static void an_empty_log_has_no_records_and_no_damage(void **state)
{
	for (enum made_kind kind = 0; kind < MADE_KINDS; kind++) {
		test_row("%s", kind_names[kind]);
		struct found found =
			walk_all(*state, made_file(*state, kind, NULL, 0).file);
		assert_true(found.is_log);
		assert_int_equal(found.damaged, 0);
		assert_int_equal(found.count, 0);
	}
}

/* A log that was closed cleanly while empty can hold an older end-of-file record. */
static void the_header_of_a_closed_log_may_say_that_it_is_empty(void **state)
{
	static const struct {
		unsigned at, value;
		unsigned damaged;
	} rows[] = {
		{0, EVT_HEADER, 0}, {36, 1, 1}, /* in use */
		{28, 1, 1},                     /* there is an oldest record */
		{16, 64, 1},                    /* start is not end */
		{20, 52, 1},                    /* nothing at the end */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%u: %u", rows[i].at, rows[i].value);
		struct made_file made = made_file(*state, MADE_CLEAN, NULL, 0);
		uint8_t *data = made_copy(*state, made.file);
		put_u32(data + made.end + 24, 0xF6C);
		put_u32(data + made.end + 28, 26);
		put_u32(data + made.end + 32, 1);
		put_u32(data + rows[i].at, rows[i].value);
		struct found found =
			walk_all(*state, (struct bytes){data, made.file.length});
		assert_true(found.is_log);
		assert_int_equal(found.damaged, rows[i].damaged);
	}
}

static void stale_bytes_in_the_gap_are_neither_read_nor_damage(void **state)
{
	for (enum made_kind kind = MADE_DIRTY; kind < MADE_KINDS; kind++) {
		struct made_file made = made_file(*state, kind, events, EVENTS);
		struct found good = walk_all(*state, made.file);
		uint8_t *data = made_copy(*state, made.file);
		size_t until = kind == MADE_DIRTY ? made.file.length : made.begin;
		for (size_t at = made.gap; at < until; at++) {
			test_row("%s at %zu", kind_names[kind], at);
			data[at] ^= 0x55;
			struct found found =
				walk_all(*state, (struct bytes){data, made.file.length});
			assert_int_equal(found.damaged, 0);
			assert_int_equal(differences(&good, &found), 0);
		}
	}
}

/* An end that is left from before the log was cleared names its own offset, too, and has
 * the record before it; the header of a log in use does not know better. */
static void of_several_ends_the_first_is_the_newest(void **state)
{
	struct made_event old[EVENTS];
	memcpy(old, events, sizeof(old));
	for (size_t i = 0; i < EVENTS; i++)
		old[i].number += 5000;
	struct made_file stale = made_file(*state, MADE_CLEAN, old, EVENTS);
	struct made_file fresh = made_file(*state, MADE_DIRTY, events, 3);
	uint8_t *data = made_copy(*state, stale.file);
	memcpy(data, fresh.file.data, fresh.gap);
	struct found found = walk_all(*state, (struct bytes){data, stale.file.length});
	assert_int_equal(found.damaged, 0);
	assert_int_equal(found.count, 3);
	assert_int_equal(record_number(found.records[0]), 260);
}

static bool lies_in_end(const struct made_file *made, size_t at)
{
	return at >= made->end && at < made->gap;
}

/*
 * What may come of one changed byte: the file is refused; or damage is counted; or it is
 * another valid log: the same records by number, of which at most one has other content.
 * A changed byte of a record costs at most that record; of the end-of-file record, what
 * it alone knows (where the oldest is, and the halves of a cut record).
 */
static void check_changed(void *parent, const struct made_file *made,
	const struct found *good, struct bytes changed, size_t at)
{
	struct found found = walk_all(parent, changed);
	if (!found.is_log) {
		assert_true(at < EVT_HEADER);
		return;
	}
	assert_true(found.damaged <= 2);
	if (found.damaged == 0)
		assert_true(differences(good, &found) <= 1);
	else if (!lies_in_end(made, at))
		assert_true(lost(good, &found) <= 1);
	if (at < EVT_HEADER || (at >= made->gap && at < made->begin))
		assert_int_equal(lost(good, &found), 0);
	for (size_t i = 1; i < found.count; i++)
		assert_true(record_number(found.records[i]) <
			record_number(found.records[i - 1]));
}

static void a_changed_byte_is_damage_or_makes_another_valid_log(void **state)
{
	static const uint8_t masks[] = {
		0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF};
	for (enum made_kind kind = 0; kind < MADE_KINDS; kind++) {
		struct made_file made = made_file(*state, kind, events, EVENTS);
		struct found good = walk_all(*state, made.file);
		uint8_t *data = made_copy(*state, made.file);
		struct bytes changed = {data, made.file.length};
		for (size_t at = 0; at < made.file.length; at++) {
			void *scratch = talloc_new(*state);
			for (size_t i = 0; i < sizeof(masks); i++) {
				test_row("%s at %zu xor %02x", kind_names[kind], at,
					masks[i]);
				data[at] ^= masks[i];
				check_changed(scratch, &made, &good, changed, at);
				data[at] ^= masks[i];
			}
			talloc_free(scratch);
		}
	}
}

/* Each field that holds the structure, and whether it is found out when it changes. */
static void what_breaks_the_structure_is_counted_as_damage(void **state)
{
	enum where { HEADER, END, NEWEST, MIDDLE, OLDEST };
	static const struct {
		enum where where;
		size_t at;
	} rows[] = {
		{HEADER, 0},
		{HEADER, 4},
		{HEADER, 8},
		{HEADER, 12},
		{HEADER, 44},
		{END, 0},
		{END, 4},
		{END, 8},
		{END, 12},
		{END, 16},
		{END, 20},
		{END, 24},
		{END, 28},
		{END, 32},
		{END, 36},
		{NEWEST, 0},
		{NEWEST, 4},
		{NEWEST, 8},
		{MIDDLE, 0},
		{MIDDLE, 4},
		{MIDDLE, 8},
		{OLDEST, 0},
		{OLDEST, 4},
		{OLDEST, 8},
	};
	struct made_file made = made_file(*state, MADE_CLEAN, events, EVENTS);
	size_t starts[EVENTS + 1] = {EVT_HEADER};
	for (size_t i = 0; i < EVENTS; i++)
		starts[i + 1] = starts[i] + made_record(*state, &events[i]).length;
	const size_t bases[] = {0, made.end, starts[EVENTS - 1], starts[3], starts[0]};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned bit = 0; bit < 32; bit++) {
			test_row("%d at %zu, bit %u", rows[i].where, rows[i].at, bit);
			uint8_t *data = made_copy(*state, made.file);
			data[bases[rows[i].where] + rows[i].at + bit / 8] ^= 1 << bit % 8;
			struct found found =
				walk_all(*state, (struct bytes){data, made.file.length});
			assert_true(found.is_log);
			assert_int_equal(found.damaged, 1);
			talloc_free(data);
		}
	}
}

static void a_file_cut_anywhere_is_damaged_or_has_lost_nothing(void **state)
{
	for (enum made_kind kind = 0; kind < MADE_KINDS; kind++) {
		struct made_file made = made_file(*state, kind, events, EVENTS);
		struct found good = walk_all(*state, made.file);
		for (size_t length = 0; length < made.file.length; length++) {
			test_row("%s cut at %zu", kind_names[kind], length);
			uint8_t *data =
				memory_array(*state, uint8_t, length + (length == 0));
			memcpy(data, made.file.data, length);
			struct found found =
				walk_all(*state, (struct bytes){data, length});
			assert_int_equal(found.is_log, length >= EVT_HEADER);
			if (found.is_log && found.damaged == 0)
				assert_int_equal(differences(&good, &found), 0);
			assert_true(found.damaged <= 2);
			talloc_free(data);
		}
	}
}

static void a_bad_record_costs_that_record_only(void **state)
{
	for (enum made_kind kind = 0; kind < MADE_KINDS; kind++) {
		struct made_file made = made_file(*state, kind, events, EVENTS);
		struct found good = walk_all(*state, made.file);
		for (size_t victim = 0; victim < EVENTS; victim++) {
			test_row("%s, record %zu", kind_names[kind], victim);
			struct bytes record = made_record(*state, &events[victim]);
			uint8_t *data = made_copy(*state, made.file);
			/* Its number and times are unique: find it, and spoil its length.
			 */
			uint8_t *at = memmem(data, made.file.length, record.data, 16);
			assert_non_null(at);
			put_u32(at, 0x38);
			struct found found =
				walk_all(*state, (struct bytes){data, made.file.length});
			assert_int_equal(found.damaged, 1);
			assert_int_equal(found.count, EVENTS - 1);
			assert_int_equal(lost(&good, &found), 1);
		}
	}
}

static void without_an_end_all_records_are_still_found(void **state)
{
	for (enum made_kind kind = 0; kind < MADE_KINDS; kind++) {
		test_row("%s", kind_names[kind]);
		struct made_file made = made_file(*state, kind, events, EVENTS);
		struct found good = walk_all(*state, made.file);
		uint8_t *data = made_copy(*state, made.file);
		for (size_t at = 0; at + 4 <= made.file.length; at += 4) {
			if (memcmp(data + at, "\x11\x11\x11\x11", 4) == 0)
				data[at] = 0;
		}
		struct found found =
			walk_all(*state, (struct bytes){data, made.file.length});
		assert_int_equal(found.damaged, 1);
		assert_int_equal(lost(&good, &found), kind == MADE_SPLIT ? 1 : 0);
		for (size_t i = 1; i < found.count; i++)
			assert_true(record_number(found.records[i]) <
				record_number(found.records[i - 1]));
	}
}

static void what_is_no_log_is_refused_in_words(void **state)
{
	static const struct {
		const char *what;
		size_t length;
		char bytes[13];
		enum failure_kind kind;
		const char *says;
	} rows[] = {
		{"nothing", 0, "", FAIL_USAGE, "no classic event log"},
		{"text", 12, "Hello world\n", FAIL_USAGE, "no classic event log"},
		{"zeros", 4096, "", FAIL_USAGE, "no classic event log"},
		{"JPEG", 4096, "\xFF\xD8\xFF\xE0", FAIL_USAGE, "no classic event log"},
		{"evtx", 4096, "ElfFile", FAIL_UNSUPPORTED, ".evtx"},
		{"a cut header", 16, "\x30\0\0\0LfLe", FAIL_DAMAGED,
			"ends inside its header"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].what);
		uint8_t *data = memory_array(*state, uint8_t, rows[i].length + 1);
		memcpy(data, rows[i].bytes, rows[i].length < 12 ? rows[i].length : 12);
		struct found found =
			walk_all(*state, (struct bytes){data, rows[i].length});
		assert_false(found.is_log);
		assert_int_equal(found.why.kind, rows[i].kind);
		assert_non_null(strstr(found.why.text, rows[i].says));
	}
}

static void a_deadline_cuts_the_reading(void **state)
{
	enum { MANY = 6000 };
	struct made_event *many = memory_array(*state, struct made_event, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		many[i] = (struct made_event){.number = i + 1, .time = T0};
	struct made_file made = made_file(*state, MADE_CLEAN, many, MANY);
	struct harvest_plan plan = {.kind = LOG_APPLICATION, .now = T0};
	struct evt_walk *walk;
	struct failure why;
	for (int seconds = 0; seconds < 100; seconds += 99) {
		assert_true(evt_walk_new(*state, made.file, &walk, &why));
		struct harvest *harvest = harvest_new(*state, &plan);
		assert_int_equal(
			evt_walk_harvest(walk, deadline_in(1000 * seconds), harvest),
			seconds == 0 ? HARVEST_CUT : HARVEST_OLDEST);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(every_layout_is_read_from_the_newest_to_the_oldest),
		sentence(an_empty_log_has_no_records_and_no_damage),
		sentence(the_header_of_a_closed_log_may_say_that_it_is_empty),
		sentence(stale_bytes_in_the_gap_are_neither_read_nor_damage),
		sentence(of_several_ends_the_first_is_the_newest),
		sentence(a_changed_byte_is_damage_or_makes_another_valid_log),
		sentence(what_breaks_the_structure_is_counted_as_damage),
		sentence(a_file_cut_anywhere_is_damaged_or_has_lost_nothing),
		sentence(a_bad_record_costs_that_record_only),
		sentence(without_an_end_all_records_are_still_found),
		sentence(what_is_no_log_is_refused_in_words),
		sentence(a_deadline_cuts_the_reading),
	};
	return cmocka_run_group_tests_name("evt", tests, NULL, NULL);
}
