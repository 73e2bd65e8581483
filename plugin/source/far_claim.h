/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_FAR_CLAIM_H
#define IMC_SOURCE_FAR_CLAIM_H

#include "core/told.h"

/*
 * Can one verdict have all of this: the keys and the condition that were told, and the
 * service's state? How bad a finding is, each side configures; which finding goes with
 * what, judge() alone says. Where none of the keys of state is known here, a newer
 * version may have said anything.
 */
bool far_claim_check(
	const struct told *told, enum service_state state, struct failure *why);

#endif
