/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "told.h"

#include "memory.h"
#include "sentence.h"
#include "severity.h"

/* --- what is told, in the places where a verdict of our own has it --- */

static void take_attempts(struct verdict *verdict, const struct told *told)
{
	struct history *history = verdict->history;
	history->attempts = memory_array(history, struct attempt, told->attempt_count);
	history->attempt_count = told->attempt_count;
	for (size_t i = 0; i < told->attempt_count; i++) {
		const struct told_attempt *attempt = &told->attempts[i];
		history->attempts[i] = (struct attempt){
			.time = attempt->time,
			.record = attempt->record,
			.failed_at = attempt->time,
			.failed_id = attempt->id,
			.is_4071 = (attempt->id & 0xFFFF) == EVENT_NO_ADMIN_MAILBOX,
			.latest = attempt->time,
			.stop_before = NO_TIME,
			.is_since_boot = told->boot_time == NO_TIME ||
				attempt->time >= told->boot_time,
			.trigger = attempt->trigger,
		};
	}
}

static void take_history(struct verdict *verdict, const struct told *told)
{
	struct history *history = memory_new(verdict, struct history);
	verdict->history = history;
	take_attempts(verdict, told);
	if (told->boot_time == NO_TIME)
		return;
	history->boots = memory_new(history, struct boot);
	history->boots[0] = (struct boot){
		.time = told->boot_time,
		.counts_from = told->boot_time,
		.none_before = told->boot_time,
	};
	history->boot_count = 1;
}

/* The newest of the attempts are those that the far side counted; NO_TIME where not all
 * of them were told. */
static int64_t first_counted(const struct told *told)
{
	unsigned left = told->events_4071;
	for (size_t i = told->attempt_count; i > 0 && left > 0; i--) {
		const struct told_attempt *attempt = &told->attempts[i - 1];
		if ((attempt->id & 0xFFFF) == EVENT_NO_ADMIN_MAILBOX && --left == 0)
			return attempt->time;
	}
	return NO_TIME;
}

static void take_times(struct verdict *verdict, const struct told *told, int64_t now)
{
	verdict->server_now = now + verdict->evidence->clock_skew;
	verdict->evidence_age = told->age > 0 ? told->age : 0;
	verdict->boot_time = told->boot_time;
	verdict->state_since = verdict->evidence->state_since;
	verdict->first_4071 = first_counted(told);
	verdict->last_4071 = told->last_4071;
	verdict->last_4071_record = told->last_4071_record;
	verdict->events_4071 = told->events_4071;
}

/* What kind of event the cause is; other causes are told in the text alone. */
static enum cause cause_of(const struct told *told)
{
	if (told->cause_event == 0)
		return CAUSE_NONE;
	switch (catalogue_role(told->cause_event)) {
	case ROLE_START_FATAL:
		return CAUSE_START_FAILURE;
	case ROLE_STOP:
		return CAUSE_STOPPED_CLEANLY;
	case ROLE_RUNTIME: /* which all events of others are */
	case ROLE_START:
	case ROLE_COMPANION:
		break;
	}
	return CAUSE_DIED;
}

/* --- the status --- */

/* The row of state among the keys. A version that knows other keys may have sent none
 * that is known here. */
static bool find_state_key(const struct told *told, enum key *ret)
{
	for (enum key key = KEY_UNREACHABLE; key <= KEY_RUNNING; key++) {
		if (told->keys[key]) {
			*ret = key;
			return true;
		}
	}
	return false;
}

static void take_text(struct verdict *verdict, const struct told *told, bool has_reason)
{
	verdict->text = told->text;
	if (told->text[0] == '\0')
		verdict->text = memory_copy(verdict,
			has_reason ? key_help(verdict->state_key)
				   : "nothing more was told");
}

/* That nothing was learned, this side's operator grades, too: the far one may find that
 * well, and nobody is to read it as health here. */
