/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_CONVERSATION_H
#define IMC_SOURCE_CONVERSATION_H

#include "cell.h"
#include "request.h"

/*
 * One conversation with one SNMP agent, over snmp_link.h, which is the seam to net-snmp's
 * library. No configuration or MIB of this machine is read, nothing is written, and every
 * call ends by the request's deadline. A lost datagram costs a second or two, not the
 * check. What comes from the agent is believed as far as its form goes, no further; from
 * anybody else nothing is. Once a call failed by silence, by what is no answer or by a
 * refused user, all later ones fail at once for the same reason; after an error status
 * the conversation goes on.
 */
struct conversation;

/*
 * The request's addresses are tried in turn as long as nothing listens there, or no way
 * leads there; `why` is of the last one that was tried. The first datagram of versions 1
 * and 2c is sent by the first call below. `fallback` is the version that is spoken where
 * neither the target nor its credentials say one: a user is of version 3. Its engine is
 * looked for here. The conversation belongs to `parent`, which closes it; request and
 * credentials have to outlive it.
 */
bool conversation_open(void *parent, const struct request *request,
	enum snmp_version fallback, struct conversation **ret, struct failure *why);

/*
 * The names' values, in their order, of one moment where the names have less than 700
 * sub-identifiers in all and the agent does not find that too big; else of a few. An
 * answer with others, fewer or more is refused. Version 1, which answers all or nothing,
 * is asked again without those that it does not know. The array belongs to `parent`.
 */
bool conversation_get(void *parent, struct conversation *conversation,
	const struct snmp_name *names, size_t count, struct snmp_cell **ret,
	struct failure *why);

/*
 * Walks columns of one table side by side, in the order of the first one. `visit` is
 * called once for each row of the first column that the agent has: cells[i] is of
 * columns[i], SNMP_NOTHING where that row has none there; cells are valid for the call
 * only. The walk ends well behind the last row; false from `visit` ends it well, too.
 * Names that do not rise, more than `max_rows` rows, silence: `why`.
 */
bool conversation_walk(struct conversation *conversation, const struct snmp_name *columns,
	size_t column_count, size_t max_rows,
	bool (*visit)(void *context, const struct snmp_cell *cells), void *context,
	struct failure *why);

#endif
