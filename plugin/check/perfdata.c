/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <inttypes.h>

#include "core/memory.h"
#include "core/range.h"
#include "core/told.h"

/*
 * 'label'=value[UOM];[warn];[crit];[min];[max] (Monitoring Plugins guidelines). All
 * values are whole numbers but for milliseconds, which are written as such, so that
 * neither a locale nor an exponent can get in. A metric that is not known is left out:
 * Icinga drops "U" with a warning each time.
 */

static char *seconds(void *parent, const char *label, int64_t age)
{
	/* Ages of what lies ahead of the clock count as 0. */
	return memory_format(parent, "%s=%" PRId64 "s;;;0", label, age > 0 ? age : 0);
}

/* From `then` until the moment of judging; NULL where either is not known. */
static char *age(
	void *parent, const struct verdict *verdict, const char *label, int64_t then)
{
	if (then == NO_TIME || verdict->server_now == NO_TIME)
		return NULL;
	return seconds(parent, label, verdict->server_now - then);
}

static char *status(void *parent, const struct verdict *verdict)
{
	return memory_format(parent, "status=%d;;;0;3", verdict->status);
}

static char *service_state(void *parent, const struct verdict *verdict)
{
	enum service_state state = verdict->evidence->service.state;
	if (state == SERVICE_UNKNOWN)
		return NULL;
	return memory_format(parent, "service_state=%d;;;1;8", state);
}

static char *events_4071(void *parent, const struct verdict *verdict)
{
	if (!evidence_has(verdict->evidence, PART_APPLICATION))
		return NULL;
	const struct policy *policy = verdict->policy;
	return memory_format(parent, "events_4071=%u;%s;%s;0", verdict->events_4071,
		policy->has_warning ? range_format(parent, &policy->warning) : "",
		policy->has_critical ? range_format(parent, &policy->critical) : "");
}

static char *last_4071_age(void *parent, const struct verdict *verdict)
{
	return age(parent, verdict, "last_4071_age", verdict->last_4071);
}

static char *state_age(void *parent, const struct verdict *verdict)
{
	return age(parent, verdict, "state_age", verdict->state_since);
}

static char *evidence_age(void *parent, const struct verdict *verdict)
{
	const struct evidence *evidence = verdict->evidence;
	if (!evidence_has(evidence, PART_STATE) &&
		!evidence_has(evidence, PART_APPLICATION) &&
		!evidence_has(evidence, PART_SYSTEM))
		return NULL;
	if (evidence->told != NULL && evidence->told->age < 0)
		return NULL; /* as old as it is, nobody told */
	return seconds(parent, "evidence_age", verdict->evidence_age);
}

static char *probe_time(void *parent, const struct verdict *verdict)
{
	unsigned ms = verdict->evidence->probe_ms;
	return memory_format(parent, "probe_time=%u.%03us;;;0", ms / 1000, ms % 1000);
}

/* The most important first: the last ones go where there is no room. */
static char *(*const metrics[])(void *parent, const struct verdict *verdict) = {
	status,
	service_state,
	events_4071,
	last_4071_age,
	state_age,
	evidence_age,
	probe_time,
};

enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };

char **report_perfdata(void *parent, const struct verdict *verdict, size_t *ret_count)
{
	char **list = memory_array(parent, char *, METRICS);
	*ret_count = 0;
	for (size_t i = 0; i < METRICS; i++) {
		char *metric = metrics[i](list, verdict);
		if (metric != NULL)
			list[(*ret_count)++] = metric;
	}
	return list;
}
