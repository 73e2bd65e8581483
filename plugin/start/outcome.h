/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_OUTCOME_H
#define IMC_START_OUTCOME_H

#include "act.h"
#include "follow.h"

/* What came of a start call, from how it was answered and what was seen after it. */
struct outcome_told {
	enum act_kind act;
	enum act_end end;
	char *text;
};

/* `end` is not FOLLOW_ON. The text belongs to `parent`. */
struct outcome_told outcome_tell(void *parent, const struct start_reply *reply,
	const struct follow *follow, enum follow_end end, const struct verdict *verdict);

#endif
