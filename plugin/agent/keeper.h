/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_KEEPER_H
#define IMC_AGENT_KEEPER_H

struct logger;

/*
 * What the keeper does: polls each server of the configuration that the parent sends when
 * its time has come, and tells what came of it; message.h has what they say. Returns the
 * exit status once the parent is gone.
 */
int keeper_run(struct logger *logger, int socket);

#endif
