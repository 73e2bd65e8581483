/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verdict.h"

static const char *const condition_names[CONDITIONS] = {
	[CONDITION_NONE] = "none",
	[CONDITION_ACTIVE] = "active",
	[CONDITION_RECOVERED] = "recovered",
	[CONDITION_PAST] = "past",
	[CONDITION_UNKNOWN] = "unknown",
	[CONDITION_CLEARED] = "cleared",
};

const char *condition_name(enum condition condition)
{
	return condition_names[condition];
}
