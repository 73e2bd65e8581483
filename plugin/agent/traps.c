/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traps.h"

#include <string.h>

#include "core/hint.h"
#include "core/memory.h"
#include "log.h"
#include "ration.h"
#include "source/deadline.h"
#include "trap_socket.h"

enum { ON_THEIR_WAY = 64, LINES_A_MINUTE = 10, LOOK_MS = 1000 };

/* A hint that the keeper was asked about. The same may come again meanwhile: what made
 * it come may be newer than the poll that the first one caused. */
struct asked {
	bool is_open;
	unsigned repeats;
	struct hint hint;
};

struct traps {
	struct traps_means means;
	struct trap_socket *socket; /* NULL: there is none */
	char *path;                 /* where it should be */
	char *said;                 /* why it is not; NULL: nothing was */
	int64_t looked_ms;
	char *group;
	bool has_writers; /* of that group */
	struct trap_writers writers;
	bool accepts_events;
	struct asked asked[ON_THEIR_WAY];
	size_t open_count;
	struct ration unknown, refused;
};

/* --- to the keeper --- */

static void ask(struct traps *traps, struct asked *asked)
{
	struct message_hint message = {(uint32_t)(asked - traps->asked), asked->hint};
	attendant_send(*traps->means.attendant, message_put_hint(traps, &message));
}

static bool is_same(const struct hint *a, const struct hint *b)
{
	return a->event_id == b->event_id && strcmp(a->sender, b->sender) == 0 &&
		strcmp(a->agent, b->agent) == 0 && strcmp(a->computer, b->computer) == 0;
}

/* The same one that is on its way, or a free place: there is one, or nothing is read. */
static struct asked *place_for(struct traps *traps, const struct hint *hint)
{
	struct asked *free_one = NULL;
	for (size_t i = 0; i < ON_THEIR_WAY; i++) {
		struct asked *asked = &traps->asked[i];
		if (asked->is_open && is_same(&asked->hint, hint))
			return asked;
		if (!asked->is_open && free_one == NULL)
			free_one = asked;
	}
	return free_one;
}

static void refuse(void *context, const char *text)
{
	struct traps *traps = context;
	if (ration_take(&traps->refused, LINES_A_MINUTE, deadline_now()))
		log_warn(traps->means.logger, "what came in as a trap is refused: %s",
			text);
}

static void take_datagram(void *context, struct bytes datagram)
{
	struct traps *traps = context;
	struct hint hint;
	if (!hint_decode(datagram, &hint)) {
		refuse(traps, "it is not what imc-trap sends");
		return;
	}
	struct asked *asked = place_for(traps, &hint);
	if (asked->is_open) {
		asked->repeats++;
		return;
	}
	*asked = (struct asked){.is_open = true, .hint = hint};
	traps->open_count++;
	ask(traps, asked);
}

static bool has_room(void *context)
{
	const struct traps *traps = context;
	return traps->open_count < ON_THEIR_WAY;
}

static const struct trap_socket_hooks hooks = {take_datagram, refuse, has_room};

void traps_ask_again(struct traps *traps)
{
	for (size_t i = 0; i < ON_THEIR_WAY; i++) {
		if (traps->asked[i].is_open)
			ask(traps, &traps->asked[i]);
	}
}

/* --- from the keeper --- */

static void take_unknown(struct traps *traps, const struct asked *asked)
{
	const struct hint *hint = &asked->hint;
	traps->means.totals->unknown_traps += 1 + asked->repeats;
	if (!ration_take(&traps->unknown, LINES_A_MINUTE, deadline_now()))
		return;
	log_warn(traps->means.logger,
		"a trap of event %u from %s, agent %s, computer \"%s\": no server has "
		"that address or name, or several have",
		hint->event_id & 0xFFFF, hint->sender[0] != '\0' ? hint->sender : "-",
		hint->agent[0] != '\0' ? hint->agent : "-", hint->computer);
}

static void take_known(
	struct traps *traps, struct asked *asked, struct server *server, int64_t now)
{
	if (traps->accepts_events && server_hear(server, asked->hint.event_id, now))
		traps->means.fleet->has_changed = true;
	if (asked->repeats == 0)
		return;
	asked->repeats = 0;
	asked->is_open = true;
	traps->open_count++;
	ask(traps, asked);
}

