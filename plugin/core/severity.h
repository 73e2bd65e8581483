/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_SEVERITY_H
#define IMC_CORE_SEVERITY_H

#include "verdict.h"

/*
 * The severity table: which rows hold for a verdict whose condition, history
 * and times are known, how bad each is, and the status that follows. Sets keys,
 * key_status, state_key, status and status_without_maintenance.
 */
void severity_apply(struct verdict *verdict);

#endif
