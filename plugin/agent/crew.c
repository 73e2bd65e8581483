/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crew.h"

#include <signal.h>
#include <unistd.h>

#include <tevent.h>

#include "core/memory.h"
#include "hand.h"
#include "log.h"
#include "source/deadline.h"
#include "trouble.h"

enum {
	SUSPECT_SHARE = 4, /* slots of suspects, for each of the well */
	SUSPECT_MAX = 32,
	LOADING_MS = 400,
	LOOK_MS = 200 /* at who hangs */
};

/* A worker and what it does. */
struct member {
	struct member *next;
	struct crew *crew;
	struct hand *hand;
	struct lane *lane;
	struct job *job; /* NULL: none */
};

struct crew {
	struct hand_means means;
	struct logger *logger;
	const struct crew_hooks *hooks;
	void *context;
	struct slots *slots;
	struct member *members;
	unsigned member_count;
	struct trouble *trouble;
	struct timer look;     /* at those that hang */
	struct timer dispatch; /* as soon as whatever happens now is over */
	unsigned jobs;
};

static void assign_soon(struct crew *crew)
{
	timers_start(crew->means.timers, &crew->dispatch, deadline_now());
}

/* --- what a worker says, and how it ends --- */

/* The job is the crew's no longer. */
static struct job *take_job(struct member *member)
{
	struct job *job = member->job;
	member->job = NULL;
	if (job != NULL) {
		slots_leave(member->crew->slots, job);
		member->crew->jobs--;
	}
	assign_soon(member->crew);
	return job;
}

/* `extra_ms`: what a worker needs at its first order, to load its source. */
static void give_order(struct member *member, int64_t extra_ms)
{
	struct crew *crew = member->crew;
	struct job *job = member->job;
	int files[LOGS];
	size_t file_count = 0;
	int64_t deadline = 0;
	slots_go_on(job, deadline_in(extra_ms));
	struct packet *order =
		crew->hooks->order(crew->context, job, &deadline, files, &file_count);
	hand_order(member->hand, order, deadline, files, file_count);
}

static void on_ready(void *context)
{
	struct member *member = context;
	if (trouble_ends(member->crew->trouble, member->lane))
		log_info(member->crew->logger, "workers can be started again");
	if (member->job != NULL)
		give_order(member, LOADING_MS);
	else
		slots_add_idle(member->lane, 1);
}

static bool on_logging_on(void *context)
{
	struct member *member = context;
	struct crew *crew = member->crew;
	slots_pause(member->job, deadline_now());
	return crew->hooks->logging_on(crew->context, member->job);
}

static bool on_logged_on(void *context)
{
	struct member *member = context;
	struct crew *crew = member->crew;
	member->job->is_bound = false;
	slots_go_on(member->job, deadline_now());
	return crew->hooks->logged_on(crew->context, member->job);
}

static void on_done(void *context, const struct message_done *done)
{
	struct member *member = context;
	struct crew *crew = member->crew;
	struct job *job = take_job(member);
	slots_add_idle(member->lane, 1);
	if (done->is_spent)
		hand_kill(member->hand);
	crew->hooks->done(crew->context, job, done);
}

static void note_trouble(
	struct crew *crew, const struct lane *lane, const struct failure *why)
{
	if (trouble_begins(crew->trouble, lane, deadline_now(), why))
		log_warn(crew->logger, "no worker can be started: %s", why->text);
}

static void lose_job(struct member *member, const struct crew_loss *loss)
{
	struct crew *crew = member->crew;
	struct job *job = take_job(member);
	if (!loss->has_begun)
		note_trouble(crew, member->lane, &loss->why);
	if (job != NULL)
		crew->hooks->lost(crew->context, job, loss);
}

static void on_late(void *context, enum hand_step before)
{
	struct member *member = context;
	struct crew_loss loss = {.has_begun = before == HAND_WORKS};
	if (before == HAND_IDLE) {
		slots_add_idle(member->lane, -1);
		return;
	}
	if (loss.has_begun)
		fail(&loss.why, FAIL_TIMEOUT,
			"the poll did not end in time, and its worker was killed");
	else
		fail(&loss.why, FAIL_SYSTEM, "a worker was not ready in time");
	lose_job(member, &loss);
}

static void remove_member(struct member *member)
{
	struct crew *crew = member->crew;
	struct member **at = &crew->members;
	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	crew->member_count--;
	talloc_free(member);
	assign_soon(crew);
}

static void on_gone(void *context, enum hand_step before, const char *how)
{
	struct member *member = context;
	struct crew_loss loss = {.has_begun = before == HAND_WORKS};
	switch (before) {
	case HAND_STARTS:
		fail(&loss.why, FAIL_SYSTEM, "a worker %s before it was ready", how);
		lose_job(member, &loss);
		break;
	case HAND_WORKS:
		fail(&loss.why, FAIL_SYSTEM, "the worker that asked it %s", how);
		lose_job(member, &loss);
		break;
	case HAND_IDLE:
		slots_add_idle(member->lane, -1);
		break;
	case HAND_ENDS:
		break;
	}
	remove_member(member);
}

static const struct hand_hooks hand_hooks = {
	.ready = on_ready,
	.logging_on = on_logging_on,
	.logged_on = on_logged_on,
	.done = on_done,
	.late = on_late,
	.gone = on_gone,
};

/* --- who gets which poll --- */

static struct member *idle_member(
	const struct crew *crew, const struct lane *lane, uint64_t identity)
{
	for (struct member *at = crew->members; at != NULL; at = at->next) {
		if (at->lane == lane && hand_step(at->hand) == HAND_IDLE &&
			hand_identity(at->hand) == identity)
			return at;
	}
	return NULL;
}

