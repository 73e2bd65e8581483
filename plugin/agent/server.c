/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#include <string.h>

#include "core/infer.h"
#include "core/judge.h"
#include "core/memory.h"
#include "core/name.h"
#include "core/state_text.h"

enum { STALE_INTERVALS = 3 };

struct server *server_new(void *parent, const struct target *target, int64_t now)
{
	struct server *server = memory_new(parent, struct server);
	server->target = target;
	server->state_name = name_of_state(server, target);
	server->row = row_new(server, target, now);
	server->alarms = alarms_none();
	return server;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The same machine, asked the same way for the same service? */
static bool is_same_place(const struct target *a, const struct target *b)
{
	return a->port == b->port && is_same_text(a->source, b->source) &&
		is_same_text(a->address, b->address) && is_same_text(a->evt, b->evt) &&
		is_same_text(a->system_evt, b->system_evt) &&
		watch_hash(&a->watch) == watch_hash(&b->watch);
}

/* Another port, another way to learn: what is remembered is in another file. */
static void set_state_name(struct server *server, char *state_name)
{
	bool is_same = strcmp(state_name, server->state_name) == 0;
	talloc_free(server->state_name);
	server->state_name = state_name;
	if (is_same)
		return;
	TALLOC_FREE(server->state);
	TALLOC_FREE(server->trouble);
	server->is_unsaved = server->is_unreadable = false;
	server->is_unread = server->keeps_state;
}

void server_configure(struct server *server, const struct target *target, int64_t now_ms,
	uint32_t generation)
{
	if (server->target->interval != target->interval)
		server->ended_ms = now_ms;
	if (!is_same_place(server->target, target)) {
		server->moved_in = generation;
		row_forget(server->row);
	}
	server->target = target;
	row_configure(server->row, target);
	set_state_name(server, name_of_state(server, target));
}

/* --- from evidence to a verdict --- */

/* What was written by this process, or checked when it was read. */
static struct state *remembered(void *parent, const struct server *server)
{
	struct state *state;
	if (server->state == NULL)
		return state_new(parent);
	struct bytes text = {(const uint8_t *)server->state, strlen(server->state)};
	if (state_parse(parent, "memory", server->state_name, text, &state, NULL))
		return state;
	return state_new(parent);
}

static void remember(struct server *server, const struct state *before,
	const struct evidence *evidence, int64_t now, void *scratch)
{
	const struct target *target = server->target;
	struct state *after =
		state_after(scratch, before, evidence, &target->policy, now);
	char *text = state_format(scratch, server->state_name, after);
	if (server->state != NULL && strcmp(server->state, text) == 0)
		return;
	if (strlen(text) > STATE_MAX_BYTES) { /* of events that no source makes */
		struct failure why;
		fail(&why, FAIL_PROTOCOL,
			"there is more to be remembered than a state "
			"file can hold");
		server_has_trouble(server, &why);
		return;
	}
	talloc_free(server->state);
	server->state = talloc_steal(server, text);
	server->is_unsaved = server->keeps_state;
}

static void note_memory(const struct server *server, struct evidence *evidence)
{
	if (server->trouble != NULL)
		evidence_failed(evidence, PART_MEMORY, server->trouble);
	else if (server->keeps_state)
		evidence_learned(evidence, PART_MEMORY);
}

/* As check_imc does it, so that both say the same. */
static struct verdict *conclude(
	void *scratch, struct server *server, struct evidence *evidence, int64_t now)
{
	const struct target *target = server->target;
	struct state *before = remembered(scratch, server);
	evidence->watched = watch_hash(&target->watch);
	if (evidence->observed_at == NO_TIME)
		evidence->observed_at = now;
	state_recall(before, evidence, now);
	infer_service_state(evidence, &target->policy, now + evidence->clock_skew);
	if (evidence_is_anything_learned(evidence))
		remember(server, before, evidence, now, scratch);
	note_memory(server, evidence);
	return judge(scratch, evidence, &target->policy, now);
}

/* --- what is to be told --- */

static void look_at_service(struct server *server, const struct verdict *verdict,
	int64_t now, uint32_t *suppressed)
{
	enum service_state state = verdict->evidence->service.state;
	int64_t at = verdict->state_since != NO_TIME
		? verdict->state_since - verdict->evidence->clock_skew
		: now;
	if (state == SERVICE_STOPPED || state == SERVICE_ABSENT)
		alarms_look(&server->alarms, ALARM_SERVICE, true, at, suppressed);
	else if (state == SERVICE_RUNNING)
		alarms_look(&server->alarms, ALARM_SERVICE, false, at, suppressed);
}

static void look_at_condition(struct server *server, const struct verdict *verdict,
	int64_t now, uint32_t *suppressed)
{
	bool is_active = verdict->condition == CONDITION_ACTIVE;
	int64_t at = is_active && verdict->last_4071 != NO_TIME
		? verdict->last_4071 - verdict->evidence->clock_skew
		: now;
	if (verdict->condition != CONDITION_UNKNOWN)
		alarms_look(&server->alarms, ALARM_CONDITION, is_active, at, suppressed);
}

/* What could not be learned changes nothing, and under maintenance nothing is told: both
 * are looked at again when they can be. */
static void look_at_all(struct server *server, const struct verdict *verdict, int64_t now,
	uint32_t *suppressed)
{
	if (server->target->policy.is_maintenance)
		return;
	bool is_learned = evidence_is_anything_learned(verdict->evidence);
	alarms_look(&server->alarms, ALARM_CONTACT, !is_learned, now, suppressed);
	if (!is_learned)
		return;
	look_at_service(server, verdict, now, suppressed);
	look_at_condition(server, verdict, now, suppressed);
}

/* --- a poll --- */

static const struct failure *first_failure(const struct evidence *evidence)
{
	for (int part = 0; part < PARTS; part++) {
		if (evidence->parts[part].knowledge == NOT_LEARNED)
			return &evidence->parts[part].why;
	}
	return NULL;
}

static void take_failure(struct row *row, const struct failure *why)
{
	talloc_free(row->failure_text);
	row->failure_text = why != NULL ? row_long_text(row, why->text) : NULL;
	row->failure_kind = why != NULL ? why->kind : 0;
}

/* How polling goes. */
static void take_poll(struct row *row, const struct message_result *result, int64_t now)
{
	row->next_poll = result->next_poll;
	row->backoff_until = result->backoff_until;
	row->has_failed = result->end != POLL_LEARNED;
	if (row->has_failed) {
		row->failed_polls++;
		return;
	}
	row->failed_polls = 0;
	row->last_poll = now;
	row->last_poll_ms = result->took_ms;
}

/* A failed poll keeps the last verdict until the quick repeats have failed, too. Nobody
 * was asked: nothing would be learned by asking again. */
static bool is_to_be_judged(
	const struct server *server, const struct message_result *result)
{
	return result->end == POLL_LEARNED || result->end == POLL_NOT_MADE ||
		server->row->failed_polls > server->target->retries;
}

void server_take(struct server *server, const struct message_result *result,
	struct evidence *evidence, int64_t now, uint32_t *suppressed)
{
	void *scratch = memory_required(talloc_new(NULL));
	take_poll(server->row, result, now);
	take_failure(server->row, first_failure(evidence));
	if (is_to_be_judged(server, result)) {
		struct verdict *verdict = conclude(scratch, server, evidence, now);
		row_take(server->row, verdict, now);
		look_at_all(server, verdict, now, suppressed);
	}
	talloc_free(scratch);
}

bool server_look_for_stale(
	struct server *server, int64_t now, int64_t now_ms, uint32_t *suppressed)
{
	const struct target *target = server->target;
	struct row *row = server->row;
	int64_t age = (now_ms - server->ended_ms) / 1000;
	if (age <= STALE_INTERVALS * target->interval || row_has_finding(row, KEY_STALE))
		return false;
	char *words = when_format_duration(NULL, age);
	char *text = memory_format(NULL, "no poll has ended for %s", words);
	row_add_finding(row, &target->policy, KEY_STALE, text);
	talloc_free(text);
	talloc_free(words);
	if (!target->policy.is_maintenance)
		alarms_look(&server->alarms, ALARM_CONTACT, true, now, suppressed);
	return true;
}

void server_has_trouble(struct server *server, const struct failure *why)
{
	bool is_new = server->trouble == NULL;
	if (is_new)
		server->trouble = memory_new(server, struct failure);
	*server->trouble = *why;
	if (is_new && server->row->is_judged &&
		!row_has_finding(server->row, KEY_STATE_FILE))
		row_add_finding(
			server->row, &server->target->policy, KEY_STATE_FILE, why->text);
}

void server_is_saved(struct server *server)
{
	server->is_unsaved = false;
	TALLOC_FREE(server->trouble);
}
