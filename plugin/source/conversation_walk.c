/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conversation.h"
#include "conversation_internal.h"
#include "core/memory.h"

/*
 * Each column is read on its own, so that holes, and answers that are cut short, do no
 * harm; rows are put together from what has been read.
 */

enum { BULK_CELLS = 24 }; /* of one answer: about as much as fits one Ethernet frame */

struct column {
	struct snmp_name base, last; /* the last name that was read, at first the base */
	struct snmp_cell *cells; /* what was read and is not yet used: [next, count) */
	size_t next, count;
	size_t read; /* in all */
	bool is_whole;
};

struct walk {
	struct conversation *conversation;
	struct column *columns;
	size_t column_count;
	size_t max_rows;
	size_t repetitions;
	bool (*visit)(void *context, const struct snmp_cell *cells);
	void *context;
	bool is_stopped; /* the visitor has seen enough */
};

static bool is_empty(const struct column *column)
{
	return column->next == column->count;
}

/* --- reading --- */

static void begin_batch(struct walk *walk, struct column *column)
{
	talloc_free(column->cells);
	column->cells = memory_array(walk->columns, struct snmp_cell, walk->repetitions);
	column->next = column->count = 0;
}

static bool add_cell(struct walk *walk, struct column *column,
	const struct snmp_cell *cell, struct failure *why)
{
	const char *name = conversation_name(walk->conversation);
	if (column->is_whole)
		return true; /* in one answer, behind the column's end */
	if (cell->type == SNMP_END) {
		column->is_whole = true;
		return true;
	}
	if (cell->type == SNMP_NOTHING)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s breaks its table off: it names a next row, and has none",
			name);
	if (cell_name_compare(&cell->name, &column->last) <= 0)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s goes in circles: the names of its table do not rise", name);
	if (!cell_name_begins(&cell->name, &column->base)) {
		column->is_whole = true;
		return true;
	}
	if (column->read == walk->max_rows)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s has a table of more than %zu rows", name, walk->max_rows);
	column->last = cell->name;
	struct snmp_cell *copy = &column->cells[column->count++];
	*copy = *cell;
	if (cell->octets.length > 0)
		copy->octets.data = memory_required(talloc_memdup(
			column->cells, cell->octets.data, cell->octets.length));
	column->read++;
	return true;
}

/* Cells come row by row; the last row may be cut short. */
static bool take_answer(struct walk *walk, const size_t *asked, size_t asked_count,
	const struct snmp_answer *answer, struct failure *why)
{
	if (answer->count == 0)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s answers with fewer values than it was asked for",
			conversation_name(walk->conversation));
	for (size_t i = 0; i < asked_count; i++)
		begin_batch(walk, &walk->columns[asked[i]]);
	for (size_t i = 0; i < answer->count; i++) {
		struct column *column = &walk->columns[asked[i % asked_count]];
		if (!add_cell(walk, column, &answer->cells[i], why))
			return false;
	}
	return true;
}

/* An agent of version 1 says so at the end of all that it has. */
static bool take_end(struct walk *walk, const size_t *asked, size_t asked_count,
	const struct snmp_answer *answer, struct failure *why)
{
	if (answer->index < 1 || answer->index > asked_count)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s says that no name follows, and not which",
			conversation_name(walk->conversation));
	walk->columns[asked[answer->index - 1]].is_whole = true;
	return true;
}

/* Later versions have a value of its own for the end (RFC 3416, 4.2.3). */
static bool refuse_end(const struct walk *walk, struct failure *why)
{
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"%s breaks its table off: it answers noSuchName, as version 1 does",
		conversation_name(walk->conversation));
}

static bool take_too_big(struct walk *walk, struct failure *why)
{
	if (walk->repetitions == 1)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s says that one single row is too big for an answer",
			conversation_name(walk->conversation));
	walk->repetitions /= 2;
	return true;
}

