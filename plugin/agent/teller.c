/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "teller.h"

#include "source/deadline.h"

enum {
	ROUND_MS = 50, /* so long may a round take: there are requests to answer */
	SAVE_MS = 5000 /* what is not about to be told is written down this often */
};

/* False: the master takes no more now. */
static bool tell(struct teller *teller, struct server *server, int64_t now)
{
	enum alarm_pair pair;
	struct notice notice;
	if (server->target->policy.is_maintenance)
		return true; /* it is told afterwards, if it still is so */
	while (alarms_due(&server->alarms, now, &pair, &notice)) {
		notice.row = server->row;
		notice.sequence = teller->fleet->next_sequence;
		if (!objects_notify(teller->agentx, &notice))
			return false;
		teller->fleet->next_sequence++;
		teller->totals->notifications_sent++;
		alarms_told(&server->alarms, pair, now);
		teller->fleet->has_changed = true;
	}
	return true;
}

/* Goes round, so that each server has its turn. */
static void tell_all(struct teller *teller, int64_t now, int64_t deadline_ms)
{
	struct fleet *fleet = teller->fleet;
	fleet->has_news = false;
	for (size_t i = 0; i < fleet->count; i++) {
		size_t at = (teller->next + i) % fleet->count;
		struct server *server = fleet->servers[at];
		if (!alarms_are_pending(&server->alarms))
			continue;
		if (deadline_passed(deadline_ms) || !tell(teller, server, now)) {
			teller->next = at;
			fleet->has_news = true;
			return;
		}
		fleet->has_news |= alarms_are_pending(&server->alarms); /* for later */
	}
}

static void save(struct teller *teller, int64_t now_ms, int64_t interval_ms)
{
	if (!teller->fleet->has_changed || now_ms - teller->saved_ms < interval_ms)
		return;
	if (statedir_save_standing(teller->statedir, teller->fleet))
		teller->fleet->has_changed = false;
	teller->saved_ms = now_ms;
}

void teller_step(struct teller *teller, int64_t now, int64_t now_ms)
{
	bool can_tell = teller->totals->are_notifications_enabled &&
		agentx_is_connected(teller->agentx) && teller->fleet->has_news;
	save(teller, now_ms, can_tell ? 0 : SAVE_MS);
	if (can_tell)
		tell_all(teller, now, now_ms + ROUND_MS);
}

void teller_lost(struct teller *teller, int64_t now)
{
	teller->lost_at = now;
}

void teller_connected(struct teller *teller)
{
	if (teller->lost_at == NO_TIME)
		return;
	fleet_repeat(teller->fleet, teller->lost_at);
	teller->lost_at = NO_TIME;
}
