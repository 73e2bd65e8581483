/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slots.h"

#include <string.h>

#include "core/memory.h"

enum {
	HANGS_MS = 1500,  /* a poll that takes longer is slow, or its server hangs */
	CROWDED_MS = 500, /* so long may polls of well servers wait for a slot... */
	GIVES_UP_MS = 800 /* ...before those that run longer give theirs up */
};

struct queue {
	struct job *first, *last;
};

struct lane {
	struct lane *next;
	char *source, *account;
	struct queue waiting[TRUSTS];
	unsigned running, idle;
};

struct slots {
	unsigned limit[2]; /* of those that suspects do not take, of theirs */
	unsigned running[2];
	unsigned strangers; /* running, of servers that are not known to be well */
	struct lane *lanes;
	struct queue working;
};

struct slots *slots_new(void *parent)
{
	return memory_new(parent, struct slots);
}

void slots_resize(struct slots *slots, unsigned well, unsigned suspect)
{
	slots->limit[false] = well;
	slots->limit[true] = suspect;
}

unsigned slots_total(const struct slots *slots)
{
	return slots->limit[false] + slots->limit[true];
}

static void append(struct queue *queue, struct job *job)
{
	job->next = NULL;
	job->previous = queue->last;
	if (queue->last != NULL)
		queue->last->next = job;
	else
		queue->first = job;
	queue->last = job;
}

static void take_out(struct queue *queue, struct job *job)
{
	if (job->previous != NULL)
		job->previous->next = job->next;
	else
		queue->first = job->next;
	if (job->next != NULL)
		job->next->previous = job->previous;
	else
		queue->last = job->previous;
	job->next = job->previous = NULL;
}

/* --- lanes --- */

static bool is_lane(const struct lane *lane, const char *source, const char *account)
{
	return strcmp(lane->source, source) == 0 && strcmp(lane->account, account) == 0;
}

struct lane *slots_lane(struct slots *slots, const char *source, const char *account)
{
	struct lane *lane = slots->lanes;
	while (lane != NULL && !is_lane(lane, source, account))
		lane = lane->next;
	if (lane == NULL) {
		lane = memory_new(slots, struct lane);
		lane->source = memory_copy(lane, source);
		lane->account = memory_copy(lane, account);
		lane->next = slots->lanes;
		slots->lanes = lane;
	}
	return lane;
}

const char *slots_account(const struct lane *lane)
{
	return lane->account;
}

void slots_add_idle(struct lane *lane, int change)
{
	lane->idle += (unsigned)change;
}

/* --- whose turn it is --- */

void slots_wait(struct slots *slots, struct job *job, struct lane *lane, int64_t now_ms)
{
	(void)slots;
	job->lane = lane;
	job->since_ms = now_ms;
	append(&lane->waiting[job->trust], job);
}

/* The account with the fewest workers at work goes first, then one that has a worker
 * already, then who waits the longest. */
static bool goes_before(const struct lane *a, const struct lane *b, enum trust trust)
{
	if (a->running != b->running)
		return a->running < b->running;
	int64_t lead =
		b->waiting[trust].first->since_ms - a->waiting[trust].first->since_ms;
	bool is_close = lead > -CROWDED_MS && lead < CROWDED_MS;
	if (is_close && (a->idle > 0) != (b->idle > 0))
		return a->idle > 0;
	return lead > 0;
}

static struct job *first_of(const struct slots *slots, enum trust trust)
{
	const struct lane *best = NULL;
	for (const struct lane *lane = slots->lanes; lane != NULL; lane = lane->next) {
		if (lane->waiting[trust].first != NULL &&
			(best == NULL || goes_before(lane, best, trust)))
			best = lane;
	}
	return best != NULL ? best->waiting[trust].first : NULL;
}

static unsigned count_crowd(const struct queue *queue, int64_t now_ms)
{
	unsigned count = 0;
	for (const struct job *job = queue->first;
		job != NULL && now_ms - job->since_ms >= CROWDED_MS; job = job->next)
		count++;
	return count;
}

