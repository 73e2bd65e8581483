/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#include <inttypes.h>
#include <string.h>

#include "core/bytes.h"
#include "core/infer.h"
#include "core/judge.h"
#include "core/memory.h"
#include "core/name.h"
#include "core/source_kind.h"
#include "core/state_text.h"
#include "core/told.h"

/* Which machine is asked, how, and for which service. No part has a line feed. */
static uint64_t place_of(const struct target *target)
{
	const char *const texts[] = {target->source, target->address, target->evt,
		target->system_evt, target->remote_server};
	char *place = memory_format(NULL, "%u %d %" PRIx64, target->port,
		(int)target->snmp_version, watch_hash(&target->watch));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *longer = memory_format(NULL, "%s\n%s%s", place,
			texts[i] != NULL ? "=" : "", texts[i] != NULL ? texts[i] : "");
		talloc_free(place);
		place = longer;
	}
	struct bytes bytes = {(const uint8_t *)place, strlen(place)};
	uint64_t hash = bytes_hash(bytes);
	talloc_free(place);
	return hash;
}

struct server *server_new(void *parent, const struct target *target, int64_t now)
{
	struct server *server = memory_new(parent, struct server);
	server->target = target;
	server->place = place_of(target);
	server->state_name = name_of_state(server, target);
	server->row = row_new(server, target, now);
	server->alarms = alarms_none();
	return server;
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
	uint64_t place = place_of(target);
	if (place != server->place) {
		server->place = place;
		server->moved_in = generation;
		server->hearsay.count = 0;
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

/* What this side remembers joins what was learned; a verdict that was told has both in it
 * already. */
static void join_memory(
	struct server *server, struct evidence *evidence, int64_t now, void *scratch)
{
	const struct policy *policy = &server->target->policy;
	struct state *before = remembered(scratch, server);
	state_recall(before, evidence, now);
	infer_service_state(evidence, policy, now + evidence->clock_skew);
	if (evidence_is_anything_learned(evidence))
		remember(server, before, evidence, now, scratch);
}

/* As check_imc does it, so that both say the same. What traps told comes last: it is in
 * no memory. */
static struct verdict *conclude(
	void *scratch, struct server *server, struct evidence *evidence, int64_t now)
{
	const struct target *target = server->target;
	evidence->watched = watch_hash(&target->watch);
	if (evidence->observed_at == NO_TIME)
		evidence->observed_at = now;
	if (evidence->told == NULL)
		join_memory(server, evidence, now, scratch);
	note_memory(server, evidence);
	struct verdict *verdict = judge(scratch, evidence, &target->policy, now);
	hearsay_outdate(&server->hearsay, verdict, now);
	return hearsay_judge(scratch, &server->hearsay, verdict, now);
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

/* Traps raise what a log had not, and that goes when nothing tells of it any more. They
 * clear nothing that a log raised, nor keep it from being cleared but by raising it
 * themselves. */
static void look_at_condition(struct server *server, const struct verdict *verdict,
	int64_t now, uint32_t *suppressed)
{
	enum condition by_log = verdict->condition_by_log;
	bool is_active = verdict->condition == CONDITION_ACTIVE;
	bool is_by_trap = is_active && by_log != CONDITION_ACTIVE;
	bool is_known = is_active || by_log != CONDITION_UNKNOWN;
	bool is_raised_by_log = !server->is_raised_by_trap &&
		server->alarms.pairs[ALARM_CONDITION].is_raised &&
		by_log == CONDITION_UNKNOWN;
	int64_t at = is_active && !is_by_trap && verdict->last_4071 != NO_TIME
		? verdict->last_4071 - verdict->evidence->clock_skew
		: now;
	if (is_known || server->is_raised_by_trap)
		alarms_look(&server->alarms, ALARM_CONDITION, is_active, at, suppressed);
	server->is_raised_by_trap = is_by_trap && !is_raised_by_log;
}

/* What could not be learned changes nothing, and under maintenance nothing is told: both
 * are looked at again when they can be. */
static void look_at_all(struct server *server, const struct verdict *verdict, int64_t now,
	uint32_t *suppressed)
{
	if (verdict->condition_by_log == CONDITION_ACTIVE)
		server->is_raised_by_trap = false;
	if (server->target->policy.is_maintenance)
		return;
	bool is_reached = verdict->state_key != KEY_UNREACHABLE;
	alarms_look(&server->alarms, ALARM_CONTACT, !is_reached, now, suppressed);
	if (!is_reached)
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

/* What was told is as old as the far side's poll, however often it is told again: else
 * two that ask each other would be young for ever. */
static void take_age(struct server *server, const struct evidence *evidence, int64_t now)
{
	const struct told *told = evidence->told;
	struct row *row = server->row;
	if (told == NULL) {
		row->last_poll = now;
		return;
	}
	if (told->age >= 0)
		row->last_poll = now - told->age;
	int64_t ours = server->target->interval;
	row->interval = told->interval > ours ? told->interval : ours;
}

/* How polling goes. */
static void take_poll(struct server *server, const struct message_result *result,
	const struct evidence *evidence, int64_t now)
{
	struct row *row = server->row;
	row->next_poll = result->next_poll;
	row->backoff_until = result->backoff_until;
	row->has_failed = result->end != POLL_LEARNED;
	if (row->has_failed) {
		row->failed_polls += !result->is_extra;
		return;
	}
	row->failed_polls = 0;
	take_age(server, evidence, now);
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
	take_poll(server, result, evidence, now);
	take_failure(server->row, first_failure(evidence));
	if (is_to_be_judged(server, result)) {
		struct verdict *verdict = conclude(scratch, server, evidence, now);
		row_take(server->row, verdict, now);
		look_at_all(server, verdict, now, suppressed);
	}
	talloc_free(scratch);
}

bool server_hear(struct server *server, uint32_t event_id, int64_t now)
{
	if (source_kind(server->target->source)->is_told)
		return false;
	return hearsay_add(&server->hearsay, event_id, now);
}

bool server_unhear(struct server *server)
{
	bool is_any = server->hearsay.count > 0;
	server->hearsay.count = 0;
	return is_any;
}

bool server_look_for_stale(
	struct server *server, int64_t now, int64_t now_ms, uint32_t *suppressed)
{
	const struct target *target = server->target;
	struct row *row = server->row;
	int64_t age = (now_ms - server->ended_ms) / 1000;
	if (age <= POLICY_STALE_INTERVALS * target->interval ||
		row_has_finding(row, KEY_STALE))
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
