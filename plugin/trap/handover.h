/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_HANDOVER_H
#define IMC_TRAP_HANDOVER_H

#include "core/failure.h"
#include "core/hint.h"

/* Gives the hint to imc-agentd, which listens there, or fails at once: nothing waits, for
 * snmptrapd does until we end. */
bool handover_send(const char *path, const struct hint *hint, struct failure *why);

#endif
