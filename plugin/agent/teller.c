/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "teller.h"

#include "source/deadline.h"

enum {
	ROUND_MS = 50,  /* so long may a round take: there are requests to answer */
	SAVE_MS = 5000, /* what is not urgent is written down this often */
	URGENT_SAVE_MS = 200
};

static bool is_any_due(const struct fleet *fleet, int64_t now)
{
	enum alarm_pair pair;
	struct notice notice;
	for (size_t i = 0; i < fleet->count; i++) {
		if (alarms_due(&fleet->servers[i]->alarms, now, &pair, &notice))
			return true;
	}
	return false;
}

/* False: the master takes no more now. */
static bool tell(struct teller *teller, struct server *server, int64_t now)
{
	enum alarm_pair pair;
	struct notice notice;
	while (alarms_due(&server->alarms, now, &pair, &notice)) {
		notice.row = server->row;
		notice.sequence = teller->fleet->next_sequence;
		if (!objects_notify(teller->agentx, &notice))
			return false;
		teller->fleet->next_sequence++;
		teller->totals->notifications_sent++;
		alarms_told(&server->alarms, pair, now);
	}
	return true;
}

/* Goes round, so that each server has its turn. */
static void tell_all(struct teller *teller, int64_t now, int64_t deadline_ms)
{
	struct fleet *fleet = teller->fleet;
	for (size_t i = 0; i < fleet->count; i++) {
		size_t at = (teller->next + i) % fleet->count;
		if (deadline_passed(deadline_ms) ||
			!tell(teller, fleet->servers[at], now)) {
			teller->next = at;
			return;
		}
	}
}

static void save(struct teller *teller, int64_t now_ms, int64_t interval_ms)
{
	if (now_ms - teller->saved_ms < interval_ms)
		return;
	keeping_save_standing(teller->keeping, teller->fleet);
	teller->saved_ms = now_ms;
}

void teller_step(struct teller *teller, int64_t now, int64_t now_ms)
{
	bool is_due = teller->totals->are_notifications_enabled &&
		agentx_is_connected(teller->agentx) && is_any_due(teller->fleet, now);
	save(teller, now_ms, is_due ? URGENT_SAVE_MS : SAVE_MS);
	if (is_due)
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
	for (size_t i = 0; i < teller->fleet->count; i++)
		alarms_repeat(&teller->fleet->servers[i]->alarms, teller->lost_at);
	teller->lost_at = NO_TIME;
}
