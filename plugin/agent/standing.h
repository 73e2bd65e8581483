/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_STANDING_H
#define IMC_AGENT_STANDING_H

#include "alarms.h"
#include "core/bytes.h"
#include "core/hearsay.h"

/*
 * What one imc-agentd leaves to the next besides the state files: what its notifications
 * told, what traps told, and the numbers that only rise. One text file for all servers,
 * written whole: a version line, a line of numbers, lines of servers in order of their
 * names with their events and then what was heard of them, and a last line with the hash
 * of all before it.
 */
enum { STANDING_MAX_BYTES = 64 * 1024 * 1024 };

struct standing_event {
	uint32_t number, record;
	int64_t time;
};

struct standing_server {
	char *name;
	uint32_t appl_index;
	uint32_t next_event;
	enum condition condition;
	int64_t condition_since, log_cleared_at;
	/* Of each pair: known at all; raised; not sure whether that was told. */
	struct {
		bool is_known, is_raised, is_unsure;
	} pairs[ALARM_PAIRS];
	bool is_raised_by_trap; /* the condition's pair, which is raised */
	struct hearsay hearsay;
	uint64_t heard_of; /* the place (server.h) that this is about; 0: nothing is */
	struct standing_event events[ROW_EVENTS];
	size_t event_count;
};

struct standing {
	uint32_t next_sequence;   /* of notifications; no lower one was given away */
	uint32_t next_appl_index; /* never given to another name again */
	struct standing_server *servers;
	size_t server_count;
};

struct standing *standing_new(void *parent);

/* Refuses whatever standing_format() does not write. */
bool standing_parse(
	void *parent, struct bytes text, struct standing **ret, struct failure *why);
char *standing_format(void *parent, const struct standing *standing);

/* Do both say the same of a server? Names are not compared. */
bool standing_is_same(const struct standing_server *a, const struct standing_server *b);

/* NULL: it knows no such server. */
const struct standing_server *standing_find(
	const struct standing *standing, const char *name);

#endif
