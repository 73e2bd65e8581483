/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/harvest.h"

void request_trace(const struct request *request, const char *format, ...)
{
	if (request->trace == NULL)
		return;
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	request->trace(request->trace_context, line);
}

/* Where the clock was set back after it, what came later may seem to be before. `own`
 * NULL: all of the log came later. */
static int64_t earliest_since(
	int64_t boot_time, const struct event *own, const struct log *system)
{
	int64_t ret = boot_time;
	for (size_t i = 0; i < system->fall_count; i++) {
		const struct clock_fall *fall = &system->falls[i];
		if ((own == NULL || fall_order(fall, own) > 0) && fall->to < ret)
			ret = fall->to;
	}
	return ret;
}

int64_t request_last_boot(const struct request *request, const struct log *system)
{
	const struct event *own = log_last_boot(system), *boot = own;
	if (boot == NULL && request->state != NULL)
		boot = log_last_boot(&request->state->logs[LOG_SYSTEM]);
	return boot != NULL ? earliest_since(boot->time, own, system) : NO_TIME;
}

/* Events are needed back to the last boot and for the lookback at least, and what
 * happened in the boot window before tells how those came about. */
struct harvest_plan request_plan(const struct request *request, enum log_kind kind,
	int64_t server_now, int64_t last_boot)
{
	const struct policy *policy = &request->target->policy;
	int64_t horizon = server_now - policy->lookback;
	if (kind == LOG_APPLICATION && last_boot != NO_TIME && last_boot < horizon)
		horizon = last_boot;
	struct harvest_plan plan = {
		.kind = kind,
		.watch = &request->target->watch,
		.now = server_now,
		.cutoff = horizon - policy->boot_window,
		.needs_boot = kind == LOG_SYSTEM,
	};
	if (request->state != NULL) {
		plan.bookmark = request->state->logs[kind].newest;
		plan.stops_at_bookmark = plan.bookmark.is_set &&
			request->state->watched == watch_hash(plan.watch) &&
			state_covers(request->state, kind, plan.cutoff, plan.needs_boot);
	}
	return plan;
}
