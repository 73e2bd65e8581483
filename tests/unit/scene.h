/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_SCENE_H
#define IMC_TESTS_UNIT_SCENE_H

#include "core/evidence.h"

/* Evidence written down in a line, for tests of what judge makes of it. */

/* The moment at which every scene is judged. */
enum { SCENE_NOW = 2000000000 };

/*
 * Events separated by blanks, oldest first, each WHAT@TIME: WHAT is `boot` or `shutdown`
 * (EventLog 6005, 6006), a number (MSExchangeIMC), `scm` and a number, or `drwatson`;
 * TIME is a span before SCENE_NOW ("2h", "1h59m"), or after it with a plus sign.
 * `fall@TIME>TIME` is a step of the clock seen in the System log, `appfall@...` in the
 * Application log.
 */
void scene_events(struct evidence *evidence, const char *events);

/* A server that was asked over RPC, everything learned: the state, start type automatic,
 * both logs whole with these events, no clock skew. */
struct evidence *scene(void *parent, enum service_state state, const char *events);

/* The same server, asked over SNMP: no logs, no start type, no exit codes. A stopped
 * service is one that was not in the list. */
struct evidence *scene_without_logs(void *parent, enum service_state state);

#endif
