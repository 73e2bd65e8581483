/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "source_kind.h"
#include "target.h"
#include "value.h"
#include "when.h"

enum {
	ADDRESS_MAX = 255,
	NAME_MAX_BYTES = 256, /* of a service key or display name ([MS-SCMR] 3.1.4) */
	DISPLAY_NAMES_MAX = 16,
	INTERVAL_MIN = 10,
	START_ATTEMPTS_MAX = 5
};

/* A positive list: an address becomes part of a binding string of Samba's, where `[`
 * `,` `@` and others have meanings. `:` and `%` are in IPv6 addresses. */
#define ADDRESS_CHARACTERS                                                               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:%"

static const char *const protocol_names[SMB_PROTOCOLS] = {
	[SMB_NT1] = "NT1", [SMB_SMB2] = "SMB2", [SMB_SMB3] = "SMB3"};
static const char *const signing_names[SIGNINGS] = {
	[SIGNING_AUTO] = "auto", [SIGNING_OFF] = "off", [SIGNING_REQUIRED] = "required"};
/* SNMP_ANY has no name: it is what is not said. */
static const char *const version_names[] = {"1", "2c", "3"};

static bool replace(struct target *target, char **field, size_t limit, const char *value,
	struct failure *why)
{
	if (!value_text(value, limit, why))
		return false;
	talloc_free(*field);
	*field = memory_copy(target, value);
	return true;
}

static bool set_address(struct target *target, const char *value, struct failure *why)
{
	if (!value_text(value, ADDRESS_MAX, why))
		return false;
	if (value[0] == '-' || value[strspn(value, ADDRESS_CHARACTERS)] != '\0')
		return fail(why, FAIL_USAGE,
			"must be a host name or address of letters, digits and '.', '-', "
			"'_', ':', '%%' inside, not \"%.60s\"",
			value);
	return replace(target, &target->address, ADDRESS_MAX, value, why);
}

static bool set_source(struct target *target, const char *value, struct failure *why)
{
	const struct source_kind *kind = source_kind(value);
	if (kind == NULL) {
		char *list = source_kind_list(NULL);
		fail(why, FAIL_USAGE, "must be one of %s, not \"%.40s\"", list, value);
		talloc_free(list);
		return false;
	}
	target->source = kind->name;
	return true;
}

static bool set_port(struct target *target, const char *value, struct failure *why)
{
	return value_number(value, 1, 65535, &target->port, why);
}

static bool set_credentials(struct target *target, const char *value, struct failure *why)
{
	return replace(target, &target->credentials, PATH_MAX - 1, value, why);
}

static bool set_evt(struct target *target, const char *value, struct failure *why)
{
	return replace(target, &target->evt, PATH_MAX - 1, value, why);
}

static bool set_system_evt(struct target *target, const char *value, struct failure *why)
{
	return replace(target, &target->system_evt, PATH_MAX - 1, value, why);
}

static bool set_remote_server(
	struct target *target, const char *value, struct failure *why)
{
	return value_server_name(value, why) &&
		replace(target, &target->remote_server, NAME_MAX_BYTES, value, why);
}

static bool set_snmp_version(
	struct target *target, const char *value, struct failure *why)
{
	size_t index;
	size_t count = sizeof(version_names) / sizeof(version_names[0]);
	if (!value_choice(value, version_names, count, &index, why))
		return false;
	target->snmp_version = (enum snmp_version)(SNMP_1 + index);
	return true;
}

static bool set_service(struct target *target, const char *value, struct failure *why)
{
	if (!value_text(value, NAME_MAX_BYTES, why))
		return false;
	if (strpbrk(value, "/\\") != NULL)
		return fail(why, FAIL_USAGE,
			"must be a service's key name, without / and \\");
	target->watch.service = memory_copy(target, value);
	return true;
}

