/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdlib.h>
#include <time.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "agent/table.h"

enum { ROWS = 60, COLUMNS = 9, QUESTIONS = 3000, NOW = 1795338000, EMPTY = 0 };

/* A cell's value is its place, so that each is told from all others; 0 is a hole. */
struct made_row {
	bool is_there;
	uint32_t index[TABLE_MAX_INDEX];
	size_t index_length;
	uint32_t values[COLUMNS];
};

struct made {
	struct made_row rows[ROWS];
	size_t row_count;
	struct column columns[COLUMNS];
	struct table table;
};

/* All values in the order of their names: what the table is compared with. */
struct listed {
	struct table_name name;
	uint32_t value;
};

static const uint32_t entry[] = {1, 3, 6, 1, 4, 1, 4071, 1, 2, 1};

enum { ENTRY_LENGTH = sizeof(entry) / sizeof(entry[0]) };

static bool get_value(
	const void *row, const struct column *column, int64_t now, struct cell *ret)
{
	const struct made_row *made = row;
	assert_int_equal(now, NOW);
	ret->number = made->values[column->offset];
	return ret->number != EMPTY;
}

static size_t count(const void *context)
{
	const struct made *made = context;
	return made->row_count;
}

static const void *row_of(const void *context, size_t position)
{
	const struct made *made = context;
	assert_true(position < made->row_count);
	return made->rows[position].is_there ? &made->rows[position] : NULL;
}

static size_t index_of(const void *context, size_t position, uint32_t *ret)
{
	const struct made *made = context;
	assert_true(position < made->row_count);
	const struct made_row *row = &made->rows[position];
	memcpy(ret, row->index, row->index_length * sizeof(*ret));
	return row->index_length;
}

static const struct table_rows rows = {count, row_of, index_of};

static uint32_t below(uint32_t limit)
{
	return (uint32_t)rand() % limit;
}

static int compare_rows(const void *a, const void *b)
{
	const struct made_row *first = a, *second = b;
	for (size_t i = 0; i < first->index_length && i < second->index_length; i++) {
		if (first->index[i] != second->index[i])
			return first->index[i] < second->index[i] ? -1 : 1;
	}
	return (first->index_length > second->index_length) -
		(first->index_length < second->index_length);
}

static void make_index(struct made_row *row)
{
	static const uint32_t edges[] = {0, 1, 2, 127, 255, UINT32_MAX};
	row->index_length = below(20) == 0 ? TABLE_MAX_INDEX : 1 + below(3);
	for (size_t i = 0; i < row->index_length; i++)
		row->index[i] = edges[below(sizeof(edges) / sizeof(edges[0]))];
}

static void make_rows(struct made *made)
{
	size_t limit = below(ROWS + 1);
	for (size_t i = 0; i < limit; i++)
		make_index(&made->rows[i]);
	qsort(made->rows, limit, sizeof(made->rows[0]), compare_rows);
	size_t kept = 0;
	for (size_t i = 0; i < limit; i++) {
		if (kept == 0 || compare_rows(&made->rows[kept - 1], &made->rows[i]) != 0)
			made->rows[kept++] = made->rows[i];
	}
	made->row_count = kept;
	uint32_t holes = below(3);
	for (size_t i = 0; i < kept; i++) {
		made->rows[i].is_there = below(5) != 0;
		for (size_t column = 0; column < COLUMNS; column++) {
			bool is_hole = below(4) < holes;
			made->rows[i].values[column] =
				is_hole ? EMPTY : (uint32_t)(1 + i * COLUMNS + column);
		}
	}
}

static struct made *make(void *parent)
{
	struct made *made = memory_new(parent, struct made);
	make_rows(made);
	uint32_t id = 0;
	size_t columns = 1 + below(COLUMNS);
	for (size_t i = 0; i < columns; i++) {
		id += 1 + below(3);
		made->columns[i] = (struct column){id, "x", ASN_UNSIGNED, get_value, i};
	}
	made->table = (struct table){
		"made", entry, ENTRY_LENGTH, made->columns, columns, &rows};
	return made;
}

static struct listed *list_values(
	void *parent, const struct made *made, size_t *ret_count)
{
	struct listed *list = memory_array(parent, struct listed, ROWS * COLUMNS + 1);
	size_t listed = 0;
	for (size_t column = 0; column < made->table.column_count; column++) {
		for (size_t i = 0; i < made->row_count; i++) {
			const struct made_row *row = &made->rows[i];
			if (!row->is_there || row->values[column] == EMPTY)
				continue;
			struct listed *value = &list[listed++];
			struct table_name *name = &value->name;
			value->value = row->values[column];
			for (size_t j = 0; j < ENTRY_LENGTH; j++)
				name->ids[name->length++] = entry[j];
			name->ids[name->length++] = made->columns[column].id;
			for (size_t j = 0; j < row->index_length; j++)
				name->ids[name->length++] = row->index[j];
		}
	}
	*ret_count = listed;
	return list;
}