static void count_nothing_learned(struct verdict *verdict)
{
	static const enum key keys[] = {KEY_UNREACHABLE, KEY_STATE_UNREADABLE};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (verdict->keys[keys[i]])
			severity_add(verdict, keys[i]);
	}
}

/*
 * The status is the one that was told, whatever it is for which key: how bad a finding
 * is, the far side's operator has configured there. Only where nothing was learned, this
 * side's severity counts as well. A row that says OK and not why, or for reasons of which
 * none is known here, is no health all the same.
 */
static void take_status(struct verdict *verdict, const struct told *told)
{
	bool has_reason = find_state_key(told, &verdict->state_key);
	if (!has_reason)
		verdict->state_key = told->keys[KEY_MAINTENANCE] ? KEY_MAINTENANCE
								 : KEY_STATE_UNREADABLE;
	has_reason |= told->keys[KEY_MAINTENANCE];
	verdict->status = told->status;
	for (enum key key = 0; key < KEYS; key++) {
		verdict->keys[key] = told->keys[key];
		verdict->key_status[key] = told->keys[key] ? told->status : STATUS_OK;
	}
	take_text(verdict, told, has_reason);
	if (told->status != STATUS_OK || has_reason) {
		count_nothing_learned(verdict);
		return;
	}
	verdict->status = STATUS_UNKNOWN;
	verdict->text = memory_format(verdict,
		"told as OK, for no reason that is known here: %s", verdict->text);
}

/* --- how old it is --- */

/* A verdict without an age is as old as can be; but where there was no verdict yet, there
 * is nothing that could be old. */
static bool is_old(const struct verdict *verdict, const struct told *told)
{
	if (told->age < 0)
		return verdict->state_key != KEY_STATE_UNREADABLE ||
			told->keys[KEY_STATE_UNREADABLE];
	return told->age > POLICY_STALE_INTERVALS * told->interval;
}

static char *age_text(struct verdict *verdict, const struct told *told)
{
	if (told->age < 0)
		return memory_copy(verdict, "evidence is of an unknown age");
	return memory_format(verdict, "evidence is %s old",
		when_format_duration(verdict, verdict->evidence_age));
}

/* Nobody learns anything there any more, and the row says so: that finding is as new as
 * the polls that fail, whatever the age of the last good one. In maintenance nothing else
 * counts, there as here. */
static void look_for_stale(struct verdict *verdict, const struct told *told)
{
	if (verdict->state_key == KEY_UNREACHABLE || !is_old(verdict, told))
		return;
	char *age = age_text(verdict, told);
	if (told->keys[KEY_MAINTENANCE]) {
		verdict->notes = memory_array(verdict, char *, 1);
		verdict->notes[0] = age;
		verdict->note_count = 1;
		return;
	}
	if (!told->keys[KEY_STALE])
		verdict->text = memory_format(verdict, "%s; %s", age, verdict->text);
	severity_add(verdict, KEY_STALE);
}

/* This side's own: what it was told to keep, it cannot. */
static void look_for_memory(struct verdict *verdict)
{
	const struct part_report *memory = &verdict->evidence->parts[PART_MEMORY];
	if (memory->knowledge != NOT_LEARNED)
		return;
	verdict->text = memory_format(verdict, "%s; %s", memory->why.text, verdict->text);
	severity_add(verdict, KEY_STATE_FILE);
}

struct verdict *told_judge(void *parent, const struct evidence *evidence,
	const struct policy *policy, int64_t now)
{
	const struct told *told = evidence->told;
	struct verdict *verdict = memory_new(parent, struct verdict);
	verdict->evidence = evidence;
	verdict->policy = policy;
	verdict->condition = verdict->condition_by_log = told->condition;
	verdict->trigger = told->trigger;
	verdict->cause = cause_of(told);
	verdict->cause_event = told->cause_event;
	verdict->advice = told->advice;
	take_history(verdict, told);
	take_times(verdict, told, now);
	take_status(verdict, told);
	look_for_stale(verdict, told);
	look_for_memory(verdict);
	severity_maintain(verdict);
	sentence_maintain(verdict);
	return verdict;
}
