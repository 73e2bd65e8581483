/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fleet.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Sequence numbers are given away before they are written down: so many are left out when
 * a process ended at once. */
enum { SEQUENCE_RESERVE = 10000 };

struct fleet *fleet_new(void *parent)
{
	struct fleet *fleet = memory_new(parent, struct fleet);
	fleet->before = standing_new(fleet);
	fleet->next_sequence = fleet->next_appl_index = 1;
	return fleet;
}

/* --- order --- */

static int compare(const char *a, const char *b)
{
	size_t length_a = strlen(a), length_b = strlen(b);
	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	return strcmp(a, b);
}

static int compare_servers(const void *a, const void *b)
{
	const struct server *const *x = a, *const *y = b;
	return compare((*x)->row->server, (*y)->row->server);
}

static int compare_name(const void *name, const void *server)
{
	return compare(name, (*(const struct server *const *)server)->row->server);
}

struct server *fleet_find(const struct fleet *fleet, const char *name)
{
	if (fleet->count == 0)
		return NULL;
	struct server **found = bsearch(name, fleet->servers, fleet->count,
		sizeof(fleet->servers[0]), compare_name);
	return found != NULL ? *found : NULL;
}

/* --- what the process before left --- */

static void recall_alarms(struct alarms *alarms, const struct standing_server *before)
{
	for (int pair = 0; pair < ALARM_PAIRS; pair++) {
		struct alarm *alarm = &alarms->pairs[pair];
		alarm->is_known = before->pairs[pair].is_known;
		alarm->is_raised = alarm->told_raised = before->pairs[pair].is_raised;
		alarm->must_repeat = before->pairs[pair].is_unsure;
	}
}

static void recall_row(struct row *row, const struct standing_server *before)
{
	row->appl_index = before->appl_index;
	row->next_event = before->next_event;
	row->condition = before->condition;
	row->condition_since = before->condition_since;
	row->log_cleared_at = before->log_cleared_at;
	row->event_count = before->event_count;
	for (size_t i = 0; i < before->event_count; i++)
		row->events[i] = (struct row_event){
			.number = before->events[i].number,
			.record = before->events[i].record,
			.time = before->events[i].time,
			.text = "",
		};
}

static struct server *join(struct fleet *fleet, const struct target *target, int64_t now)
{
	struct server *server = server_new(fleet, target, now);
	const struct standing_server *before =
		standing_find(fleet->before, target->server);
	server->alarms.is_forgetful = fleet->is_forgetful;
	if (before != NULL) {
		recall_alarms(&server->alarms, before);
		server->is_raised_by_trap = before->is_raised_by_trap;
		if (before->heard_of == server->place)
			server->hearsay = before->hearsay;
		recall_row(server->row, before);
	} else {
		server->row->appl_index = fleet->next_appl_index++;
	}
	return server;
}

/* --- what the next one is to know --- */

static void stand(const struct server *server, struct standing_server *ret)
{
	const struct row *row = server->row;
	*ret = (struct standing_server){
		.name = row->server,
		.appl_index = row->appl_index,
		.next_event = row->next_event,
		.condition = row->condition,
		.condition_since = row->condition_since,
		.log_cleared_at = row->log_cleared_at,
		.is_raised_by_trap = server->is_raised_by_trap,
		.hearsay = server->hearsay,
		.heard_of = server->hearsay.count > 0 ? server->place : 0,
		.event_count = row->event_count,
	};
	for (int pair = 0; pair < ALARM_PAIRS; pair++) {
		const struct alarm *alarm = &server->alarms.pairs[pair];
		ret->pairs[pair].is_known = alarm->is_known;
		ret->pairs[pair].is_raised = alarm->is_raised;
		ret->pairs[pair].is_unsure =
			alarm->must_repeat || alarm->is_raised != alarm->told_raised;
	}
	for (size_t i = 0; i < row->event_count; i++)
		ret->events[i] = (struct standing_event){row->events[i].number,
			row->events[i].record, row->events[i].time};
}

static void note(struct fleet *fleet, const struct server *server,
	const struct standing_server *before)
{
	struct standing_server after;
	stand(server, &after);
	fleet->has_changed |= !standing_is_same(before, &after);
	fleet->has_news |= alarms_are_pending(&server->alarms);
	fleet->has_unsaved |= server->is_unsaved;
}

void fleet_take(struct fleet *fleet, struct server *server,
	const struct message_result *result, struct evidence *evidence, int64_t now,
	int64_t now_ms, uint32_t *suppressed)
{
	struct standing_server before;
	stand(server, &before);
	server_take(server, result, evidence, now, suppressed);
	server->ended_ms = now_ms;
	note(fleet, server, &before);
}

