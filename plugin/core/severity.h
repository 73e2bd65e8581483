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

/* One more row that holds. */
void severity_add(struct verdict *verdict, enum key key);
/* The last step: under maintenance the verdict is made and shown, and nothing else
 * counts. */
void severity_maintain(struct verdict *verdict);

#endif
