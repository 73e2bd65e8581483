/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "when.h"

struct key_row {
	const char *name;
	enum status severity; /* unless it is set; judge grades `pending` and `events` */
	const char *help;
};

static const struct key_row key_rows[KEYS] = {
	[KEY_MAINTENANCE] = {"maintenance", STATUS_OK, "configured for this server"},
	[KEY_UNREACHABLE] = {"unreachable", STATUS_UNKNOWN, "nothing could be learned"},
	[KEY_ABSENT] = {"absent", STATUS_UNKNOWN, "there is no such service"},
	[KEY_ACTIVE] = {"active", STATUS_CRITICAL,
		"down, the newest start ended in 4071"},
	[KEY_STATE_UNREADABLE] = {"state-unreadable", STATUS_UNKNOWN,
		"a log was read, the service's state was not"},
	[KEY_DISABLED] = {"disabled", STATUS_WARNING,
		"stopped, and its start is disabled"},
	[KEY_BOOTING] = {"booting", STATUS_WARNING, "booted just now, not started yet"},
	[KEY_STOPPED] = {"stopped", STATUS_CRITICAL, "stopped, for whatever other cause"},
	[KEY_PENDING] = {"pending", STATUS_OK,
		"starting, stopping, ... graded by its age"},
	[KEY_PAUSED] = {"paused", STATUS_WARNING, "paused"},
	[KEY_RECOVERED_AUTOMATIC] = {"recovered-automatic", STATUS_WARNING,
		"runs, but an automatic start since the boot failed with 4071"},
	[KEY_RECOVERED_UNKNOWN] = {"recovered-unknown", STATUS_WARNING,
		"runs, but some start since the boot failed with 4071"},
	[KEY_RECOVERED_MANUAL] = {"recovered-manual", STATUS_OK,
		"runs; only starts by hand failed with 4071"},
	[KEY_CLEARED] = {"cleared", STATUS_OK,
		"runs; 4071 came before the last boot only"},
	[KEY_RUNNING] = {"running", STATUS_OK, "runs, no 4071"},
	[KEY_LOG_UNREADABLE] = {"log-unreadable", STATUS_UNKNOWN,
		"the Application log could not be read"},
	[KEY_SYSTEM_UNREADABLE] = {"system-unreadable", STATUS_UNKNOWN,
		"the System log could not be read"},
	[KEY_CONFIG_UNREADABLE] = {"config-unreadable", STATUS_UNKNOWN,
		"the start type could not be read"},
	[KEY_LOG_NOT_OFFERED] = {"log-not-offered", STATUS_OK, "the source has no logs"},
	[KEY_LOG_DAMAGED] = {"log-damaged", STATUS_UNKNOWN, "damage inside the horizon"},
	[KEY_LOG_CLEARED] = {"log-cleared", STATUS_WARNING,
		"cleared since the last run: records may have gone unread"},
	[KEY_LOG_SHORT] = {"log-short", STATUS_OK, "the log wrapped since the last boot"},
	[KEY_START_TYPE] = {"start-type", STATUS_WARNING,
		"runs, but would not start by itself at the next boot"},
	[KEY_STALE] = {"stale", STATUS_UNKNOWN, "the evidence is too old"},
	[KEY_STATE_FILE] = {"state-file", STATUS_UNKNOWN,
		"the state file could not be read or written"},
	[KEY_TOLD_BY_TRAP] = {"told-by-trap", STATUS_OK,
		"a trap told of event 4071, no log"},
	[KEY_EVENTS] = {"events", STATUS_WARNING, "-w or -c alerts"},
};

static const struct {
	const char *name, *word;
} status_rows[STATUSES] = {
	[STATUS_OK] = {"ok", "OK"},
	[STATUS_WARNING] = {"warning", "WARNING"},
	[STATUS_CRITICAL] = {"critical", "CRITICAL"},
	[STATUS_UNKNOWN] = {"unknown", "UNKNOWN"},
};

struct policy policy_default(void)
{
	struct policy policy = {
		.lookback = 7 * WHEN_DAY,
		.boot_window = 15 * WHEN_MINUTE,
		.pending_warning = 5 * WHEN_MINUTE,
		.pending_critical = 15 * WHEN_MINUTE,
		.max_age = WHEN_HOUR,
		.fixed_since = NO_TIME,
	};
	for (enum key key = 0; key < KEYS; key++)
		policy.severity[key] = key_rows[key].severity;
	return policy;
}

static bool find_key(const char *name, size_t length, enum key *ret)
{
	for (enum key key = 0; key < KEYS; key++) {
		if (strlen(key_rows[key].name) == length &&
			strncasecmp(key_rows[key].name, name, length) == 0) {
			*ret = key;
			return true;
		}
	}
	return false;
}

/* One "KEY=STATE", `length` long. */
static bool set_severity(
	struct policy *policy, const char *pair, size_t length, struct failure *why)
{
	const char *equals = memchr(pair, '=', length);
	enum key key;
	if (equals == NULL || !find_key(pair, (size_t)(equals - pair), &key))
		return fail(why, FAIL_USAGE,
			"must be KEY=STATE with a key of check_imc(1), not "
			"\"%.*s\"",
			(int)(length > 80 ? 80 : length), pair);

	char state[16];
	size_t state_length = length - (size_t)(equals + 1 - pair);
	snprintf(state, sizeof(state), "%.*s",
		(int)(state_length > 15 ? 15 : state_length), equals + 1);
	enum status status;
	if (!status_parse(state, &status))
		return fail(why, FAIL_USAGE,
			"%s must be ok, warning, critical or unknown, not "
			"\"%s\"",
			key_rows[key].name, state);
	policy->severity[key] = status;
	policy->is_severity_set[key] = true;
	return true;
}

bool policy_set_severities(struct policy *policy, const char *text, struct failure *why)
{
	struct policy changed = *policy;
	for (const char *pair = text;;) {
		size_t length = strcspn(pair, ",");
		if (!set_severity(&changed, pair, length, why))
			return false;
		if (pair[length] == '\0')
			break;
		pair += length + 1;
	}
	*policy = changed;
	return true;
}

enum status status_worst(enum status a, enum status b)
{
	static const int badness[STATUSES] = {[STATUS_OK] = 0,
		[STATUS_UNKNOWN] = 1,
		[STATUS_WARNING] = 2,
		[STATUS_CRITICAL] = 3};
	return badness[a] >= badness[b] ? a : b;
}

const char *status_name(enum status status)
{
	return status_rows[status].name;
}

const char *status_word(enum status status)
{
	return status_rows[status].word;
}

bool status_parse(const char *text, enum status *ret)
{
	for (enum status status = 0; status < STATUSES; status++) {
		const char digit[] = {(char)('0' + (int)status), '\0'};
		if (strcasecmp(text, status_rows[status].name) == 0 ||
			strcmp(text, digit) == 0) {
			*ret = status;
			return true;
		}
	}
	return false;
}

const char *key_name(enum key key)
{
	return key_rows[key].name;
}

const char *key_help(enum key key)
{
	return key_rows[key].help;
}
