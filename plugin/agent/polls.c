/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "polls.h"

#include <time.h>

#include "cards.h"
#include "core/config.h"
#include "core/memory.h"
#include "crew.h"
#include "guard.h"
#include "log.h"
#include "probe.h"
#include "source/deadline.h"
#include "source/source.h"

enum { LIMIT_MS = 10000, LIMIT_OF_SUSPECTS_MS = 5000 };

struct polls {
	struct logger *logger;
	struct timers *timers;
	struct probe_means means;
	struct cards *cards;
	struct guard *guard;
	struct crew *crew;
	polls_ended *ended;
	void *context;
};

struct poll {
	struct polls *polls;
	void *owner;
	bool is_disowned;
	struct target *target;
	struct bytes state;
	const struct source_kind *kind;
	int64_t began_ms;
	int64_t waited_ms; /* of that, for a worker */
	int64_t submitted_ms;
	struct probe *probe;
	struct addresses addresses;
	struct account *account;
	uint64_t identity;
	struct logon logon;
	bool is_denied; /* the account was not to be used, and why */
	struct failure denial;
	struct job job;
};

static bool asks_server(const struct poll *poll)
{
	return poll->kind->transport != TRANSPORT_FILES;
}

/* --- the end --- */

static void finish(struct poll *poll, enum poll_end end, struct bytes evidence,
	bool is_own_fault, bool has_lost_worker)
{
	struct polls *polls = poll->polls;
	int64_t took = deadline_now() - poll->began_ms - poll->waited_ms;
	guard_end(polls->guard, &poll->logon);
	struct poll_result result = {
		.message =
			{
				.server = poll->target->server,
				.end = end,
				.has_lost_worker = has_lost_worker,
				.took_ms = took > 0 ? (uint32_t)took : 0,
				.backoff_until =
					guard_rests_until(poll->account, poll->identity),
				.evidence = evidence,
			},
		.is_own_fault = is_own_fault,
	};
	if (!poll->is_disowned)
		polls->ended(polls->context, poll->owner, &result);
	talloc_free(poll);
}

/* Nothing was learned, for the same reason in each part that there could be. */
static void finish_without(struct poll *poll, enum poll_end end,
	const struct failure *why, bool is_own_fault, bool has_lost_worker)
{
	const struct target *target = poll->target;
	struct evidence *evidence = evidence_new(poll, target->server, target->source);
	struct packet *packet = packet_new(poll);
	evidence->watched = watch_hash(&target->watch);
	evidence->observed_at = time(NULL);
	if (asks_server(poll))
		evidence_fail_all(evidence, why);
	if (target->evt != NULL)
		evidence_failed(evidence, PART_APPLICATION, why);
	if (target->system_evt != NULL)
		evidence_failed(evidence, PART_SYSTEM, why);
	message_put_evidence(packet, evidence);
	finish(poll, end, (struct bytes){packet->data, packet->length}, is_own_fault,
		has_lost_worker);
}

/* --- the worker --- */

static int64_t limit_of(const struct poll *poll)
{
	return poll->job.trust >= TRUST_SLOW && asks_server(poll) ? LIMIT_OF_SUSPECTS_MS
								  : LIMIT_MS;
}

static void open_log(struct message_order *order, enum log_kind kind, const char *path,
	int *ret_files, size_t *ret_file_count)
{
	if (path == NULL)
		return;
	order->has_file[kind] =
		evt_open(path, &ret_files[*ret_file_count], &order->file_failure[kind]);
	order->has_file_failure[kind] = !order->has_file[kind];
	*ret_file_count += order->has_file[kind];
}

static struct packet *make_order(void *context, struct job *job, int64_t *ret_deadline_ms,
	int *ret_files, size_t *ret_file_count)
{
	struct poll *poll = job->owner;
	int64_t now = deadline_now();
	(void)context;
	poll->waited_ms = now - poll->submitted_ms;
	int64_t used = poll->submitted_ms - poll->began_ms;
	*ret_deadline_ms = now + limit_of(poll) - used;
	*ret_file_count = 0;
	struct message_order order = {
		.target = poll->target,
		.addresses = poll->addresses,
		.state = poll->state,
		.now = time(NULL),
		.deadline_ms = *ret_deadline_ms,
	};
	open_log(&order, LOG_APPLICATION, poll->target->evt, ret_files, ret_file_count);
	open_log(&order, LOG_SYSTEM, poll->target->system_evt, ret_files, ret_file_count);
	return message_put_order(poll, &order);
}

static void submit(struct poll *poll)
{
	poll->submitted_ms = deadline_now();
	poll->job.owner = poll;
	crew_submit(poll->polls->crew, &poll->job, poll->kind->name,
		poll->kind->needs_credentials ? poll->target->credentials : NULL,
		poll->identity);
}

static bool on_logging_on(void *context, struct job *job)
{
	struct polls *polls = context;
	struct poll *poll = job->owner;
	if (poll->account == NULL)
		return false;
	poll->logon.trust = job->trust;
	poll->logon.identity = poll->identity;
	guard_request(polls->guard, &poll->logon);
	return true;
}

/* Without a grant there was no logon. */
static bool on_logged_on(void *context, struct job *job)
{
	struct polls *polls = context;
	struct poll *poll = job->owner;
	if (poll->logon.step != LOGON_IN_AIR)
		return false;
	guard_accepted(polls->guard, &poll->logon);
	return true;
}

static void on_stopped(void *context, struct job *job)
{
	struct polls *polls = context;
	struct poll *poll = job->owner;
	guard_end(polls->guard, &poll->logon);
	poll->submitted_ms = poll->began_ms;
}

