/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_INSTANCE_H
#define IMC_AGENT_INSTANCE_H

#include <stdbool.h>

#include "core/failure.h"

/* One imc-agentd for each configuration file: locks it until the instance is freed. A
 * state directory has a lock of its own besides (statedir.h). */
struct instance;

bool instance_lock(void *parent, const char *config_path, struct instance **ret,
	struct failure *why);

/* The file that has this name now may be another one: locks that, too. False: another
 * imc-agentd did, in between. */
bool instance_renew(
	struct instance *instance, const char *config_path, struct failure *why);

#endif
