/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table.h"

/* What a name says below the entry: a column, and an index that may be cut short. */
struct rest {
	const oid *index;
	size_t length;
};

static int compare_ids(const oid *a, size_t a_length, const uint32_t *b, size_t b_length)
{
	for (size_t i = 0; i < a_length && i < b_length; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return (a_length > b_length) - (a_length < b_length);
}

const struct column *table_column(const struct table *table, oid id)
{
	for (size_t i = 0; i < table->column_count; i++) {
		if (table->columns[i].id == id)
			return &table->columns[i];
	}
	return NULL;
}

static bool begins_with(
	const oid *name, size_t length, const uint32_t *start, size_t start_length)
{
	return length >= start_length &&
		compare_ids(name, start_length, start, start_length) == 0;
}

bool table_holds(const struct table *table, const oid *name, size_t length)
{
	return begins_with(name, length, table->oid, table->oid_length);
}

bool table_group_holds(const struct table_group *group, const oid *name, size_t length)
{
	return begins_with(name, length, group->oid, group->oid_length);
}

/* The first row whose index is not before the rest, or after it where `is_after`. */
static size_t find_row(
	const struct table *table, const void *context, struct rest rest, bool is_after)
{
	uint32_t index[TABLE_MAX_INDEX];
	size_t low = 0, high = table->rows->count(context);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t length = table->rows->index(context, middle, index);
		int order = compare_ids(rest.index, rest.length, index, length);
		if (order > 0 || (order == 0 && is_after))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool table_get(const struct table *table, const void *context, const oid *name,
	size_t length, int64_t now, struct cell *ret)
{
	size_t skip = table->oid_length + 1;
	if (length <= skip || !table_holds(table, name, length))
		return false;
	const struct column *column = table_column(table, name[skip - 1]);
	struct rest rest = {name + skip, length - skip};
	size_t position = find_row(table, context, rest, false);
	if (column == NULL || position >= table->rows->count(context))
		return false;
	uint32_t index[TABLE_MAX_INDEX];
	size_t index_length = table->rows->index(context, position, index);
	if (compare_ids(rest.index, rest.length, index, index_length) != 0)
		return false;
	const void *row = table->rows->row(context, position);
	return row != NULL && column->get(row, column, now, ret);
}

static void write_name(const struct table *table, const void *context,
	const struct column *column, size_t position, struct table_name *ret)
{
	uint32_t index[TABLE_MAX_INDEX];
	size_t length = table->rows->index(context, position, index);
	ret->length = 0;
	for (size_t i = 0; i < table->oid_length; i++)
		ret->ids[ret->length++] = table->oid[i];
	ret->ids[ret->length++] = column->id;
	for (size_t i = 0; i < length; i++)
		ret->ids[ret->length++] = index[i];
}

/* The first value of a column at or after a row. */
static bool first_value(const struct table *table, const void *context,
	const struct column *column, int64_t now, size_t *position, struct cell *ret)
{
	size_t count = table->rows->count(context);
	for (; *position < count; (*position)++) {
		const void *row = table->rows->row(context, *position);
		if (row != NULL && column->get(row, column, now, ret))
			return true;
	}
	return false;
}

bool table_next(const struct table *table, const void *context, const oid *name,
	size_t length, bool is_inclusive, int64_t now, struct table_name *ret_name,
	const struct column **ret_column, struct cell *ret)
{
	size_t skip = table->oid_length + 1;
	bool is_below = table_holds(table, name, length);
	if (!is_below && compare_ids(name, length, table->oid, table->oid_length) > 0)
		return false;
	oid start = is_below && length >= skip ? name[skip - 1] : 0;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		size_t position = 0;
		if (column->id < start)
			continue;
		if (column->id == start && length > skip)
			position = find_row(table, context,
				(struct rest){name + skip, length - skip}, !is_inclusive);
		if (!first_value(table, context, column, now, &position, ret))
			continue;
		write_name(table, context, column, position, ret_name);
		*ret_column = column;
		return true;
	}
	return false;
}
