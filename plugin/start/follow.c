/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "follow.h"

static bool has_new_4071(const struct follow *follow, const struct verdict *verdict)
{
	return verdict->last_4071 != NO_TIME &&
		(verdict->last_4071 != follow->before->last_4071 ||
			verdict->last_4071_record != follow->before->last_4071_record);
}

static enum follow_end look_at_running(struct follow *follow,
	const struct verdict *verdict, int64_t now_ms, bool is_last)
{
	if (!follow->is_running)
		follow->running_since_ms = now_ms;
	follow->is_running = follow->has_run = true;
	follow->ran_ms = now_ms - follow->running_since_ms;
	if (follow->ran_ms < FOLLOW_SETTLE_MS && !is_last)
		return FOLLOW_ON;
	return verdict->condition == CONDITION_RECOVERED ? FOLLOW_RUNS : FOLLOW_LOST;
}

static enum follow_end look_at_stopped(struct follow *follow, bool is_last)
{
	follow->stops++;
	if (follow->stops < FOLLOW_STOPS && !is_last)
		return FOLLOW_ON;
	return follow->has_run ? FOLLOW_DIED : FOLLOW_STOPPED;
}

enum follow_end follow_look(struct follow *follow, const struct verdict *verdict,
	int64_t now_ms, bool is_last)
{
	enum service_state state = verdict->evidence->service.state;
	if (!evidence_has(verdict->evidence, PART_STATE))
		return FOLLOW_LOST;
	if (state == SERVICE_RUNNING) {
		follow->stops = 0;
		return look_at_running(follow, verdict, now_ms, is_last);
	}
	follow->is_running = false;
	if (has_new_4071(follow, verdict))
		return FOLLOW_FAILED_AGAIN;
	if (state == SERVICE_STOPPED || state == SERVICE_ABSENT)
		return look_at_stopped(follow, is_last);
	follow->stops = 0;
	return is_last ? FOLLOW_PENDING : FOLLOW_ON;
}
