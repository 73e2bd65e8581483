/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "conversation.h"
#include "core/memory.h"
#include "core/name.h"
#include "core/value.h"
#include "far_row.h"
#include "module.h"
#include "snmp_library.h"
#include "source.h"

/* Source "agent": the row of a server at a far imc-agentd (IMC-MONITOR-MIB). */

enum {
	READINGS = 4, /* of a row, until no poll of the far side comes in between */
	NAME_BYTES = 32,
	/* A poll in between brings rows besides those that were there before it; then all
	 * is read again. What is too much for one poll far_row_take_event() says. */
	EVENTS_READ = 2 * TOLD_MAX_ATTEMPTS
};

static const uint32_t version_object[] = {IMC_MIB_ROOT, 1, 1, 1, 0};
static const uint32_t server_entry[] = {IMC_MIB_ROOT, 1, 2, 1};
static const uint32_t event_entry[] = {IMC_MIB_ROOT, 1, 3, 1};

enum {
	VERSION_LENGTH = sizeof(version_object) / sizeof(uint32_t),
	ENTRY_LENGTH = sizeof(server_entry) / sizeof(uint32_t)
};

/* A row that is being read. */
struct asking {
	struct conversation *conversation;
	const char *server; /* its name there: the index */
	struct far_row *row;
};

/* A column's cell of this server; in imcEventTable, what all of its events begin with. */
static struct snmp_name name_of(
	const uint32_t entry[static ENTRY_LENGTH], uint32_t column, const char *server)
{
	uint32_t ids[2 + NAME_BYTES];
	size_t length = strlen(server);
	ids[0] = column;
	ids[1] = (uint32_t)length;
	for (size_t i = 0; i < length; i++)
		ids[2 + i] = (uint8_t)server[i];
	return cell_name_of(entry, ENTRY_LENGTH, ids, 2 + length);
}

/* Cells of the columns from `first` on. */
static bool get_cells(const struct asking *asking, size_t first, size_t count,
	struct snmp_cell *ret, struct failure *why)
{
	struct snmp_name names[FAR_COLUMNS];
	struct snmp_cell *cells;
	for (size_t i = 0; i < count; i++)
		names[i] = name_of(server_entry,
			far_row_column((enum far_column)(first + i)), asking->server);
	if (!conversation_get(
		    asking->row, asking->conversation, names, count, &cells, why))
		return false;
	memcpy(ret, cells, count * sizeof(*ret));
	return true;
}

/* Why there is no row. */
static bool find_what_lacks(const struct asking *asking, struct failure *why)
{
	const struct snmp_name name =
		cell_name_of(version_object, VERSION_LENGTH, NULL, 0);
	struct snmp_cell *cell;
	if (!conversation_get(asking->row, asking->conversation, &name, 1, &cell, why))
		return false;
	if (cell->type == SNMP_NOTHING)
		return fail_at(why, FAIL_UNSUPPORTED, STAGE_SERVICE,
			"the SNMP agent at %s has no IMC-MONITOR-MIB: does imc-agentd "
			"run there, and may these credentials see it?",
			asking->row->agent);
	return fail_at(why, FAIL_ABSENT, STAGE_SERVICE,
		"the imc-agentd at %s has no row \"%s\": --remote-server names another",
		asking->row->agent, asking->server);
}

static bool get_row(const struct asking *asking, struct failure *why)
{
	struct far_row *row = asking->row;
	for (size_t first = 0, count; first < FAR_COLUMNS; first += count) {
		count = far_row_batch((enum far_column)first);
		if (!get_cells(asking, first, count, &row->cells[first], why))
			return false;
		if (!far_row_is_there(row))
			return find_what_lacks(asking, why);
	}
	return true;
}

static bool take_event(void *context, const struct snmp_cell *cells)
{
	return far_row_take_event(context, cells);
}

static bool get_events(const struct asking *asking, struct failure *why)
{
	struct snmp_name names[FAR_EVENT_COLUMNS];
	for (size_t i = 0; i < FAR_EVENT_COLUMNS; i++)
		names[i] = name_of(event_entry,
			far_row_event_column((enum far_event_column)i), asking->server);
	return conversation_walk(asking->conversation, names, FAR_EVENT_COLUMNS,
		EVENTS_READ, take_event, asking->row, why);
}

static bool is_unchanged(
	const struct asking *asking, bool *ret_is_unchanged, struct failure *why)
{
	struct snmp_cell marks[FAR_MARKS];
	if (!get_cells(asking, 0, FAR_MARKS, marks, why))
		return false;
	*ret_is_unchanged = far_row_is_same(asking->row->cells, marks);
	return true;
}

/* All of it from one poll of the far side: a verdict is not put together from two. */
static bool read_row(struct asking *asking, const struct request *request,
	struct evidence *evidence, struct failure *why)
{
	for (int reading = 1; reading <= READINGS; reading++) {
		bool is_whole = false;
		talloc_free(asking->row);
		asking->row = memory_new(evidence, struct far_row);
		asking->row->agent = request->target->address;
		if (!get_row(asking, why) || !get_events(asking, why) ||
			!is_unchanged(asking, &is_whole, why))
			return false;
		if (is_whole)
			return true;
		request_trace(request,
			"agent: a poll ended while %s was read for the %d. time",
			asking->server, reading);
	}
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"the row of \"%s\" changed each time that it was read, %d times",
		asking->server, READINGS);
}

/* The name of the row. */
static bool find_name(const struct target *target, const char **ret, struct failure *why)
{
	struct failure wrong;
	*ret = target->remote_server != NULL ? target->remote_server
					     : name_of_server(target);
	return value_server_name(*ret, &wrong) ||
		fail(why, FAIL_USAGE,
			"which row is asked for? %s; --remote-server (remote_server) "
			"takes the server's name at the far imc-agentd",
			wrong.text);
}

static bool learn(
	const struct request *request, struct evidence *evidence, struct failure *why)
{
	struct asking asking = {0};
	if (!find_name(request->target, &asking.server, why) ||
		!conversation_open(evidence, request, SNMP_2C, &asking.conversation, why))
		return false;
	bool is_told = read_row(&asking, request, evidence, why) &&
		far_row_tell(asking.row, request->now, evidence, why);
	talloc_free(asking.row);
	talloc_free(asking.conversation);
	return is_told;
}

static void collect(const struct request *request, struct evidence *evidence)
{
	struct failure why;
	if (!learn(request, evidence, &why))
		evidence_fail_all(evidence, &why);
}

MODULE_EXPORTED extern const struct source imc_agent_source;

const struct source imc_agent_source = {
	.name = "agent",
	.prepare = snmp_library_prepare,
	.collect = collect,
};
