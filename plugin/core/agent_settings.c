/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent_settings.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "memory.h"
#include "value.h"

enum { WORKERS_DEFAULT = 4, WORKERS_MAX = 64, OID_MAX_PARTS = 128 };

struct agent_settings *agent_settings_new(void *parent)
{
	struct agent_settings *agent = memory_new(parent, struct agent_settings);
	agent->workers = WORKERS_DEFAULT;
	agent->notifications = true;
	return agent;
}

static bool set_path(struct agent_settings *agent, char **field, size_t limit,
	const char *value, struct failure *why)
{
	if (!value_text(value, limit, why))
		return false;
	if (value[0] != '/')
		return fail(why, FAIL_USAGE, "must be an absolute path, not \"%.60s\"",
			value);
	*field = memory_copy(agent, value);
	return true;
}

/* AgentX has no access control of its own: a Unix socket only. */
static bool set_agentx_socket(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	return set_path(agent, &agent->agentx_socket, room, value, why);
}

static bool set_state_dir(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	return set_path(agent, &agent->state_dir, PATH_MAX - 1, value, why);
}

static bool set_workers(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	return value_number(value, 1, WORKERS_MAX, &agent->workers, why);
}

static bool set_notifications(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	return value_flag(value, &agent->notifications, why);
}

static bool set_appl_table(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	return value_flag(value, &agent->appl_table, why);
}

static bool set_accept_trap_events(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	return value_flag(value, &agent->accept_trap_events, why);
}

/* One OID of at least two numbers of 32 bits; *end is what follows it. */
static bool is_oid(const char *text, const char **end)
{
	size_t parts = 0;
	const char *at = *text == '.' ? text + 1 : text;
	for (;; at++) {
		size_t digits = strspn(at, "0123456789");
		if (digits == 0 || digits > 10 || strtoull(at, NULL, 10) > UINT32_MAX)
			return false;
		at += digits;
		if (++parts > OID_MAX_PARTS)
			return false;
		if (*at != '.')
			break;
	}
	*end = at;
	return parts >= 2;
}

static bool set_trap_bases(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	for (const char *at = value;;) {
		const char *end;
		if (!is_oid(at, &end) || (*end != ',' && *end != '\0'))
			return fail(why, FAIL_USAGE,
				"must be numeric OIDs, separated by commas without "
				"blanks, not \"%.60s\"",
				value);
		if (*end == '\0')
			break;
		at = end + 1;
	}
	agent->trap_bases = memory_copy(agent, value);
	return true;
}

static const struct agent_setting settings[] = {
	{"agentx-socket", "PATH", set_agentx_socket},
	{"state-dir", "DIR", set_state_dir},
	{"workers", "NUMBER", set_workers},
	{"notifications", "FLAG", set_notifications},
	{"appl-table", "FLAG", set_appl_table},
	{"accept-trap-events", "FLAG", set_accept_trap_events},
	{"trap-bases", "OID,...", set_trap_bases},
};

const struct agent_setting *agent_settings_table(size_t *ret_count)
{
	*ret_count = sizeof(settings) / sizeof(settings[0]);
	return settings;
}