static bool add_display_name(
	struct target *target, const char *value, struct failure *why)
{
	if (!value_text(value, NAME_MAX_BYTES, why))
		return false;
	size_t count = target->watch.display_name_count;
	if (count == DISPLAY_NAMES_MAX)
		return fail(why, FAIL_USAGE,
			"there are %d names already, no more can be added",
			DISPLAY_NAMES_MAX);
	const char *names[DISPLAY_NAMES_MAX];
	memcpy(names, target->watch.display_names, count * sizeof(names[0]));
	names[count] = value;
	const char *const *old = target->watch.display_names;
	target_set_display_names(target, names, count + 1);
	talloc_free((void *)old);
	return true;
}

static bool set_protocol(struct target *target, const char *value, struct failure *why)
{
	for (size_t min = 0; min < SMB_PROTOCOLS; min++) {
		for (size_t max = min; max < SMB_PROTOCOLS; max++) {
			char text[16];
			snprintf(text, sizeof(text), "%s:%s", protocol_names[min],
				protocol_names[max]);
			if (strcmp(value, text) != 0)
				continue;
			target->smb_min = (enum smb_protocol)min;
			target->smb_max = (enum smb_protocol)max;
			return true;
		}
	}
	return fail(why, FAIL_USAGE,
		"must be MIN:MAX of NT1, SMB2 and SMB3, such as NT1:NT1, not \"%.40s\"",
		value);
}

static bool set_signing(struct target *target, const char *value, struct failure *why)
{
	size_t index;
	if (!value_choice(value, signing_names, SIGNINGS, &index, why))
		return false;
	target->smb_signing = (enum smb_signing)index;
	return true;
}

static bool set_ntlmv1(struct target *target, const char *value, struct failure *why)
{
	return value_flag(value, &target->allows_ntlmv1, why);
}

static bool set_lookback(struct target *target, const char *value, struct failure *why)
{
	return value_duration(
		value, WHEN_MINUTE, 366 * WHEN_DAY, &target->policy.lookback, why);
}

static bool set_boot_window(struct target *target, const char *value, struct failure *why)
{
	return value_duration(value, 1, WHEN_DAY, &target->policy.boot_window, why);
}

static bool set_pending(struct target *target, const char *value, struct failure *why)
{
	char *copy = memory_copy(NULL, value);
	char *comma = strchr(copy, ',');
	int64_t warning, critical;
	bool is_good = false;
	if (comma == NULL) {
		fail(why, FAIL_USAGE,
			"must be two durations, such as 5m,15m, not \"%.40s\"", value);
		goto done;
	}
	*comma = '\0';
	if (!value_duration(copy, 0, WHEN_DAY, &warning, why) ||
		!value_duration(comma + 1, 0, WHEN_DAY, &critical, why))
		goto done;
	if (warning > critical) {
		fail(why, FAIL_USAGE,
			"the first duration (warning) must not be the longer one, not "
			"\"%.40s\"",
			value);
		goto done;
	}
	target->policy.pending_warning = warning;
	target->policy.pending_critical = critical;
	is_good = true;
done:
	talloc_free(copy);
	return is_good;
}

static bool set_max_age(struct target *target, const char *value, struct failure *why)
{
	return value_duration(value, 0, 3650 * WHEN_DAY, &target->policy.max_age, why);
}

static bool set_fixed_since(struct target *target, const char *value, struct failure *why)
{
	return when_parse_time(value, &target->policy.fixed_since, why);
}

static bool set_warning(struct target *target, const char *value, struct failure *why)
{
	if (!range_parse(value, &target->policy.warning, why))
		return false;
	target->policy.has_warning = true;
	return true;
}

static bool set_critical(struct target *target, const char *value, struct failure *why)
{
	if (!range_parse(value, &target->policy.critical, why))
		return false;
	target->policy.has_critical = true;
	return true;
}

static bool set_severity(struct target *target, const char *value, struct failure *why)
{
	return policy_set_severities(&target->policy, value, why);
}

static bool set_maintenance(struct target *target, const char *value, struct failure *why)
{
	return value_flag(value, &target->policy.is_maintenance, why);
}

static bool set_interval(struct target *target, const char *value, struct failure *why)
{
	return value_duration(value, INTERVAL_MIN, WHEN_DAY, &target->interval, why);
}

static bool set_retries(struct target *target, const char *value, struct failure *why)
{
	return value_number(value, 0, 10, &target->retries, why);
}

