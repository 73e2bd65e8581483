/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_STATE_TEXT_H
#define IMC_CORE_STATE_TEXT_H

#include "bytes.h"
#include "state.h"

/*
 * A state file: a version line, one fact a line, and a last line with the hash
 * of all before it, so that a cut or changed file is recognised.
 */
enum { STATE_VERSION = 1, STATE_MAX_BYTES = 64 * 1024 * 1024 };

/* Refuses what it does not know, naming file (`path`) and line; nothing is half-read. */
bool state_parse(void *parent, const char *path, const char *server, struct bytes text,
	struct state **ret, struct failure *why);

/* The string belongs to `parent`. */
char *state_format(void *parent, const char *server, const struct state *state);

#endif
