/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_FAR_ROW_H
#define IMC_SOURCE_FAR_ROW_H

#include "cell.h"
#include "core/told.h"

/*
 * The row of a far imc-agentd: what its cells (IMC-MONITOR-MIB) say as evidence with a
 * verdict that was told. Nothing is believed before all of it was checked against the
 * MIB; how the cells came is not known here.
 */

/* The columns of imcServerTable that are read, in the order in which they are asked for.
 * Each poll of the far side changes one of the first ones at least; the longest texts
 * come last, as each needs a question of its own. */
enum far_column {
	FAR_STATUS,
	FAR_STATUS_TEXT,
	FAR_KEYS,
	FAR_LAST_POLL,
	FAR_NEXT_POLL,
	FAR_FAILED_POLLS,
	FAR_MARKS, /* that many */
	FAR_AGE = FAR_MARKS,
	FAR_INTERVAL,
	FAR_SERVICE_STATE,
	FAR_IS_INFERRED,
	FAR_CONDITION,
	FAR_TRIGGER,
	FAR_START_TYPE,
	FAR_START_ACCOUNT,
	FAR_WIN32_EXIT,
	FAR_SPECIFIC_EXIT,
	FAR_STATE_SINCE,
	FAR_EVENTS_4071,
	FAR_LAST_4071,
	FAR_LAST_4071_RECORD,
	FAR_CAUSE_EVENT,
	FAR_BOOT_TIME,
	FAR_LOG_REACH,
	FAR_DAMAGED,
	FAR_CLOCK_SKEW,
	FAR_SMB_LEVEL,
	FAR_FAILURE_KIND,
	FAR_FAILURE_TEXT,
	FAR_ADVICE,
	FAR_COLUMNS
};

/* The columns of imcEventTable that are read. */
enum far_event_column {
	FAR_EVENT_ID,
	FAR_EVENT_TIME,
	FAR_EVENT_RECORD,
	FAR_EVENT_TRIGGER,
	FAR_EVENT_COLUMNS
};

/* One reading; what cells point to belongs to whoever read them. */
struct far_row {
	const char *agent; /* the address that was asked: it is named in what is said */
	struct snmp_cell cells[FAR_COLUMNS];
	struct told_attempt attempts[TOLD_MAX_ATTEMPTS]; /* as they came */
	size_t attempt_count;
	bool has_bad_attempt; /* `why` */
	struct failure why;
};

/* The column's number in imcServerEntry or imcEventEntry. */
uint32_t far_row_column(enum far_column column);
uint32_t far_row_event_column(enum far_event_column column);

/*
 * How many columns from `first` on to ask for at once. However long the MIB lets their
 * texts be, the answer fits into a datagram that is not cut into fragments, which
 * firewalls drop. FAR_MARKS columns fit into one.
 */
size_t far_row_batch(enum far_column first);

/* Is there such a row? */
bool far_row_is_there(const struct far_row *row);

/* Are FAR_MARKS cells that were read before and after all others those of one poll? */
bool far_row_is_same(const struct snmp_cell *before, const struct snmp_cell *after);

/* A row of imcEventTable: FAR_EVENT_COLUMNS cells. False: that is enough, for it made no
 * sense, or there is no room for more; far_row_tell() says so. */
bool far_row_take_event(struct far_row *row, const struct snmp_cell *cells);

/* Fills the evidence, fresh from evidence_new(), as of `now`; or says what is wrong and
 * leaves it as it is. */
bool far_row_tell(const struct far_row *row, int64_t now, struct evidence *evidence,
	struct failure *why);

#endif
