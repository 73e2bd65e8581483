/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "infer.h"

#include "attempt.h"
#include "catalogue.h"
#include "memory.h"

/* What the newest telling event says; of two in the same second the worse one. */
struct telling {
	const struct event *event;
	bool is_start;
};

static bool tells(const struct event *event, bool *ret_is_start)
{
	*ret_is_start = false;
	if (event_is_death(event))
		return true;
	if (event->origin != FROM_IMC)
		return false;
	switch (catalogue_role(event->id)) {
	case ROLE_START:
		*ret_is_start = true;
		return true;
	case ROLE_STOP:
		return true;
	case ROLE_START_FATAL:
		/* A running service can log these, too: no proof that it is down. */
		return !catalogue_find(event->id)->also_runtime;
	case ROLE_RUNTIME:
	case ROLE_COMPANION:
		break;
	}
	return false;
}

/* Inside a log the record number decides, between logs the time: what follows an event
 * since the boot is since the boot, though the clock may have been set back. */
static struct telling newest_of(const struct log *log, int64_t boot, int64_t future)
{
	size_t first = 0;
	while (first < log->event_count &&
		(log->events[first].time < boot || log->events[first].time > future))
		first++;
	for (size_t i = log->event_count; i > first; i--) {
		struct telling telling = {.event = &log->events[i - 1]};
		if (tells(telling.event, &telling.is_start))
			return telling;
	}
	return (struct telling){0};
}

/* Was the clock set back over both moments? Then their order is not known. */
static bool is_order_doubtful(
	const struct evidence *evidence, const struct event *a, const struct event *b)
{
	int64_t early = a->time < b->time ? a->time : b->time;
	int64_t late = a->time < b->time ? b->time : a->time;
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		const struct log *log = &evidence->logs[kind];
		for (size_t i = 0; i < log->fall_count; i++) {
			if (log->falls[i].from >= late && log->falls[i].to <= early)
				return true;
		}
	}
	return false;
}

static struct telling newer(
	const struct evidence *evidence, struct telling a, struct telling b)
{
	if (a.event == NULL || b.event == NULL)
		return a.event == NULL ? b : a;
	if (a.event->time != b.event->time &&
		!is_order_doubtful(evidence, a.event, b.event))
		return a.event->time > b.event->time ? a : b;
	return a.is_start ? b : a;
}

/* The log that was not read, of those that were to be; its failure is the state's, too.
 */
static const struct failure *unread(const struct evidence *evidence)
{
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		const struct part_report *report = &evidence->parts[part_of_log(kind)];
		if (report->knowledge == NOT_LEARNED)
			return &report->why;
	}
	return NULL;
}

/* A start that failed with an id which a running service can log, too, is no start. */
static void overrule(struct telling *telling, const struct attempt *newest)
{
	bool has_failed = newest != NULL && newest->is_since_boot &&
		newest->failed_at != NO_TIME && !newest->ran_later;
	if (has_failed && telling->event != NULL && newest->has_start)
		telling->is_start = false;
}

/* 6006 ends a System log only where the copy is of a machine that is down. */
static bool is_shut_down(const struct log *system)
{
	for (size_t i = system->event_count; i > 0; i--) {
		if (system->events[i - 1].origin == FROM_EVENTLOG)
			return !event_is_boot(&system->events[i - 1]);
	}
	return false;
}

static struct telling find_telling(const struct evidence *evidence,
	const struct policy *policy, int64_t server_now, struct failure *why)
{
	struct telling telling = {0};
	struct history *history = history_of(NULL, evidence, policy, server_now);
	const struct boot *boot = history_last_boot(history);
	int64_t future = server_now + policy->boot_window;
	if (unread(evidence) != NULL) {
		*why = *unread(evidence);
	} else if (!evidence_has(evidence, PART_SYSTEM)) {
		fail_at(why, FAIL_ABSENT, STAGE_SERVICE,
			"the service's state can be inferred only with a System log");
	} else if (boot == NULL) {
		fail_at(why, FAIL_ABSENT, STAGE_SERVICE,
			"the service's state cannot be inferred: the System log holds no "
			"boot");
	} else if (is_shut_down(&evidence->logs[LOG_SYSTEM])) {
		fail_at(why, FAIL_ABSENT, STAGE_SERVICE,
			"the service's state cannot be inferred: the machine was shut "
			"down since the last boot");
	} else {
		int64_t since = boot->doubtful_until >= boot->counts_from
			? boot->doubtful_until + 1
			: boot->counts_from;
		telling = newer(evidence,
			newest_of(&evidence->logs[LOG_APPLICATION], since, future),
			newest_of(
				&evidence->logs[LOG_SYSTEM], boot->counts_from, future));
		overrule(&telling, history_newest(history));
		fail_at(why, FAIL_ABSENT, STAGE_SERVICE,
			"the service's state cannot be inferred: since the last boot no "
			"start, stop or failure was logged");
	}
	talloc_free(history);
	return telling;
}

void infer_service_state(
	struct evidence *evidence, const struct policy *policy, int64_t server_now)
{
	if (evidence->parts[PART_STATE].knowledge != NOT_OFFERED)
		return;
	struct failure why;
	struct telling telling = find_telling(evidence, policy, server_now, &why);
	if (telling.event == NULL) {
		evidence_failed(evidence, PART_STATE, &why);
		return;
	}
	evidence->service.state = telling.is_start ? SERVICE_RUNNING : SERVICE_STOPPED;
	evidence->service.is_inferred = true;
	evidence->state_since = telling.event->time;
	evidence_learned(evidence, PART_STATE);
}
