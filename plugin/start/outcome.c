/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outcome.h"

#include "core/memory.h"

static const char *answer_of(void *parent, const struct start_reply *reply)
{
	switch (reply->end) {
	case START_ACCEPTED:
		return "started";
	case START_OVERTAKEN:
		return "somebody else started it just before";
	case START_REFUSED:
		return memory_format(
			parent, "the server refused to start it: %s", reply->why.text);
	case START_UNANSWERED:
	case START_CHANGED:
	case START_NOT_SENT:
		break;
	}
	return memory_format(
		parent, "the start call was not answered: %s", reply->why.text);
}

static char *words(void *parent, const struct follow *follow, enum follow_end end,
	const struct verdict *verdict)
{
	const char *seen = verdict->text;
	const char *ran = when_format_duration(parent, follow->ran_ms / 1000);
	switch (end) {
	case FOLLOW_RUNS:
		return memory_format(parent,
			"it has run for %s: %s. Until the administrator mailbox is put "
			"right, the next boot may bring that back",
			ran, seen);
	case FOLLOW_FAILED_AGAIN:
		return memory_format(parent, "it failed again with event 4071: %s",
			verdict->advice != NULL ? verdict->advice : seen);
	case FOLLOW_DIED:
		return memory_format(
			parent, "it ran for %s and stopped again: %s", ran, seen);
	case FOLLOW_STOPPED:
		return memory_format(parent, "it does not run: %s", seen);
	case FOLLOW_UNSETTLED:
		return memory_format(parent,
			"it had run for %s only when the time was up: %s", ran, seen);
	case FOLLOW_PENDING:
		return memory_format(parent, "it was still %s when the time was up: %s",
			service_state_name(verdict->evidence->service.state), seen);
	case FOLLOW_ON:
	case FOLLOW_LOST:
		break;
	}
	return memory_format(parent, "what came of it is not known: %s", seen);
}

static enum act_end end_of(enum follow_end end)
{
	switch (end) {
	case FOLLOW_RUNS:
		return ACT_RUNS;
	case FOLLOW_FAILED_AGAIN:
	case FOLLOW_DIED:
	case FOLLOW_STOPPED:
		return ACT_FAILED;
	case FOLLOW_ON:
	case FOLLOW_UNSETTLED:
	case FOLLOW_PENDING:
	case FOLLOW_LOST:
		break;
	}
	return ACT_UNKNOWN;
}

struct outcome_told outcome_tell(void *parent, const struct start_reply *reply,
	const struct follow *follow, enum follow_end end, const struct verdict *verdict)
{
	return (struct outcome_told){
		.act = end_of(end) == ACT_RUNS ? ACT_STARTED : ACT_TRIED,
		.end = end_of(end),
		.text = memory_format(parent, "%s, and %s", answer_of(parent, reply),
			words(parent, follow, end, verdict)),
	};
}