/* A name that is there, or near to one: cut, made longer, one off; or any other. */
static struct table_name ask(const struct listed *list, size_t listed)
{
	struct table_name name = {.length = 0};
	if (listed > 0 && below(10) != 0) {
		name = list[below((uint32_t)listed)].name;
	} else {
		for (size_t i = 0; i < ENTRY_LENGTH; i++)
			name.ids[name.length++] = entry[i];
		for (size_t i = below(4); i > 0; i--)
			name.ids[name.length++] = below(4);
	}
	switch (below(6)) {
	case 0:
		name.length = below((uint32_t)name.length + 1);
		break;
	case 1:
		name.ids[below((uint32_t)name.length)] += 1;
		break;
	case 2:
		name.ids[below((uint32_t)name.length)] = below(2) ? 0 : UINT32_MAX;
		break;
	case 3:
		for (size_t i = below(TABLE_MAX_NAME); name.length < i;)
			name.ids[name.length++] = below(3);
		break;
	default:
		break;
	}
	return name;
}

static int compare_names(const struct table_name *a, const struct table_name *b)
{
	return snmp_oid_compare(a->ids, a->length, b->ids, b->length);
}

static void check_get(const struct made *made, const struct listed *list, size_t listed,
	const struct table_name *name)
{
	struct cell cell;
	bool is_found =
		table_get(&made->table, made, name->ids, name->length, NOW, &cell);
	size_t i = 0;
	while (i < listed && compare_names(&list[i].name, name) != 0)
		i++;
	assert_int_equal(is_found, i < listed);
	if (is_found)
		assert_int_equal(cell.number, list[i].value);
}

static void check_next(const struct made *made, const struct listed *list, size_t listed,
	const struct table_name *name, bool is_inclusive)
{
	struct table_name found;
	const struct column *column;
	struct cell cell;
	bool is_found = table_next(&made->table, made, name->ids, name->length,
		is_inclusive, NOW, &found, &column, &cell);
	size_t i = 0;
	while (i < listed && compare_names(&list[i].name, name) < (is_inclusive ? 0 : 1))
		i++;
	assert_int_equal(is_found, i < listed);
	if (!is_found)
		return;
	assert_int_equal(compare_names(&found, &list[i].name), 0);
	assert_int_equal(cell.number, list[i].value);
	assert_int_equal(column->id, found.ids[ENTRY_LENGTH]);
}

/* With the seed that it prints, a failure happens again: IMC_SEED. */
static void any_question_is_answered_as_by_a_sorted_list(void **state)
{
	const char *given = getenv("IMC_SEED");
	unsigned seed =
		given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	test_row("IMC_SEED=%u", seed);
	srand(seed);
	for (int round = 0; round < 40; round++) {
		void *scratch = talloc_new(*state);
		const struct made *made = make(scratch);
		size_t listed;
		const struct listed *list = list_values(scratch, made, &listed);
		for (int i = 0; i < QUESTIONS; i++) {
			struct table_name name = ask(list, listed);
			check_get(made, list, listed, &name);
			check_next(made, list, listed, &name, false);
			check_next(made, list, listed, &name, true);
		}
		talloc_free(scratch);
	}
	test_row("%s", "");
}

static void walk_gives_every_value_once_in_order(void **state)
{
	srand(4071);
	const struct made *made = make(*state);
	size_t listed;
	const struct listed *list = list_values(*state, made, &listed);
	struct table_name name = {.length = 0};
	const struct column *column;
	struct cell cell;
	size_t seen = 0;
	assert_true(listed > 0);
	for (;; seen++) {
		struct table_name next;
		if (!table_next(&made->table, made, name.ids, name.length, false, NOW,
			    &next, &column, &cell))
			break;
		assert_true(seen < listed);
		assert_int_equal(cell.number, list[seen].value);
		name = next;
	}
	assert_int_equal(seen, listed);
}

static void names_before_and_after_the_table_are_told_apart(void **state)
{
	const struct made *made = make(*state);
	static const oid before[] = {1, 3, 6, 1, 4, 1, 4071, 1, 1};
	static const oid after[] = {1, 3, 6, 1, 4, 1, 4071, 1, 2, 2};
	static const oid inside[] = {1, 3, 6, 1, 4, 1, 4071, 1, 2, 1, 7, 7};
	struct table_name name;
	const struct column *column;
	struct cell cell;
	assert_false(table_holds(&made->table, before, OID_LENGTH(before)));
	assert_false(table_holds(&made->table, after, OID_LENGTH(after)));
	assert_true(table_holds(&made->table, inside, OID_LENGTH(inside)));
	assert_false(table_next(&made->table, made, after, OID_LENGTH(after), true, NOW,
		&name, &column, &cell));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(any_question_is_answered_as_by_a_sorted_list),
		sentence(walk_gives_every_value_once_in_order),
		sentence(names_before_and_after_the_table_are_told_apart),
	};
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
