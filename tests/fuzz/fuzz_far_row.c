/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The row of a far imc-agentd, cell by cell: a column, a type, then a number of 64 bits
 * or 16 bits of length and as many octets. Behind the columns of the row are those of a
 * failed start; one more ends it. What is told passes between imc-agentd's roles, can be
 * remembered, and is never OK for no reason, or where nothing was learned.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/message.h"
#include "core/judge.h"
#include "core/memory.h"
#include "core/state_text.h"
#include "source/far_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1795338000, END_OF_EVENT = FAR_COLUMNS + FAR_EVENT_COLUMNS };

static struct snmp_cell take_cell(struct cursor *cursor)
{
	/* numbers of the corpus, whatever those of the enum become */
	static const enum snmp_type types[] = {SNMP_NOTHING, SNMP_INTEGER, SNMP_UNSIGNED,
		SNMP_OCTETS, SNMP_OTHER, SNMP_END};
	enum { TYPES = sizeof(types) / sizeof(types[0]) };
	struct snmp_cell cell = {.type = types[cursor_u16(cursor) % TYPES]};
	if (cell.type == SNMP_OCTETS) {
		cell.octets = cursor_bytes(cursor, cursor_u16(cursor));
	} else {
		uint64_t low = cursor_u32(cursor);
		cell.number = (int64_t)((uint64_t)cursor_u32(cursor) << 32 | low);
	}
	return cell;
}

static void take_row(struct cursor *cursor, struct far_row *row)
{
	struct snmp_cell event[FAR_EVENT_COLUMNS] = {0};
	while (cursor->rest.length > 0 && !cursor->failed) {
		size_t column = cursor_u16(cursor) % (END_OF_EVENT + 1);
		if (column == END_OF_EVENT) {
			if (!far_row_take_event(row, event))
				return;
			continue;
		}
		struct snmp_cell cell = take_cell(cursor);
		if (cursor->failed)
			return;
		if (column < FAR_COLUMNS)
			row->cells[column] = cell;
		else
			event[column - FAR_COLUMNS] = cell;
	}
}

/* From a worker to the parent: not a byte is refused or changed. */
static struct evidence *pass_on(void *parent, const struct evidence *evidence)
{
	struct packet *sent = packet_new(parent), *again = packet_new(parent);
	struct evidence *taken;
	message_put_evidence(sent, evidence);
	if (!message_take_evidence(
		    parent, "EXCH01", (struct bytes){sent->data, sent->length}, &taken))
		abort();
	message_put_evidence(again, taken);
	if (sent->length != again->length ||
		memcmp(sent->data, again->data, sent->length) != 0)
		abort();
	return taken;
}

static void remember(void *parent, struct evidence *evidence, const struct policy *policy)
{
	struct state *before = state_new(parent), *read;
	struct failure why;
	state_recall(before, evidence, NOW);
	struct state *after = state_after(parent, before, evidence, policy, NOW);
	char *text = state_format(parent, "EXCH01", after);
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	if (!state_parse(parent, "fuzz.state", "EXCH01", bytes, &read, &why))
		abort();
}

static bool has_reason(const struct told *told)
{
	bool has = told->keys[KEY_MAINTENANCE];
	for (enum key key = KEY_UNREACHABLE; key <= KEY_RUNNING; key++)
		has |= told->keys[key];
	return has;
}

static void check_verdict(void *parent, const struct evidence *evidence)
{
	struct policy policy = policy_default();
	struct verdict *verdict = judge(parent, evidence, &policy, NOW);
	const struct told *told = evidence->told;
	if (verdict->text == NULL || verdict->text[0] == '\0')
		abort();
	if (verdict->status == STATUS_OK &&
		(told->status != STATUS_OK || !has_reason(told) ||
			told->keys[KEY_UNREACHABLE] || told->keys[KEY_STATE_UNREADABLE]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *parent = memory_required(talloc_new(NULL));
	struct cursor cursor = cursor_at((struct bytes){data, size});
	struct far_row *row = memory_new(parent, struct far_row);
	struct evidence *evidence = evidence_new(parent, "EXCH01", "agent");
	struct policy policy = policy_default();
	struct failure why;
	row->agent = "gateway";
	take_row(&cursor, row);
	if (far_row_tell(row, NOW, evidence, &why)) {
		struct evidence *taken = pass_on(parent, evidence);
		remember(parent, taken, &policy);
		check_verdict(parent, taken);
	} else if (evidence_is_anything_learned(evidence) || why.text[0] == '\0') {
		abort();
	}
	talloc_free(parent);
	return 0;
}
