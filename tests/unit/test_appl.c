/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "agent/objects_tables.h"

/* RFC 2788 */
enum { APPL_NAME = 2, APPL_OPER_STATUS = 6, NOW = 1795338000, ENTRY_LENGTH = 9 };

static struct row *server(void *parent, const char *name, uint32_t appl_index)
{
	struct row *row = memory_new(parent, struct row);
	row->server = memory_copy(row, name);
	row->appl_index = appl_index;
	row->is_judged = true;
	row->service_state = SERVICE_RUNNING;
	return row;
}

/* In the order of their names; applIndex goes another way. */
static struct objects_view *three_servers(void *parent)
{
	struct objects_view *view = memory_new(parent, struct objects_view);
	view->rows = memory_array(view, struct row *, 3);
	view->rows[0] = server(view, "A", 7);
	view->rows[1] = server(view, "B", 2);
	view->rows[2] = server(view, "C", 40);
	view->row_count = 3;
	view->rows_by_appl_index = memory_array(view, struct row *, 3);
	view->rows_by_appl_index[0] = view->rows[1];
	view->rows_by_appl_index[1] = view->rows[0];
	view->rows_by_appl_index[2] = view->rows[2];
	return view;
}

static bool get(const void *rows, uint32_t column, uint32_t index, struct cell *ret)
{
	const oid name[] = {1, 3, 6, 1, 2, 1, 27, 1, 1, column, index};
	return table_get(&appl_table, rows, name, OID_LENGTH(name), NOW, ret);
}

/* The names of all rows, as a walk of applName gives them, with a blank after each. */
static char *walk_names(void *parent, const void *rows)
{
	char *names = memory_copy(parent, "");
	struct table_name name = {{1, 3, 6, 1, 2, 1, 27, 1, 1}, ENTRY_LENGTH};
	struct table_name next;
	const struct column *column;
	struct cell cell;
	while (table_next(&appl_table, rows, name.ids, name.length, false, NOW, &next,
		       &column, &cell) &&
		column->id == APPL_NAME) {
		char *with_prefix =
			memory_copy_bytes(parent, cell.octets.data, cell.octets.length);
		static const char prefix[] = "MSExchangeIMC on ";
		assert_memory_equal(with_prefix, prefix, strlen(prefix));
		names = memory_format(
			parent, "%s%s ", names, with_prefix + strlen(prefix));
		name = next;
	}
	return names;
}

static void rows_are_in_the_order_of_their_index(void **state)
{
	const struct objects_view *view = three_servers(*state);
	struct cell cell;
	assert_string_equal(walk_names(*state, view), "B A C ");
	assert_true(get(view, APPL_NAME, 7, &cell));
	assert_memory_equal(cell.octets.data, "MSExchangeIMC on A", cell.octets.length);
	assert_false(get(view, APPL_NAME, 3, &cell));
}

static const struct {
	enum service_state state;
	int oper_status; /* 0: no value */
} mappings[] = {
	{SERVICE_STOPPED, 2},
	{SERVICE_START_PENDING, 5},
	{SERVICE_STOP_PENDING, 6},
	{SERVICE_RUNNING, 1},
	{SERVICE_CONTINUE_PENDING, 5},
	{SERVICE_PAUSE_PENDING, 6},
	{SERVICE_PAUSED, 3},
	{SERVICE_ABSENT, 2},
	{SERVICE_UNKNOWN, 0},
};

static void service_state_is_shown_as_rfc_2788_has_it(void **state)
{
	const struct objects_view *view = three_servers(*state);
	assert_int_equal(sizeof(mappings) / sizeof(mappings[0]), SERVICE_STATES - 1);
	for (size_t i = 0; i < sizeof(mappings) / sizeof(mappings[0]); i++) {
		struct cell cell;
		test_row("%s", service_state_name(mappings[i].state));
		view->rows[0]->service_state = mappings[i].state;
		assert_int_equal(get(view, APPL_OPER_STATUS, 7, &cell),
			mappings[i].oper_status != 0);
		if (mappings[i].oper_status != 0)
			assert_int_equal(cell.integer, mappings[i].oper_status);
	}
	test_row("%s", "");
}

static void server_that_was_not_polled_has_a_name_and_no_state(void **state)
{
	const struct objects_view *view = three_servers(*state);
	struct cell cell;
	view->rows[0]->is_judged = false;
	assert_true(get(view, APPL_NAME, 7, &cell));
	assert_false(get(view, APPL_OPER_STATUS, 7, &cell));
}

static void longest_name_fits(void **state)
{
	static const char name[] = "a.name.of.thirty-two.bytes.12345";
	struct objects_view *view = three_servers(*state);
	view->rows_by_appl_index[1] = server(view, name, 7);
	struct cell cell;
	assert_int_equal(strlen(name), 32);
	assert_true(get(view, APPL_NAME, 7, &cell));
	assert_int_equal(cell.octets.length, strlen("MSExchangeIMC on ") + 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(rows_are_in_the_order_of_their_index),
		sentence(service_state_is_shown_as_rfc_2788_has_it),
		sentence(server_that_was_not_polled_has_a_name_and_no_state),
		sentence(longest_name_fits),
	};
	return cmocka_run_group_tests_name("appl", tests, NULL, NULL);
}
