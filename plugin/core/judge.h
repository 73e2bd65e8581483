/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_JUDGE_H
#define IMC_CORE_JUDGE_H

#include "verdict.h"

/*
 * The join of the service's state and the events: evidence and policy in, verdict out.
 * Pure and total: every evidence has a verdict, the same one each time. `now` is this
 * machine's clock (with --at, the given moment). The verdict belongs to `parent` and
 * points into `evidence` and `policy`.
 */
struct verdict *judge(void *parent, const struct evidence *evidence,
	const struct policy *policy, int64_t now);

#endif