static bool set_allow_start(struct target *target, const char *value, struct failure *why)
{
	return value_flag(value, &target->allows_start, why);
}

static bool set_start_credentials(
	struct target *target, const char *value, struct failure *why)
{
	return replace(target, &target->start_credentials, PATH_MAX - 1, value, why);
}

static bool set_start_delay(struct target *target, const char *value, struct failure *why)
{
	return value_duration(value, 0, WHEN_DAY, &target->start_delay, why);
}

static bool set_start_attempts(
	struct target *target, const char *value, struct failure *why)
{
	return value_number(value, 1, START_ATTEMPTS_MAX, &target->start_attempts, why);
}

static const struct setting settings[] = {
	{"hostname", "HOST", "the server to ask", true, false, .set = set_address},
	{"address", "HOST", "the server to ask; its name by default", false, true,
		.set = set_address},
	{"source", "SOURCE", "rpc (default), snmp, agent or evt", true, true,
		.set = set_source},
	{"port", "PORT", "the source's port (445; SNMP: 161)", true, true,
		.set = set_port},
	{"credentials", "FILE", "account; or community, SNMPv3 user", true, true,
		.is_path = true, .set = set_credentials},
	{"snmp-version", "VERSION", "1, 2c or 3 (as the credentials suggest)", true, true,
		.set = set_snmp_version},
	{"remote-server", "NAME", "the row at a far imc-agentd", true, true,
		.set = set_remote_server},
	{"evt", "FILE", "copied Application log", true, true, .is_path = true,
		.set = set_evt},
	{"system-evt", "FILE", "copied System log", true, true, .is_path = true,
		.set = set_system_evt},
	{"service", "NAME", "key name (MSExchangeIMC)", true, true, .set = set_service},
	{"display-name", "NAME", "one more display name; repeatable", true, true,
		.repeats = true, .set = add_display_name},
	{"smb-protocol", "MIN:MAX", "of NT1, SMB2, SMB3 (NT1:SMB3)", true, true,
		.set = set_protocol},
	{"smb-signing", "MODE", "auto (default), off or required", true, true,
		.set = set_signing},
	{"ntlmv1", "FLAG", "allow NTLMv1 (no)", false, true, .set = set_ntlmv1},
	{"lookback", "DURATION", "how far back 4071 counts (7d)", true, true,
		.set = set_lookback},
	{"boot-window", "DURATION", "a start this soon is automatic (15m)", true, true,
		.set = set_boot_window},
	{"pending", "WARN,CRIT", "ages of a pending state (5m,15m)", true, true,
		.set = set_pending},
	{"max-age", "DURATION", "older evidence is stale (1h); 0: never", true, true,
		.set = set_max_age},
	{"fixed-since", "TIME", "the mailbox was put right then", true, true,
		.set = set_fixed_since},
	{"warning", "RANGE", "on the 4071 attempts in the lookback", true, true,
		.set = set_warning},
	{"critical", "RANGE", "on the 4071 attempts in the lookback", true, true,
		.set = set_critical},
	{"severity", "KEY=STATE,...", "how bad a finding is", true, true,
		.set = set_severity},
	{"maintenance", "FLAG", "shown, but nothing counts (no)", false, true,
		.set = set_maintenance},
	{"interval", "DURATION", "between two polls (1m)", false, true,
		.set = set_interval},
	{"retries", "NUMBER", "quick ones before unreachable (2)", false, true,
		.set = set_retries},
	{"allow-start", "FLAG", "imc-start may start the service (no)", false, true,
		.set = set_allow_start},
	{"start-credentials", "FILE", "the account that may start it", false, true,
		.is_path = true, .set = set_start_credentials},
	{"start-delay", "DURATION", "no start sooner after the boot (2m)", false, true,
		.set = set_start_delay},
	{"start-attempts", "NUMBER", "starts for one boot (1)", false, true,
		.set = set_start_attempts},
};

const struct setting *target_settings(size_t *ret_count)
{
	*ret_count = sizeof(settings) / sizeof(settings[0]);
	return settings;
}

const struct setting *target_setting(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}
