/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_ALARMS_H
#define IMC_AGENT_ALARMS_H

#include "notice.h"

/*
 * What is to be told of one server, and when: a notification for each change of state,
 * not more often than a manager can stand, and always the last state. Pure: the time is
 * an argument, in seconds of this machine's clock.
 */
enum alarm_pair { ALARM_SERVICE, ALARM_CONDITION, ALARM_CONTACT, ALARM_PAIRS };

/* Between two notifications of the same kind of one server; and of all kinds together, so
 * many in so many seconds. */
enum { ALARM_INTERVAL = 5, ALARM_BURST = 20, ALARM_BURST_SECONDS = 300 };

/* One pair, raised or cleared. */
struct alarm {
	bool is_known;     /* looked at, now or by the process before */
	bool is_raised;    /* as it is now */
	bool told_raised;  /* as it was told last; where nothing was told: cleared */
	bool must_repeat;  /* the last notification may not have arrived */
	bool is_looked_at; /* by this process */
	bool was_held;     /* changes were left out since the last notification */
	int64_t since;     /* when is_raised came about */
	int64_t told_at;   /* NO_TIME: not by this process */
	int64_t kind_told_at[2]; /* of the clearing, of the raising; NO_TIME */
};

struct alarms {
	struct alarm pairs[ALARM_PAIRS];
	int64_t burst[ALARM_BURST]; /* when the latest were sent; NO_TIME; a ring */
	unsigned burst_next;
	bool is_forgetful; /* what the process before told is not known */
};

/* Nothing known. */
struct alarms alarms_none(void);

/* The state of a pair at a look; `at`: when it came about. Adds the changes that will
 * never be told to *suppressed. */
void alarms_look(struct alarms *alarms, enum alarm_pair pair, bool is_raised, int64_t at,
	uint32_t *suppressed);

/* Is anything to be told, now or later? */
bool alarms_are_pending(const struct alarms *alarms);

/* What may be told at this moment: its pair, kind, reason and event_time; row and
 * sequence are the caller's. False: nothing. */
bool alarms_due(const struct alarms *alarms, int64_t now, enum alarm_pair *ret_pair,
	struct notice *ret);
/* It was handed to the master. */
void alarms_told(struct alarms *alarms, enum alarm_pair pair, int64_t now);

/* The master was away since `lost_at`: what is raised is told again, and what was told
 * shortly before may not have arrived. */
void alarms_repeat(struct alarms *alarms, int64_t lost_at);

#endif