void fleet_look_for_stale(
	struct fleet *fleet, int64_t now, int64_t now_ms, uint32_t *suppressed)
{
	for (size_t i = 0; i < fleet->count; i++) {
		struct server *server = fleet->servers[i];
		struct standing_server before;
		stand(server, &before);
		if (server_look_for_stale(server, now, now_ms, suppressed))
			note(fleet, server, &before);
	}
}

void fleet_repeat(struct fleet *fleet, int64_t lost_at)
{
	for (size_t i = 0; i < fleet->count; i++)
		alarms_repeat(&fleet->servers[i]->alarms, lost_at);
	fleet->has_news = fleet->has_changed = true;
}

void fleet_unhear(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		fleet->has_changed |= server_unhear(fleet->servers[i]);
	for (size_t i = 0; i < fleet->before->server_count; i++)
		fleet->before->servers[i].hearsay.count = 0;
}

static int compare_standing(const void *a, const void *b)
{
	const struct standing_server *x = a, *y = b;
	return strcmp(x->name, y->name);
}

struct standing *fleet_standing(void *parent, const struct fleet *fleet)
{
	struct standing *standing = standing_new(parent);
	standing->next_sequence = fleet->next_sequence + SEQUENCE_RESERVE;
	standing->next_appl_index = fleet->next_appl_index;
	standing->servers = memory_array(standing, struct standing_server,
		fleet->count + fleet->before->server_count);
	for (size_t i = 0; i < fleet->count; i++)
		stand(fleet->servers[i], &standing->servers[standing->server_count++]);
	for (size_t i = 0; i < fleet->before->server_count; i++) {
		const struct standing_server *gone = &fleet->before->servers[i];
		if (standing->server_count < CONFIG_MAX_SERVERS &&
			fleet_find(fleet, gone->name) == NULL)
			standing->servers[standing->server_count++] = *gone;
	}
	qsort(standing->servers, standing->server_count, sizeof(standing->servers[0]),
		compare_standing);
	return standing;
}

/* Names are the fleet's until now: `before` outlives the servers that leave. */
static void keep_standing(struct fleet *fleet)
{
	struct standing *standing = fleet_standing(fleet, fleet);
	for (size_t i = 0; i < standing->server_count; i++)
		standing->servers[i].name =
			memory_copy(standing, standing->servers[i].name);
	talloc_free(fleet->before);
	fleet->before = standing;
}

/* --- the configuration --- */

static void retire(struct server **servers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		talloc_free(servers[i]);
	talloc_free(servers);
}

static int compare_appl_index(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;
	return (*x)->appl_index < (*y)->appl_index ? -1
						   : (*x)->appl_index > (*y)->appl_index;
}

static void list_rows(struct fleet *fleet)
{
	talloc_free(fleet->rows);
	talloc_free(fleet->rows_by_appl_index);
	fleet->rows = memory_array(fleet, struct row *, fleet->count);
	fleet->rows_by_appl_index = memory_array(fleet, struct row *, fleet->count);
	for (size_t i = 0; i < fleet->count; i++)
		fleet->rows[i] = fleet->rows_by_appl_index[i] = fleet->servers[i]->row;
	qsort(fleet->rows_by_appl_index, fleet->count, sizeof(struct row *),
		compare_appl_index);
}

void fleet_configure(struct fleet *fleet, const struct config *config, int64_t now,
	int64_t now_ms, void (*joined)(void *context, struct server *server),
	void *context)
{
	size_t count = config->server_count, old_count = fleet->count;
	struct server **servers = memory_array(fleet, struct server *, count);
	struct server **left = memory_array(fleet, struct server *, old_count);
	size_t left_count = 0;
	fleet->generation++;
	keep_standing(fleet);
	for (size_t i = 0; i < count; i++) {
		const struct target *target = config->servers[i];
		struct server *server = fleet_find(fleet, target->server);
		servers[i] = server != NULL ? server : join(fleet, target, now);
		if (server != NULL) {
			server_configure(server, target, now_ms, fleet->generation);
			continue;
		}
		servers[i]->ended_ms = now_ms;
		joined(context, servers[i]);
	}
	for (size_t i = 0; i < old_count; i++) {
		if (config_server(config, fleet->servers[i]->row->server) == NULL)
			left[left_count++] = fleet->servers[i];
	}
	qsort(servers, count, sizeof(servers[0]), compare_servers);
	retire(left, left_count);
	talloc_free(fleet->servers);
	fleet->servers = servers;
	fleet->count = count;
	list_rows(fleet);
	fleet->has_news = fleet->has_unsaved = fleet->has_changed = true;
}
