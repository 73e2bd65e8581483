/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_SETTINGS_H
#define IMC_AGENT_SETTINGS_H

#include "core/config.h"

struct logger;

/* The configuration in force, and the bytes that it was made from, which the keeper is
 * sent: both roles act on the same text. */
struct settings {
	char *path;
	struct bytes text;
	struct config *config; /* all of its servers are finished */
};

/* Reads and checks the file. A failure names file and line. */
bool settings_read(
	void *parent, const char *path, struct settings **ret, struct failure *why);

/* Logs which of the settings that imc-agentd reads at its start only are others now. */
void settings_say_what_waits(struct logger *logger, const struct agent_settings *start,
	const struct agent_settings *now);

#endif
