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

static void rule(struct work *work, struct ruling *ret)
{
	const struct boot_mark boot = boot_of(work->look.evidence);
	struct circumstances circumstances = {
		.target = work->order->target,
		.verdict = work->look.verdict,
		.allows_manual = work->order->allows_manual,
		.now = work->look.request.now,
	};
	circumstances.attempts =
		diary_count(work->diary, &boot, &circumstances.attempted_at);
	decide(&circumstances, ret);
}

/* What was read is too old afterwards; the server is not kept waiting with us. */
static bool wait_out(struct work *work, const struct ruling *ruling)
{
	int64_t wait_ms = (ruling->wait + 1) * 1000;
	int64_t until = deadline_in(wait_ms);
	if (deadline_left(work->order->deadline_ms) < wait_ms + START_TAKES_MS)
		return false;
	tell(work, ACT_WAITING, ACT_UNKNOWN, ruling->text);
	look_close(&work->look);
	while (!deadline_passed(until))
		poll(NULL, 0, (int)deadline_left(until));
	return true;
}

/* --- starting --- */

static const char *prefix_of(enum start_end end)
{
	switch (end) {
	case START_ACCEPTED:
		return "started";
	case START_OVERTAKEN:
		return "somebody else started it just before";
	case START_UNANSWERED:
	case START_CHANGED:
	case START_NOT_SENT:
	case START_REFUSED:
		break;
	}
	return "the start call was sent and not answered";
}

static enum act_end tell_outcome(struct work *work, enum start_end sent,
	enum follow_end followed, const struct follow *follow,
	const struct verdict *verdict)
{
	const char *prefix = prefix_of(sent);
	const char *ran = when_format_duration(work->memory, follow->ran_ms / 1000);
	switch (followed) {
	case FOLLOW_RUNS:
		return end_with(work, ACT_STARTED, ACT_RUNS,
			"%s, and it has run for %s: %s. Until the administrator mailbox "
			"is put right, the next boot may bring that back",
			prefix, ran, verdict->text);
	case FOLLOW_FAILED_AGAIN:
		return end_with(work, ACT_TRIED, ACT_FAILED,
			"%s, and it failed again with event 4071: %s", prefix,
			verdict->advice != NULL ? verdict->advice : verdict->text);
	case FOLLOW_DIED:
		return end_with(work, ACT_TRIED, ACT_FAILED,
			"%s, and it ran for %s and stopped again: %s", prefix, ran,
			verdict->text);
	case FOLLOW_STOPPED:
		return end_with(work, ACT_TRIED, ACT_FAILED,
			"%s, and it does not run: %s", prefix, verdict->text);
	case FOLLOW_PENDING:
		return end_with(work, ACT_TRIED, ACT_UNKNOWN,
			"%s, and it was still %s when the time was up: %s", prefix,
			service_state_name(verdict->evidence->service.state),
			verdict->text);
	case FOLLOW_ON:
	case FOLLOW_LOST:
		break;
	}
	return end_with(work, ACT_TRIED, ACT_UNKNOWN,
		"%s, and what came of it is not known: %s", prefix, verdict->text);
}

/* Not beyond the deadline. */
static void wait_ms(const struct work *work, int64_t wait)
{
	int64_t left = deadline_left(work->order->deadline_ms);
	poll(NULL, 0, (int)(left < wait ? left : wait));
}

static enum act_end follow_start(struct work *work, enum start_end sent)
{
	const struct act_order *order = work->order;
	struct state *known = look_remember(&work->look, work->memory);
	struct follow follow = {.before = work->look.verdict};
	for (;;) {
		void *memory = memory_required(talloc_new(work->memory));
		wait_ms(work, LOOK_EVERY_MS);
		struct verdict *verdict = look_again(&work->look, known, memory);
		bool is_last = deadline_left(order->deadline_ms) < LOOK_TAKES_MS;
		enum follow_end end =
			follow_look(&follow, verdict, deadline_now(), is_last);
		if (end != FOLLOW_ON)
			return tell_outcome(work, sent, end, &follow, verdict);
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

static enum act_end tell_changed(struct work *work, enum service_state now)
{
	enum service_state before = work->look.evidence->service.state;
	const char *name = service_state_name(now);
	if (now == before)
		return not_done(work,
			"the service's exit codes have changed since the logs were read: "
			"something has just happened to it");
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
		return follow_start(work, reply.end);
	case START_CHANGED:
		return tell_changed(work, reply.state);
	case START_REFUSED:
		return end_with(work, ACT_TRIED, ACT_FAILED,
			"the server refused to start it: %s", reply.why.text);
	case START_NOT_SENT:
		break;
	}
	return tell_unarmed(work, &reply.why);
}

static enum act_end start(struct work *work)
{
	const struct boot_mark boot = boot_of(work->look.evidence);
	struct failure why;
	if (deadline_left(work->order->deadline_ms) < START_TAKES_MS)
		return not_done(work,
			"too little of --timeout is left to see what comes "
			"of it");
	if (!work->look.starter->arm(work->look.session, &why))
		return tell_unarmed(work, &why);
	if (!diary_add(work->diary, &boot, time(NULL), &why))
		return end_with(work, ACT_NOTHING, ACT_NOT_DONE,
			"not started, as the attempt could not be written down: %s",
			why.text);
	tell(work, ACT_STARTING, ACT_UNKNOWN,
		"the start call is sent next, if nothing has changed");
	return send_start(work);
}

/* --- all of it --- */

static enum act_end look_and_act(struct work *work)
{
	struct ruling ruling;
	for (;;) {
		look(&work->look, work->memory);
		rule(work, &ruling);
		if (ruling.decision != DECIDE_WAIT || !wait_out(work, &ruling))
			break;
	}
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
	enum act_end end = look_and_act(work);
	look_close(&work->look);
	return end;
}

enum act_end act(const struct act_order *order)
{
	struct work work = {.order = order, .memory = memory_required(talloc_new(NULL))};
	enum act_end end = run(&work);
	talloc_free(work.memory);
	return end;
}
