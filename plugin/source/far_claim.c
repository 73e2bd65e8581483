/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "far_claim.h"

/* Sets of states. */
enum {
	STOPPED = 1 << SERVICE_STOPPED,
	STARTING = 1 << SERVICE_START_PENDING | 1 << SERVICE_STOP_PENDING,
	RUNNING = 1 << SERVICE_RUNNING,
	RESUMING = 1 << SERVICE_CONTINUE_PENDING | 1 << SERVICE_PAUSE_PENDING,
	PAUSED = 1 << SERVICE_PAUSED,
	ABSENT = 1 << SERVICE_ABSENT,
	NOT_KNOWN = 1 << SERVICE_UNKNOWN
};

/* Sets of conditions. */
enum {
	NONE = 1 << CONDITION_NONE,
	ACTIVE = 1 << CONDITION_ACTIVE,
	RECOVERED = 1 << CONDITION_RECOVERED,
	PAST = 1 << CONDITION_PAST,
	DOUBTFUL = 1 << CONDITION_UNKNOWN,
	CLEARED = 1 << CONDITION_CLEARED,
	QUIET = NONE | DOUBTFUL | CLEARED /* no 4071 that is known since the boot */
};

/* What a row of state goes with; one of several lines of the same key. */
static const struct claim {
	enum key key;
	unsigned states, conditions;
} claims[] = {
	{KEY_UNREACHABLE, NOT_KNOWN, ACTIVE | PAST | DOUBTFUL},
	{KEY_ABSENT, ABSENT, QUIET | PAST},
	{KEY_ACTIVE, STOPPED | STARTING | NOT_KNOWN, ACTIVE},
	{KEY_STATE_UNREADABLE, NOT_KNOWN, QUIET | PAST},
	{KEY_DISABLED, STOPPED, QUIET | PAST | ACTIVE},
	{KEY_BOOTING, STOPPED, QUIET | PAST},
	{KEY_STOPPED, STOPPED, QUIET | PAST},
	{KEY_PENDING, STARTING, QUIET | PAST},
	{KEY_PENDING, RESUMING, QUIET | RECOVERED},
	{KEY_PAUSED, PAUSED, QUIET | RECOVERED},
	{KEY_RECOVERED_AUTOMATIC, RUNNING, RECOVERED},
	{KEY_RECOVERED_UNKNOWN, RUNNING, RECOVERED},
	{KEY_RECOVERED_MANUAL, RUNNING, RECOVERED},
	{KEY_CLEARED, RUNNING, CLEARED},
	{KEY_RUNNING, RUNNING, NONE | DOUBTFUL},
};

static unsigned count_state_keys(const struct told *told, enum key *ret_last)
{
	unsigned count = 0;
	for (enum key key = KEY_MAINTENANCE; key <= KEY_RUNNING; key++) {
		if (!told->keys[key])
			continue;
		*ret_last = key;
		count++;
	}
	return count;
}

/* Maintenance stands for any row of state: that one it hides. */
static bool goes_together(
	enum key key, enum service_state state, enum condition condition)
{
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		const struct claim *claim = &claims[i];
		if ((key == claim->key || key == KEY_MAINTENANCE) &&
			(claim->states & 1U << state) != 0 &&
			(claim->conditions & 1U << condition) != 0)
			return true;
	}
	return false;
}

/* A log that leaves the condition open is a finding of its own, but where nothing at all
 * was learned, or nothing counts. */
static bool is_doubt_explained(const struct told *told, enum key key)
{
	return told->condition != CONDITION_UNKNOWN || key == KEY_UNREACHABLE ||
		key == KEY_MAINTENANCE || told->keys[KEY_LOG_UNREADABLE] ||
		told->keys[KEY_LOG_DAMAGED] || told->keys[KEY_LOG_NOT_OFFERED];
}

/* In maintenance nothing else counts but what imc-agentd finds out about itself, and
 * adds. */
static bool check_maintenance(const struct told *told, struct failure *why)
{
	for (enum key key = KEY_MAINTENANCE + 1; key < KEYS; key++) {
		if (told->keys[key] && key != KEY_STALE && key != KEY_STATE_FILE)
			return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
				"the row contradicts itself: its imcServerKeys say %s "
				"besides maintenance, where nothing else counts",
				key_name(key));
	}
	return true;
}

bool far_claim_check(
	const struct told *told, enum service_state state, struct failure *why)
{
	enum key key = KEYS;
	unsigned count = count_state_keys(told, &key);
	if (count == 0)
		return true;
	if (told->keys[KEY_MAINTENANCE] && !check_maintenance(told, why))
		return false;
	if (count > 1)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"the row contradicts itself: its imcServerKeys say %s, and %u "
			"more of how the service is: one would be right",
			key_name(key), count - 1);
	if (goes_together(key, state, told->condition) && is_doubt_explained(told, key))
		return true;
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"the row contradicts itself: imcServerKeys say %s, the "
		"imcServerServiceState %s, the imcServerCondition %s",
		key_name(key), service_state_name(state),
		condition_name(told->condition));
}
