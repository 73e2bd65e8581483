/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_SETTINGS_H
#define IMC_TRAP_SETTINGS_H

#include "core/agent_settings.h"

/*
 * [agent] of imc-monitor.conf, of which trap_socket and trap_bases matter here. Nothing
 * else is looked at: a mistake in a server's section is no reason to lose a trap.
 * Failures name file and line.
 */
bool trap_settings_read(
	void *parent, const char *path, struct agent_settings **ret, struct failure *why);

#endif