/* Asks once for more of each column that nothing is left of. */
static bool read_more(struct walk *walk, struct failure *why)
{
	size_t *asked = memory_array(walk->columns, size_t, walk->column_count);
	struct snmp_name *names =
		memory_array(asked, struct snmp_name, walk->column_count);
	size_t count = 0;
	for (size_t i = 0; i < walk->column_count; i++) {
		const struct column *column = &walk->columns[i];
		if (column->is_whole || !is_empty(column))
			continue;
		names[count] = column->last;
		asked[count++] = i;
	}
	bool has_bulk = conversation_has_bulk(walk->conversation);
	const struct snmp_question question = {
		has_bulk ? SNMP_GETBULK : SNMP_GETNEXT, names, count, walk->repetitions};
	struct snmp_answer answer;
	bool is_good =
		conversation_ask(asked, walk->conversation, &question, &answer, why);
	if (is_good && answer.error == SNMP_NO_SUCH_NAME)
		is_good = has_bulk ? refuse_end(walk, why)
				   : take_end(walk, asked, count, &answer, why);
	else if (is_good && answer.error == SNMP_TOO_BIG)
		is_good = take_too_big(walk, why);
	else if (is_good)
		is_good = take_answer(walk, asked, count, &answer, why);
	talloc_free(asked);
	return is_good;
}

/* --- rows --- */

/* The order of two cells' rows. */
static int compare_rows(const struct column *a, const struct snmp_cell *cell_a,
	const struct column *b, const struct snmp_cell *cell_b)
{
	return cell_name_compare_from(
		&cell_a->name, a->base.length, &cell_b->name, b->base.length);
}

/* Goes to the row of the first column's next cell; false: more has to be read first. */
static bool reach_row(const struct walk *walk, struct column *column)
{
	const struct column *first = &walk->columns[0];
	while (!is_empty(column) &&
		compare_rows(column, &column->cells[column->next], first,
			&first->cells[first->next]) < 0)
		column->next++;
	return column->is_whole || !is_empty(column);
}

static struct snmp_cell take_cell(const struct walk *walk, struct column *column)
{
	const struct column *first = &walk->columns[0];
	bool is_there = !is_empty(column) &&
		compare_rows(column, &column->cells[column->next], first,
			&first->cells[first->next]) == 0;
	return is_there ? column->cells[column->next++]
			: (struct snmp_cell){.type = SNMP_NOTHING};
}

static void show_rows(struct walk *walk, struct snmp_cell *row)
{
	struct column *first = &walk->columns[0];
	while (!walk->is_stopped && !is_empty(first)) {
		for (size_t i = 1; i < walk->column_count; i++) {
			if (!reach_row(walk, &walk->columns[i]))
				return;
		}
		for (size_t i = 1; i < walk->column_count; i++)
			row[i] = take_cell(walk, &walk->columns[i]);
		row[0] = first->cells[first->next++];
		walk->is_stopped = !walk->visit(walk->context, row);
	}
}

static struct walk *begin_walk(struct conversation *conversation,
	const struct snmp_name *columns, size_t column_count, size_t max_rows)
{
	struct walk *walk = memory_new(conversation, struct walk);
	walk->conversation = conversation;
	walk->columns = memory_array(walk, struct column, column_count);
	walk->column_count = column_count;
	for (size_t i = 0; i < column_count; i++)
		walk->columns[i].base = walk->columns[i].last = columns[i];
	walk->max_rows = max_rows;
	walk->repetitions = 1;
	size_t fitting = QUESTION_IDS / (columns[0].length + 1);
	size_t cells = fitting < BULK_CELLS ? fitting : BULK_CELLS;
	if (conversation_has_bulk(conversation) && column_count < cells)
		walk->repetitions = cells / column_count;
	return walk;
}

bool conversation_walk(struct conversation *conversation, const struct snmp_name *columns,
	size_t column_count, size_t max_rows,
	bool (*visit)(void *context, const struct snmp_cell *cells), void *context,
	struct failure *why)
{
	struct walk *walk = begin_walk(conversation, columns, column_count, max_rows);
	walk->visit = visit;
	walk->context = context;
	struct column *first = &walk->columns[0];
	struct snmp_cell *row = memory_array(walk, struct snmp_cell, column_count);
	bool is_good = true;
	while (is_good && !walk->is_stopped && !(first->is_whole && is_empty(first))) {
		is_good = read_more(walk, why);
		if (is_good)
			show_rows(walk, row);
	}
	talloc_free(walk);
	return is_good;
}
