/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "follow.h"

static bool has_new_4071(const struct follow *follow, const struct verdict *verdict)
{
	return verdict->last_4071 != NO_TIME &&
		(verdict->last_4071 != follow->before->last_4071 ||
			verdict->last_4071_record != follow->before->last_4071_record);
}

static enum follow_end look_at_running(struct follow *follow, const struct sight *sight)
{
	const struct verdict *verdict = sight->verdict;
	if (!follow->is_running)
		follow->running_since_ms = sight->asked_ms;
	follow->is_running = follow->has_run = true;
	follow->ran_ms = sight->asked_ms - follow->running_since_ms;
	if (!sight->is_fresh)
		return sight->is_last ? FOLLOW_LOST : FOLLOW_ON;
	if (follow->ran_ms < FOLLOW_SETTLE_MS)
		return sight->is_last ? FOLLOW_UNSETTLED : FOLLOW_ON;
	return verdict->condition == CONDITION_RECOVERED && !has_new_4071(follow, verdict)
		? FOLLOW_RUNS
		: FOLLOW_LOST;
}

static enum follow_end look_at_stopped(struct follow *follow, bool is_last)
{
	follow->stops++;
	if (follow->stops < FOLLOW_STOPS && !is_last)
		return FOLLOW_ON;
	return follow->has_run ? FOLLOW_DIED : FOLLOW_STOPPED;
}

static enum follow_end look_at_nothing(struct follow *follow, bool is_last)
{
	follow->is_running = false;
	follow->losses++;
	return follow->losses < FOLLOW_LOSSES && !is_last ? FOLLOW_ON : FOLLOW_LOST;
}

enum follow_end follow_look(struct follow *follow, const struct sight *sight)
{
	const struct evidence *evidence = sight->verdict->evidence;
	enum service_state state = evidence->service.state;
	if (!evidence_has(evidence, PART_STATE))
		return look_at_nothing(follow, sight->is_last);
	follow->losses = 0;
	if (state == SERVICE_RUNNING)
		return look_at_running(follow, sight);
	follow->is_running = false;
	if (has_new_4071(follow, sight->verdict))
		return FOLLOW_FAILED_AGAIN;
	if (state == SERVICE_STOPPED || state == SERVICE_ABSENT)
		return look_at_stopped(follow, sight->is_last);
	return sight->is_last ? FOLLOW_PENDING : FOLLOW_ON;
}