static void settle(
	struct traps *traps, struct asked *asked, const char *name, int64_t now)
{
	struct server *server = fleet_find(traps->means.fleet, name);
	asked->is_open = false;
	traps->open_count--;
	if (server != NULL)
		take_known(traps, asked, server, now);
	else
		take_unknown(traps, asked);
	if (traps->socket != NULL)
		trap_socket_go_on(traps->socket);
}

void traps_take_answer(struct traps *traps, struct bytes body, int64_t now)
{
	struct message_hinted answer;
	void *scratch = memory_required(talloc_new(NULL));
	if (message_take_hinted(scratch, body, &answer) && answer.number < ON_THEIR_WAY &&
		traps->asked[answer.number].is_open)
		settle(traps, &traps->asked[answer.number], answer.server, now);
	else
		attendant_replace(
			*traps->means.attendant, "it sent what answers no trap");
	talloc_free(scratch);
}

/* --- the socket --- */

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A reload does not look up again what it has: nothing is answered meanwhile, and a
 * master that waits too long drops us. */
static void find_writers(struct traps *traps, const char *group)
{
	struct failure why;
	if (traps->has_writers && is_same_text(traps->group, group))
		return;
	talloc_free(traps->group);
	traps->group = group != NULL ? memory_copy(traps, group) : NULL;
	traps->has_writers = trap_writers_find(group, &traps->writers, &why);
	if (!traps->has_writers)
		log_warn(traps->means.logger, "%s", why.text);
}

static void give(struct traps *traps)
{
	struct failure why;
	if (!trap_socket_give(traps->socket, &traps->writers, &why))
		log_warn(traps->means.logger, "%s", why.text);
}

/* It is tried again and again, and said once. */
static void say_why_not(struct traps *traps, const struct failure *why)
{
	const char *old = traps->socket != NULL ? trap_socket_path(traps->socket) : NULL;
	char *text = old != NULL && trap_socket_is_at(traps->socket, old)
		? memory_format(traps, "traps are still taken at %s: %s", old, why->text)
		: memory_format(traps, "no traps are taken: %s", why->text);
	if (!is_same_text(traps->said, text))
		log_warn(traps->means.logger, "%s", text);
	talloc_free(traps->said);
	traps->said = text;
}

/* Others may remove it: a unit that shares our folder, and whoever starts at the same
 * moment. What there was goes when its successor is there, and not for a path that cannot
 * be used. True: it is a new one. */
static bool look_for_socket(struct traps *traps)
{
	struct trap_socket *made, *before = traps->socket;
	struct failure why;
	if (before != NULL && trap_socket_is_at(before, traps->path))
		return false;
	if (!trap_socket_open(
		    traps, traps->means.loop, traps->path, &hooks, traps, &made, &why)) {
		say_why_not(traps, &why);
		return false;
	}
	bool was_gone =
		before != NULL && !trap_socket_is_at(before, trap_socket_path(before));
	log_info(traps->means.logger, "traps are taken at %s%s", traps->path,
		was_gone ? ": the socket was gone, and is made anew" : "");
	TALLOC_FREE(traps->said);
	talloc_free(before);
	traps->socket = made;
	give(traps);
	return true;
}

void traps_configure(struct traps *traps, const struct agent_settings *agent)
{
	TALLOC_FREE(traps->said);
	talloc_free(traps->path);
	traps->path = memory_copy(traps, agent->trap_socket);
	find_writers(traps, agent->trap_group);
	if (!look_for_socket(traps) && traps->socket != NULL)
		give(traps);
	traps->accepts_events = agent->accept_trap_events;
	if (!traps->accepts_events)
		fleet_unhear(traps->means.fleet);
}

struct traps *traps_new(void *parent, const struct traps_means *means)
{
	struct traps *traps = memory_new(parent, struct traps);
	traps->means = *means;
	return traps;
}

/* --- from time to time --- */

void traps_step(struct traps *traps, int64_t now_ms)
{
	struct logger *logger = traps->means.logger;
	if (now_ms - traps->looked_ms >= LOOK_MS) {
		traps->looked_ms = now_ms;
		look_for_socket(traps);
	}
	unsigned unknown = ration_settle(&traps->unknown, now_ms);
	unsigned refused = ration_settle(&traps->refused, now_ms);
	if (unknown > 0)
		log_warn(logger, "traps of no server came %u times more", unknown);
	if (refused > 0)
		log_warn(logger, "%u more were refused that came in as traps", refused);
}