static void on_done(void *context, struct job *job, const struct message_done *done)
{
	struct polls *polls = context;
	struct poll *poll = job->owner;
	bool was_waiting = poll->logon.step == LOGON_WAITS;
	if (poll->account != NULL && done->logon == LOGON_REFUSED)
		guard_refused(polls->guard, &poll->logon);
	else if (poll->account != NULL && done->logon == LOGON_ACCEPTED)
		guard_accepted(polls->guard, &poll->logon);
	if (done->end == POLL_LEARNED)
		finish(poll, POLL_LEARNED, done->evidence, false, false);
	else if (poll->is_denied)
		finish_without(poll, POLL_NOT_MADE, &poll->denial, true, false);
	else
		finish(poll, POLL_FAILED, done->evidence, was_waiting, false);
}

static void on_lost(void *context, struct job *job, const struct crew_loss *loss)
{
	struct polls *polls = context;
	struct poll *poll = job->owner;
	if (loss->has_begun)
		log_warn(polls->logger, "%s: %s", poll->target->server, loss->why.text);
	finish_without(poll, POLL_FAILED, &loss->why, !loss->has_begun, loss->has_begun);
}

static const struct crew_hooks crew_hooks = {
	.order = make_order,
	.logging_on = on_logging_on,
	.logged_on = on_logged_on,
	.stopped = on_stopped,
	.done = on_done,
	.lost = on_lost,
};

/* The guard's answer to guard_request(). */
static void on_decision(
	void *context, struct logon *logon, bool is_granted, const struct failure *why)
{
	struct polls *polls = context;
	struct poll *poll = logon->owner;
	poll->is_denied = !is_granted;
	if (!is_granted)
		poll->denial = *why;
	crew_grant(polls->crew, &poll->job, is_granted);
}

/* Its answer will tell nothing of the account any more. */
static void on_outrun(void *context, struct logon *logon)
{
	struct poll *poll = logon->owner;
	(void)context;
	poll->job.is_bound = false;
}

/* --- the beginning --- */

static void on_probed(
	void *context, const struct addresses *addresses, const struct failure *why)
{
	struct poll *poll = context;
	if (addresses == NULL) {
		finish_without(poll, POLL_FAILED, why, false, false);
		return;
	}
	poll->addresses = *addresses;
	TALLOC_FREE(poll->probe);
	submit(poll);
}

/* False: the account is not to be used, or not known. */
static bool find_account(struct poll *poll, struct failure *why)
{
	struct polls *polls = poll->polls;
	const struct target *target = poll->target;
	const struct credentials *name;
	if (target->credentials == NULL)
		return fail(why, FAIL_USAGE, "source %s needs credentials = FILE",
			target->source);
	if (!cards_find(polls->cards, target->credentials, poll->kind->logs_on,
		    poll->began_ms, &name, why))
		return false;
	poll->identity = name->identity;
	if (!poll->kind->logs_on)
		return true;
	poll->account = guard_account(polls->guard, name);
	poll->logon.account = poll->account;
	poll->logon.owner = poll;
	return guard_allow(poll->account, poll->identity, why);
}

/* False: it is over. */
static bool begin(struct poll *poll)
{
	struct failure why;
	const struct target *target = poll->target;
	if (!asks_server(poll)) {
		submit(poll);
		return true;
	}
	if (!find_account(poll, &why)) {
		finish_without(poll, POLL_NOT_MADE, &why, true, false);
		return false;
	}
	poll->probe = probe_start(poll, &poll->polls->means, target->address,
		poll->kind->transport,
		target->port != 0 ? target->port : poll->kind->port,
		poll->began_ms + limit_of(poll), on_probed, poll);
	return true;
}

struct poll *polls_start(struct polls *polls, const struct target *target,
	struct bytes state, enum trust trust, void *owner)
{
	struct poll *poll = memory_new(polls, struct poll);
	poll->polls = polls;
	poll->owner = owner;
	poll->target = target_copy(poll, target);
	poll->state = state;
	if (state.length > 0)
		talloc_steal(poll, (void *)state.data);
	poll->kind = source_kind(target->source);
	poll->job.trust = trust;
	poll->began_ms = deadline_now();
	return begin(poll) ? poll : NULL;
}

void polls_disown(struct poll *poll)
{
	poll->is_disowned = true;
}

/* --- all polls --- */

bool polls_new(void *parent, struct tevent_context *loop, struct logger *logger,
	polls_ended *ended, void *context, struct polls **ret, struct failure *why)
{
	struct polls *polls = memory_new(parent, struct polls);
	if (!timers_new(polls, loop, &polls->timers, why))
		return false;
	polls->logger = logger;
	polls->means = (struct probe_means){
		loop, polls->timers, names_new(polls, polls->timers)};
	polls->cards = cards_new(polls);
	polls->guard =
		guard_new(polls, polls->timers, logger, on_decision, on_outrun, polls);
	polls->crew = crew_new(polls, loop, polls->timers, logger, &crew_hooks, polls);
	polls->ended = ended;
	polls->context = context;
	*ret = polls;
	return true;
}

struct timers *polls_timers(struct polls *polls)
{
	return polls->timers;
}

struct names *polls_names(struct polls *polls)
{
	return polls->means.names;
}

void polls_configure(struct polls *polls, const struct config *config)
{
	guard_configure(polls->guard, config->agent->state_dir);
	crew_resize(polls->crew, config->agent->workers);
}
