/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_PROBE_H
#define IMC_AGENT_PROBE_H

#include "core/source_kind.h"
#include "names.h"

/*
 * Finds out where a server is and, for TCP, whether anybody answers at its port, without
 * waiting and without a word: a connection that is accepted is closed. Dead servers cost
 * a socket each. Behind UDP only an answer would tell, which is the worker's to ask for.
 */
struct probe;

struct probe_means {
	struct tevent_context *loop;
	struct timers *timers;
	struct names *names;
};

/* Tells once, later, the addresses, from the one that answered on; NULL: none is known,
 * or none did, and `why` is what the source would say. The probe is to be freed then, or
 * before, which ends it. */
typedef void probe_done(
	void *context, const struct addresses *addresses, const struct failure *why);

struct probe *probe_start(void *parent, const struct probe_means *means,
	const char *address, enum transport transport, unsigned port, int64_t deadline_ms,
	probe_done *done, void *context);

#endif
