/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alarms.h"

/* So long before the master was lost a notification may have been on its way. */
enum { ON_ITS_WAY = 60 };

static const enum notice_kind kinds[ALARM_PAIRS][2] = {
	[ALARM_SERVICE] = {NOTICE_SERVICE_UP, NOTICE_SERVICE_DOWN},
	[ALARM_CONDITION] = {NOTICE_CONDITION_CLEARED, NOTICE_CONDITION_RAISED},
	[ALARM_CONTACT] = {NOTICE_CONTACT_RESTORED, NOTICE_CONTACT_LOST},
};

struct alarms alarms_none(void)
{
	struct alarms alarms = {0};
	for (int pair = 0; pair < ALARM_PAIRS; pair++) {
		struct alarm *alarm = &alarms.pairs[pair];
		alarm->since = alarm->told_at = NO_TIME;
		alarm->kind_told_at[0] = alarm->kind_told_at[1] = NO_TIME;
	}
	for (int i = 0; i < ALARM_BURST; i++)
		alarms.burst[i] = NO_TIME;
	return alarms;
}

static bool is_change(const struct alarm *alarm)
{
	return alarm->is_raised != alarm->told_raised;
}

static bool is_pending(const struct alarm *alarm)
{
	return alarm->is_known && alarm->is_looked_at &&
		(is_change(alarm) || alarm->must_repeat);
}

/* The first look of a process: what was told as raised before, or may have been, is told
 * again, and said to be a repeat. */
static void look_first(struct alarm *alarm, bool is_raised, bool is_forgetful)
{
	if (is_raised && (alarm->is_known ? alarm->told_raised : is_forgetful))
		alarm->must_repeat = true;
	if (!alarm->is_known && alarm->must_repeat)
		alarm->told_raised = true;
	alarm->is_known = alarm->is_looked_at = true;
}

void alarms_look(struct alarms *alarms, enum alarm_pair pair, bool is_raised, int64_t at,
	uint32_t *suppressed)
{
	struct alarm *alarm = &alarms->pairs[pair];
	bool is_same = alarm->is_known && alarm->is_raised == is_raised;
	if (!alarm->is_looked_at) {
		look_first(alarm, is_raised, alarms->is_forgetful);
	} else if (!is_same && is_change(alarm)) {
		*suppressed += 2; /* this change, and the one that it undoes */
		alarm->was_held = true;
	}
	if (!is_same || alarm->since == NO_TIME)
		alarm->since = at;
	alarm->is_raised = is_raised;
}

bool alarms_are_pending(const struct alarms *alarms)
{
	for (int pair = 0; pair < ALARM_PAIRS; pair++) {
		if (is_pending(&alarms->pairs[pair]))
			return true;
	}
	return false;
}

/* A clock that was set back holds nothing up. */
static bool is_within(int64_t moment, int64_t seconds, int64_t now)
{
	return moment != NO_TIME && moment <= now && now - moment < seconds;
}

static enum notice_reason reason_of(const struct alarm *alarm)
{
	if (!is_change(alarm))
		return REASON_RESENT;
	return alarm->was_held ? REASON_AFTER_SUPPRESSION : REASON_CHANGE;
}

bool alarms_due(const struct alarms *alarms, int64_t now, enum alarm_pair *ret_pair,
	struct notice *ret)
{
	if (is_within(alarms->burst[alarms->burst_next], ALARM_BURST_SECONDS, now))
		return false;
	for (int pair = 0; pair < ALARM_PAIRS; pair++) {
		const struct alarm *alarm = &alarms->pairs[pair];
		if (!is_pending(alarm) ||
			is_within(alarm->kind_told_at[alarm->is_raised], ALARM_INTERVAL,
				now))
			continue;
		*ret_pair = pair;
		*ret = (struct notice){
			.kind = kinds[pair][alarm->is_raised],
			.reason = reason_of(alarm),
			.event_time = alarm->since,
		};
		return true;
	}
	return false;
}

void alarms_told(struct alarms *alarms, enum alarm_pair pair, int64_t now)
{
	struct alarm *alarm = &alarms->pairs[pair];
	alarm->told_raised = alarm->is_raised;
	alarm->must_repeat = alarm->was_held = false;
	alarm->told_at = alarm->kind_told_at[alarm->is_raised] = now;
	alarms->burst[alarms->burst_next] = now;
	alarms->burst_next = (alarms->burst_next + 1) % ALARM_BURST;
}

void alarms_repeat(struct alarms *alarms, int64_t lost_at)
{
	for (int pair = 0; pair < ALARM_PAIRS; pair++) {
		struct alarm *alarm = &alarms->pairs[pair];
		bool may_be_lost = alarm->told_at != NO_TIME &&
			alarm->told_at >= lost_at - ON_ITS_WAY;
		if (alarm->told_raised || may_be_lost)
			alarm->must_repeat = true;
	}
}
