/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_STATEDIR_H
#define IMC_AGENT_STATEDIR_H

#include "fleet.h"

struct logger;

/*
 * The state directory: SERVER.state files, which check_imc reads and writes, too, and
 * imc-agentd.standing, whose lock is held as long as the process lives, so that there is
 * one imc-agentd for each directory.
 */
struct statedir;

/* `directory` NULL: nothing is kept. False: the directory is none, or another imc-agentd
 * uses it. A standing file that cannot be read or locked is logged, and the fleet knows
 * that it does not know what was told. */
bool statedir_open(void *parent, const char *directory, struct fleet *fleet,
	struct logger *logger, struct statedir **ret, struct failure *why);

/* Reads the state file of a server that joined. False: a check_imc holds it, and it is to
 * be tried again; the server must not be polled before. A file that cannot be read is
 * told of in the row, and left as it is. */
bool statedir_load(struct statedir *statedir, struct server *server);

/* The same for one that could not be read: its owner may have seen to it. */
void statedir_load_again(struct statedir *statedir, struct server *server);

/* Writes state files that are older than what is known, until `deadline_ms`
 * (CLOCK_MONOTONIC); the others next time. */
void statedir_save_states(
	struct statedir *statedir, struct fleet *fleet, int64_t deadline_ms);

/* Writes the standing file where it would change. False: it could not be written, which
 * is logged once. */
bool statedir_save_standing(struct statedir *statedir, const struct fleet *fleet);

#endif
