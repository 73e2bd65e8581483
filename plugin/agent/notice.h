/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_NOTICE_H
#define IMC_AGENT_NOTICE_H

#include "row.h"

/* What a notification tells: three pairs, each first raised, then cleared. Plain data. */
enum notice_kind {
	NOTICE_SERVICE_DOWN,
	NOTICE_SERVICE_UP,
	NOTICE_CONDITION_RAISED,
	NOTICE_CONDITION_CLEARED,
	NOTICE_CONTACT_LOST,
	NOTICE_CONTACT_RESTORED,
	NOTICE_KINDS
};

/* Why it is sent; the numbers are the MIB's. */
enum notice_reason {
	REASON_CHANGE = 1,
	REASON_RESENT,           /* it may have been sent before */
	REASON_AFTER_SUPPRESSION /* it was held back for a while */
};

struct notice {
	enum notice_kind kind;
	enum notice_reason reason;
	const struct row *row;
	int64_t event_time; /* when it came about */
	uint32_t sequence;
};

#endif
