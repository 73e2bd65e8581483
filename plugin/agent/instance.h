/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_INSTANCE_H
#define IMC_AGENT_INSTANCE_H

#include <stdbool.h>

#include "core/failure.h"

/* One imc-agentd for each configuration file: locks it until `parent` is freed. A state
 * directory has a lock of its own besides (statedir.h). */
bool instance_lock(void *parent, const char *config_path, struct failure *why);

#endif
