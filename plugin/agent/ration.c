/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ration.h"

enum { MINUTE_MS = 60000 };

bool ration_take(struct ration *ration, unsigned limit, int64_t now_ms)
{
	bool is_over = now_ms - ration->since_ms >= MINUTE_MS;
	if (ration->said == 0 || (is_over && ration->left_out == 0))
		*ration = (struct ration){.since_ms = now_ms};
	if (ration->said < limit) {
		ration->said++;
		return true;
	}
	ration->left_out++;
	return false;
}

unsigned ration_settle(struct ration *ration, int64_t now_ms)
{
	unsigned left_out = ration->left_out;
	if (left_out == 0 || now_ms - ration->since_ms < MINUTE_MS)
		return 0;
	*ration = (struct ration){.since_ms = now_ms};
	return left_out;
}