/* Makes room by ending who does nothing for the longest time; one after the other. */
static void end_idle_member(const struct crew *crew)
{
	struct member *spare = NULL;
	for (struct member *at = crew->members; at != NULL; at = at->next) {
		if (hand_step(at->hand) == HAND_ENDS)
			return;
		if (hand_step(at->hand) == HAND_IDLE &&
			(spare == NULL || hand_since(at->hand) < hand_since(spare->hand)))
			spare = at;
	}
	if (spare != NULL)
		hand_kill(spare->hand);
}

static void begin(struct member *member, struct job *job)
{
	struct crew *crew = member->crew;
	slots_start(crew->slots, job, deadline_now());
	member->job = job;
	if (hand_step(member->hand) == HAND_IDLE) {
		slots_add_idle(member->lane, -1);
		give_order(member, 0);
	} else {
		slots_pause(job, deadline_now());
	}
}

static const char *path_of(const struct lane *lane)
{
	const char *path = slots_account(lane);
	return path[0] != '\0' ? path : NULL;
}

/* No start for this account works: the poll ends at once. */
static void refuse(struct crew *crew, struct job *job, const struct failure *why)
{
	struct crew_loss loss = {.why = *why};
	slots_leave(crew->slots, job);
	crew->jobs--;
	crew->hooks->lost(crew->context, job, &loss);
}

static void start_member(struct crew *crew, struct job *job)
{
	struct lane *lane = job->lane;
	const struct failure *trouble = trouble_of(crew->trouble, lane, deadline_now());
	struct failure why;
	if (trouble != NULL) {
		refuse(crew, job, trouble);
		return;
	}
	struct member *member = memory_new(crew, struct member);
	member->crew = crew;
	member->lane = lane;
	if (!hand_start(
		    member, &crew->means, path_of(lane), member, &member->hand, &why)) {
		talloc_free(member);
		note_trouble(crew, lane, &why);
		refuse(crew, job, &why);
		return;
	}
	member->next = crew->members;
	crew->members = member;
	crew->member_count++;
	begin(member, job);
}

/* False: nothing can be done before something else happens. */
static bool assign(struct crew *crew, struct job *job)
{
	struct member *member = idle_member(crew, job->lane, job->identity);
	if (member != NULL) {
		begin(member, job);
		return true;
	}
	if (crew->member_count < slots_total(crew->slots)) {
		start_member(crew, job);
		return true;
	}
	end_idle_member(crew);
	return false;
}

static void dispatch(void *context)
{
	struct crew *crew = context;
	struct job *job;
	while ((job = slots_next(crew->slots, deadline_now())) != NULL &&
		assign(crew, job))
		;
	if (crew->jobs > 0 && crew->look.item.place == 0)
		timers_start(crew->means.timers, &crew->look, deadline_in(LOOK_MS));
}

/* Its worker is of no use for anybody else before the server answers. */
static void put_back(struct crew *crew, struct job *job)
{
	for (struct member *at = crew->members; at != NULL; at = at->next) {
		if (at->job == job) {
			at->job = NULL;
			hand_kill(at->hand);
		}
	}
	slots_put_back(crew->slots, job, deadline_now());
	crew->hooks->stopped(crew->context, job);
}

static void look(void *context)
{
	struct crew *crew = context;
	struct job *job;
	while ((job = slots_look(crew->slots, deadline_now())) != NULL)
		put_back(crew, job);
	dispatch(crew);
}

/* --- the crew --- */

static void on_child(struct tevent_context *loop, struct tevent_signal *event, int number,
	int count, void *info, void *private_data)
{
	struct crew *crew = private_data;
	(void)loop;
	(void)event;
	(void)number;
	(void)count;
	(void)info;
	struct member *next;
	for (struct member *at = crew->members; at != NULL; at = next) {
		next = at->next;
		hand_look(at->hand);
	}
}

struct crew *crew_new(void *parent, struct tevent_context *loop, struct timers *timers,
	struct logger *logger, const struct crew_hooks *hooks, void *context)
{
	struct crew *crew = memory_new(parent, struct crew);
	crew->means = (struct hand_means){loop, timers, &hand_hooks};
	crew->logger = logger;
	crew->hooks = hooks;
	crew->context = context;
	crew->slots = slots_new(crew);
	crew->trouble = trouble_new(crew);
	crew->look.fire = look;
	crew->look.context = crew;
	crew->dispatch.fire = dispatch;
	crew->dispatch.context = crew;
	memory_required(tevent_add_signal(loop, crew, SIGCHLD, 0, on_child, crew));
	return crew;
}

void crew_resize(struct crew *crew, unsigned workers)
{
	unsigned suspects = workers * SUSPECT_SHARE;
	slots_resize(
		crew->slots, workers, suspects < SUSPECT_MAX ? suspects : SUSPECT_MAX);
	assign_soon(crew);
}

void crew_submit(struct crew *crew, struct job *job, const char *source,
	const char *credentials, uint64_t identity)
{
	struct lane *lane =
		slots_lane(crew->slots, source, credentials != NULL ? credentials : "");
	job->identity = identity;
	crew->jobs++;
	slots_wait(crew->slots, job, lane, deadline_now());
	assign_soon(crew);
}

void crew_grant(struct crew *crew, struct job *job, bool is_granted)
{
	for (struct member *at = crew->members; at != NULL; at = at->next) {
		if (at->job == job)
			hand_grant(at->hand, is_granted);
	}
	slots_go_on(job, deadline_now());
	job->is_bound = is_granted;
}
