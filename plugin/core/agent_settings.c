/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent_settings.h"

#include <limits.h>
#include <sys/un.h>

#include "hint.h"
#include "memory.h"
#include "value.h"

enum { WORKERS_DEFAULT = 4, WORKERS_MAX = 64, GROUP_MAX = 32 };

struct agent_settings *agent_settings_new(void *parent)
{
	struct agent_settings *agent = memory_new(parent, struct agent_settings);
	agent->workers = WORKERS_DEFAULT;
	agent->notifications = true;
	agent->trap_socket = memory_copy(agent, HINT_SOCKET);
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
	talloc_free(*field);
	*field = memory_copy(agent, value);
	return true;
}

enum { SOCKET_PATH = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1 };

/* AgentX has no access control of its own: a Unix socket only. */
static bool set_agentx_socket(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	return set_path(agent, &agent->agentx_socket, SOCKET_PATH, value, why);
}

static bool set_trap_socket(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	return set_path(agent, &agent->trap_socket, SOCKET_PATH, value, why);
}

/* A name or a number: whether there is such a group, the machine says later. */
static bool set_trap_group(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	if (!value_text(value, GROUP_MAX, why))
		return false;
	talloc_free(agent->trap_group);
	agent->trap_group = memory_copy(agent, value);
	return true;
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

static bool set_trap_bases(
	struct agent_settings *agent, const char *value, struct failure *why)
{
	for (const char *at = value;;) {
		const char *end;
		if (!value_is_oid(at, &end) || (*end != ',' && *end != '\0'))
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
	{"trap-socket", "PATH", set_trap_socket},
	{"trap-group", "GROUP", set_trap_group},
	{"accept-trap-events", "FLAG", set_accept_trap_events},
	{"trap-bases", "OID,...", set_trap_bases},
};

const struct agent_setting *agent_settings_table(size_t *ret_count)
{
	*ret_count = sizeof(settings) / sizeof(settings[0]);
	return settings;
}