/* How many polls, but for those of suspects, wait for too long? */
static unsigned crowd_of(const struct slots *slots, int64_t now_ms)
{
	unsigned count = 0;
	for (const struct lane *lane = slots->lanes; lane != NULL; lane = lane->next)
		count += count_crowd(&lane->waiting[TRUST_WELL], now_ms) +
			count_crowd(&lane->waiting[TRUST_NEW], now_ms);
	return count;
}

static unsigned free_slots(const struct slots *slots)
{
	unsigned used = slots->running[false] + slots->running[true];
	return used < slots_total(slots) ? slots_total(slots) - used : 0;
}

static bool takes_strangers(const struct slots *slots)
{
	unsigned reserved = (slots->limit[false] + 1) / 2;
	return slots->strangers + reserved < slots_total(slots);
}

struct job *slots_next(struct slots *slots, int64_t now_ms)
{
	struct job *job = NULL;
	if (free_slots(slots) == 0)
		return NULL;
	if (slots->running[false] < slots->limit[false] || crowd_of(slots, now_ms) > 0) {
		job = first_of(slots, TRUST_WELL);
		if (job == NULL && takes_strangers(slots))
			job = first_of(slots, TRUST_NEW);
	}
	if (job == NULL && slots->running[true] < slots->limit[true] &&
		takes_strangers(slots)) {
		job = first_of(slots, TRUST_SLOW);
		if (job == NULL)
			job = first_of(slots, TRUST_SUSPECT);
	}
	return job;
}

void slots_start(struct slots *slots, struct job *job, int64_t now_ms)
{
	take_out(&job->lane->waiting[job->trust], job);
	append(&slots->working, job);
	job->is_running = true;
	job->is_among_suspects = job->trust >= TRUST_SLOW;
	job->since_ms = now_ms;
	job->paused_ms = 0;
	job->lane->running++;
	slots->running[job->is_among_suspects]++;
	slots->strangers += job->trust != TRUST_WELL;
}

void slots_leave(struct slots *slots, struct job *job)
{
	if (job->lane == NULL)
		return;
	if (job->is_running) {
		take_out(&slots->working, job);
		job->lane->running--;
		slots->running[job->is_among_suspects]--;
		slots->strangers -= job->trust != TRUST_WELL;
	} else {
		take_out(&job->lane->waiting[job->trust], job);
	}
	job->is_running = false;
	job->lane = NULL;
}

/* --- who hangs --- */

void slots_pause(struct job *job, int64_t now_ms)
{
	if (job->paused_ms == 0)
		job->paused_ms = now_ms;
}

void slots_go_on(struct job *job, int64_t now_ms)
{
	job->since_ms = now_ms;
	job->paused_ms = 0;
}

static int64_t worked_ms(const struct job *job, int64_t now_ms)
{
	return (job->paused_ms != 0 ? job->paused_ms : now_ms) - job->since_ms;
}

struct job *slots_look(struct slots *slots, int64_t now_ms)
{
	struct job *slowest = NULL;
	for (struct job *job = slots->working.first; job != NULL; job = job->next) {
		int64_t worked = worked_ms(job, now_ms);
		if (!job->is_among_suspects && worked >= HANGS_MS &&
			slots->running[true] < slots->limit[true]) {
			job->is_among_suspects = true;
			slots->running[false]--;
			slots->running[true]++;
		}
		if (job->trust < TRUST_SLOW && !job->is_bound && job->paused_ms == 0 &&
			worked >= GIVES_UP_MS &&
			(slowest == NULL || worked > worked_ms(slowest, now_ms)))
			slowest = job;
	}
	return crowd_of(slots, now_ms) > free_slots(slots) ? slowest : NULL;
}

void slots_put_back(struct slots *slots, struct job *job, int64_t now_ms)
{
	struct lane *lane = job->lane;
	slots_leave(slots, job);
	job->trust++; /* up to TRUST_SLOW, which does not give up its slot */
	slots_wait(slots, job, lane, now_ms);
}
