/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_FLEET_H
#define IMC_AGENT_FLEET_H

#include "core/config.h"
#include "server.h"
#include "standing.h"

/* All servers under watch, in the order of the MIB's index: the shorter name first, then
 * by its bytes. */
struct fleet {
	struct server **servers;
	struct row **rows; /* theirs, in the same order */
	struct row **rows_by_appl_index;
	size_t count;
	struct standing *before; /* what the process before this one left, and what was
				    known of servers that left the configuration */
	uint32_t next_sequence, next_appl_index;
	uint32_t generation; /* of the configuration in force */
	bool is_forgetful;   /* `before` could not be read: what was told is not known */
	/* What there may be to do, so that nobody has to look through all servers: */
	bool has_news;    /* something may have to be told */
	bool has_unsaved; /* a state file is older than what is known */
	bool has_changed; /* what the next process is to know */
};

struct fleet *fleet_new(void *parent);

/* Servers that are new come in, those that left go, the others keep what they have. Calls
 * `joined` for each new one. The configuration must live until the next one is in force.
 */
void fleet_configure(struct fleet *fleet, const struct config *config, int64_t now,
	int64_t now_ms, void (*joined)(void *context, struct server *server),
	void *context);

/* A poll of a server ended (server_take()). `now_ms`, here and below: CLOCK_MONOTONIC. */
void fleet_take(struct fleet *fleet, struct server *server,
	const struct message_result *result, struct evidence *evidence, int64_t now,
	int64_t now_ms, uint32_t *suppressed);
/* Looks for those whose polls no longer end. */
void fleet_look_for_stale(
	struct fleet *fleet, int64_t now, int64_t now_ms, uint32_t *suppressed);
/* The master was away since `lost_at`. */
void fleet_repeat(struct fleet *fleet, int64_t lost_at);

/* Forgets what traps told, of servers that left the configuration, too. */
void fleet_unhear(struct fleet *fleet);

/* NULL: there is none of that name. */
struct server *fleet_find(const struct fleet *fleet, const char *name);

/* What the next process is to know (standing.h). It belongs to `parent`. */
struct standing *fleet_standing(void *parent, const struct fleet *fleet);

#endif
