/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "act.h"

#include <poll.h>
#include <stdarg.h>
#include <time.h>

#include "core/memory.h"
#include "core/name.h"
#include "decide.h"
#include "diary.h"
#include "follow.h"
#include "look.h"
#include "outcome.h"
#include "source/deadline.h"

enum {
	LOOK_EVERY_MS = 1000,
	LOOK_TAKES_MS = 3000, /* so much is kept for one that is the last */
	START_TAKES_MS = 3000 /* and so much for a start, after waiting */
};

/* One order on its way. */
struct work {
	const struct act_order *order;
	void *memory; /* of everything */
	struct diary *diary;
	struct look look;
	int64_t wait; /* seconds that the caller is asked to wait */
};

static void tell(struct work *work, enum act_kind act, enum act_end end, const char *text)
{
	const struct deed deed = {act, end, work->look.seen, text};
	work->order->tell(work->order->context, &deed);
}

/* The last word. */
static enum act_end end_with(struct work *work, enum act_kind act, enum act_end end,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
static enum act_end end_with(
	struct work *work, enum act_kind act, enum act_end end, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = memory_required(talloc_vasprintf(work->memory, format, arguments));
	va_end(arguments);
	tell(work, act, end, text);
	return end;
}

static enum act_end not_done(struct work *work, const char *text)
{
	return end_with(work, ACT_NOTHING, ACT_NOT_DONE, "not started: %s", text);
}

static enum act_end end_by_ruling(struct work *work, const struct ruling *ruling)
{
	if (ruling->decision == DECIDE_RUNS)
		return end_with(work, ACT_NOTHING, ACT_RUNS, "%s", ruling->text);
	if (ruling->decision == DECIDE_UNKNOWN)
		return end_with(
			work, ACT_NOTHING, ACT_UNKNOWN, "not started: %s", ruling->text);
	return not_done(work, ruling->text);
}

static struct boot_mark boot_of(const struct evidence *evidence)
{
	const struct event *boot = log_last_boot(&evidence->logs[LOG_SYSTEM]);
	return boot != NULL ? (struct boot_mark){boot->record, boot->time}
			    : (struct boot_mark){0, NO_TIME};
}

/* `own` of the attempts in the diary are the one that is being made. */
static void rule(struct work *work, unsigned own, struct ruling *ret)
{
	const struct boot_mark boot = boot_of(work->look.evidence);
	struct circumstances circumstances = {
		.target = work->order->target,
		.verdict = work->look.verdict,
		.allows_manual = work->order->allows_manual,
		.is_fresh = look_is_fresh(&work->look),
		.now = work->look.request.now,
	};
	circumstances.attempts =
		diary_count(work->diary, &boot, &circumstances.attempted_at) - own;
	decide(&circumstances, ret);
}

/* Waiting is the caller's: what was read and configured is too old afterwards. */
static enum act_end ask_to_wait(struct work *work, const struct ruling *ruling)
{
	int64_t wait = ruling->wait + 1;
	int64_t left_ms = deadline_left(work->order->deadline_ms);
	if (work->order->is_dry_run)
		return end_with(work, ACT_DRY_RUN, ACT_NOT_DONE,
			"dry run: it would be waited for: %s", ruling->text);
	if (left_ms < wait * 1000 + START_TAKES_MS)
		return not_done(work, ruling->text);
	work->wait = wait;
	return end_with(work, ACT_WAITING, ACT_NOT_DONE, "%s", ruling->text);
}

/* --- starting --- */

/* A signal ends it early. */
static bool has_to_end(const struct work *work)
{
	return work->order->has_to_end != NULL && work->order->has_to_end();
}

/* Not beyond the deadline; a signal wakes it. */
static void wait_a_moment(const struct work *work)
{
	int64_t left = deadline_left(work->order->deadline_ms);
	if (!has_to_end(work))
		poll(NULL, 0, (int)(left < LOOK_EVERY_MS ? left : LOOK_EVERY_MS));
}

static enum act_end tell_outcome(struct work *work, const struct start_reply *reply,
	const struct follow *follow, enum follow_end end)
{
	struct outcome_told told =
		outcome_tell(work->memory, reply, follow, end, work->look.verdict);
	if (has_to_end(work) && told.end == ACT_UNKNOWN)
		return end_with(work, told.act, told.end, "%s (a signal ended the watch)",
			told.text);
	return end_with(work, told.act, told.end, "%s", told.text);
}

static enum act_end follow_start(struct work *work, const struct start_reply *reply)
{
	struct look *look = &work->look;
	struct follow follow = {.before = look->verdict};
	for (;;) {
		void *memory = memory_required(talloc_new(work->memory));
		wait_a_moment(work);
		look_again(look, memory);
		const struct sight sight = {
			.verdict = look->verdict,
			.asked_ms = look->began_ms,
			.is_fresh = look_is_fresh(look),
			.is_last = has_to_end(work) ||
				deadline_left(work->order->deadline_ms) < LOOK_TAKES_MS,
		};
		enum follow_end end = follow_look(&follow, &sight);
		if (end != FOLLOW_ON)
			return tell_outcome(work, reply, &follow, end);
		talloc_free(memory);
	}
}

/* The session breaks where the server boots; else it has said why. */
static enum act_end tell_unarmed(struct work *work, const struct failure *why)
{
	const char *text = why->text;
	switch (why->kind) {
	case FAIL_DENIED:
		return end_with(work, ACT_NOTHING, ACT_NOT_DONE,
			"not started: the account %s may not start the service: %s",
			work->look.credentials->username, text);
	case FAIL_ABSENT:
	case FAIL_UNSUPPORTED:
		return not_done(work, text);
	case FAIL_USAGE:
	case FAIL_TIMEOUT:
	case FAIL_REFUSED:
	case FAIL_LOGON:
	case FAIL_PROTOCOL:
	case FAIL_DAMAGED:
	case FAIL_SYSTEM:
	case FAILURE_KINDS:
		break;
	}
	return end_with(work, ACT_NOTHING, ACT_NOT_DONE,
		"not started: since the logs were read the server has booted, or is out "
		"of reach: %s",
		text);
}

static const char exit_codes_changed[] =
	"the service's exit codes have changed since the logs were read: something has "
	"just happened to it";

static enum act_end tell_changed(struct work *work, enum service_state now)
{
	enum service_state before = work->look.evidence->service.state;
	const char *name = service_state_name(now);
	if (now == before)
		return not_done(work, exit_codes_changed);
	return end_with(work, ACT_NOTHING, ACT_NOT_DONE,
		"not started: the service is %s now, and was %s when the logs were read: "
		"the server has booted, or somebody else is at it",
		name, service_state_name(before));
}

static enum act_end send_start(struct work *work)
{
	struct start_reply reply;
	work->look.starter->start(
		work->look.session, &work->look.evidence->service, &reply);
	switch (reply.end) {
	case START_ACCEPTED:
	case START_OVERTAKEN:
	case START_UNANSWERED:
	case START_REFUSED:
		return follow_start(work, &reply);
	case START_CHANGED:
		return tell_changed(work, reply.state);
	case START_NOT_SENT:
		break;
	}
	return reply.why.kind == FAIL_DENIED ? not_done(work, reply.why.text)
					     : tell_unarmed(work, &reply.why);
}

/* Between the evidence and the start others may have been at work, on the service or on
 * what it depends on: all is read once more, and ruled on, over the same session. */
static enum act_end look_and_send(struct work *work)
{
	const struct service before = work->look.evidence->service;
	const struct service *now;
	struct ruling ruling;
	look_again(&work->look, work->memory);
	now = &work->look.evidence->service;
	if (has_to_end(work))
		return not_done(work, "a signal ended it");
	if (!look_is_fresh(&work->look))
		return not_done(work, "the server has become too slow to be sure of it");
	rule(work, 1, &ruling);
	if (ruling.decision != DECIDE_START)
		return end_with(work, ACT_NOTHING, ACT_NOT_DONE,
			"not started: since the logs were read something has changed: %s",
			ruling.text);
	if (before.win32_exit != now->win32_exit ||
		before.specific_exit != now->specific_exit)
		return not_done(work, exit_codes_changed);
	return send_start(work);
}

static enum act_end start(struct work *work)
{
	const struct boot_mark boot = boot_of(work->look.evidence);
	struct failure why;
	if (deadline_left(work->order->deadline_ms) < START_TAKES_MS)
		return not_done(
			work, "too little of --timeout is left to see what comes of it");
	if (!work->look.starter->arm(work->look.session, &why))
		return tell_unarmed(work, &why);
	if (!diary_add(work->diary, &boot, time(NULL), &why))
		return end_with(work, ACT_NOTHING, ACT_NOT_DONE,
			"not started, as the attempt could not be written down: %s",
			why.text);
	tell(work, ACT_STARTING, ACT_UNKNOWN,
		"the start call is sent next, if nothing has changed");
	return look_and_send(work);
}

/* --- all of it --- */

static enum act_end look_and_act(struct work *work)
{
	struct ruling ruling;
	look(&work->look, work->memory);
	rule(work, 0, &ruling);
	if (ruling.decision == DECIDE_WAIT)
		return ask_to_wait(work, &ruling);
	if (ruling.decision != DECIDE_START)
		return end_by_ruling(work, &ruling);
	if (work->order->is_dry_run)
		return end_with(work, ACT_DRY_RUN, ACT_NOT_DONE,
			"dry run: it would be started: %s", ruling.text);
	return start(work);
}

/* What is needed on this side, before anybody is asked. */
static bool get_ready(struct work *work, struct failure *why)
{
	const struct act_order *order = work->order;
	const struct target *target = order->target;
	if (!starter_find(&work->look.starter, why) ||
		!store_open(work->memory, order->state_dir, &work->look.store, why) ||
		!diary_open(work->memory, work->look.store, name_of_server(target),
			&work->diary, why) ||
		!credentials_read(work->memory, target->start_credentials,
			order->credentials_directory, &work->look.credentials, why))
		return false;
	work->look.target = target;
	work->look.request = (struct request){
		.target = target,
		.credentials = work->look.credentials,
		.deadline_ms = order->deadline_ms,
	};
	return true;
}

static enum act_end run(struct work *work)
{
	struct ruling ruling;
	struct failure why;
	decide_before(work->order->target, work->order->asker, &ruling);
	if (ruling.decision != DECIDE_START)
		return end_by_ruling(work, &ruling);
	if (!get_ready(work, &why))
		return not_done(work, why.text);
	/* No account is tried where it could not be written down that it was refused. */
	if (!work->order->is_dry_run && !diary_try(work->diary, &why))
		return not_done(work, why.text);
	enum act_end end = look_and_act(work);
	look_close(&work->look);
	return end;
}

enum act_end act(const struct act_order *order, int64_t *ret_wait)
{
	struct work work = {.order = order, .memory = memory_required(talloc_new(NULL))};
	enum act_end end = run(&work);
	*ret_wait = work.wait;
	talloc_free(work.memory);
	return end;
}
