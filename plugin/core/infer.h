/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_INFER_H
#define IMC_CORE_INFER_H

#include "evidence.h"
#include "policy.h"

/*
 * Where a source offers logs but no state (evt: PART_STATE is NOT_OFFERED): the state as
 * far as the logs tell, from the newest start, stop, start failure or sign of death after
 * the newest boot. PART_STATE is LEARNED then and the state marked as inferred, or
 * NOT_LEARNED with the reason. To be called after the evidence was joined with what is
 * remembered.
 */
void infer_service_state(
	struct evidence *evidence, const struct policy *policy, int64_t server_now);

#endif
