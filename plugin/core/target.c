/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target.h"

#include <string.h>
#include <strings.h>

#include "memory.h"
#include "source_kind.h"
#include "when.h"

#define SERVICE "MSExchangeIMC"

/* As the English Exchange 5.0 and 5.5 name it. */
static const char *const built_in_names[] = {
	"Microsoft Exchange Internet Mail Service",
	"Microsoft Exchange Internet Mail Connector",
};
enum { BUILT_IN_NAMES = sizeof(built_in_names) / sizeof(built_in_names[0]) };

void target_set_display_names(
	struct target *target, const char *const *names, size_t count)
{
	const char **copy = memory_array(target, const char *, count);
	for (size_t i = 0; i < count; i++)
		copy[i] = memory_copy(copy, names[i]);
	target->watch.display_names = copy;
	target->watch.display_name_count = count;
}

struct target *target_new(void *parent)
{
	struct target *target = memory_new(parent, struct target);
	target->watch.service = memory_copy(target, SERVICE);
	target_set_display_names(target, built_in_names, BUILT_IN_NAMES);
	target->smb_min = SMB_NT1;
	target->smb_max = SMB_SMB3;
	target->smb_signing = SIGNING_AUTO;
	target->policy = policy_default();
	target->interval = WHEN_MINUTE;
	target->retries = 2;
	target->start_delay = 2 * WHEN_MINUTE;
	target->start_attempts = 1;
	return target;
}

static char *copy_text(void *parent, const char *text)
{
	return text == NULL ? NULL : memory_copy(parent, text);
}

struct target *target_copy(void *parent, const struct target *target)
{
	struct target *copy = memory_new(parent, struct target);
	*copy = *target;
	copy->server = copy_text(copy, target->server);
	copy->address = copy_text(copy, target->address);
	copy->credentials = copy_text(copy, target->credentials);
	copy->evt = copy_text(copy, target->evt);
	copy->system_evt = copy_text(copy, target->system_evt);
	copy->remote_server = copy_text(copy, target->remote_server);
	copy->start_credentials = copy_text(copy, target->start_credentials);
	copy->watch.service = memory_copy(copy, target->watch.service);
	target_set_display_names(
		copy, target->watch.display_names, target->watch.display_name_count);
	return copy;
}

/* Copied logs: no server is asked. */
static bool finish_copy(struct target *target, bool is_evt, struct failure *why)
{
	if (target->source != NULL && !is_evt)
		return fail(why, FAIL_USAGE, "source %s and --evt exclude each other",
			target->source);
	if (target->evt == NULL && target->system_evt != NULL)
		return fail(why, FAIL_USAGE,
			"a System log alone says nothing about 4071: add --evt FILE");
	if (target->evt == NULL)
		return fail(why, FAIL_USAGE, "source evt needs a copied log: --evt FILE");
	target->source = "evt";
	return true;
}

static bool finish_source(struct target *target, struct failure *why)
{
	bool is_evt = target->source != NULL && strcmp(target->source, "evt") == 0;
	if (target->evt != NULL || target->system_evt != NULL || is_evt)
		return finish_copy(target, is_evt, why);
	if (target->source == NULL)
		target->source = "rpc";
	if (target->address == NULL && target->server == NULL)
		return fail(why, FAIL_USAGE, "source %s needs a server: -H HOST",
			target->source);
	if (target->address == NULL)
		target->address = memory_copy(target, target->server);
	if (target->credentials == NULL)
		return fail(why, FAIL_USAGE,
			"source %s needs %s: name its file with -A FILE (in a "
			"configuration: credentials = FILE)",
			target->source,
			source_kind(target->source)->logs_on ? "an account"
							     : "a community or a user");
	return true;
}

static bool finish_row(const struct target *target, struct failure *why)
{
	if (target->remote_server != NULL && !source_kind(target->source)->is_told)
		return fail(why, FAIL_USAGE,
			"a remote server is a row of source agent, which source %s has "
			"none of: add -S agent",
			target->source);
	return true;
}

static bool is_built_in(const char *name)
{
	size_t row = 0;
	while (row < BUILT_IN_NAMES && strcmp(name, built_in_names[row]) != 0)
		row++;
	return row < BUILT_IN_NAMES;
}

/* Another service has other names: under these, the wrong one would be found. */
static void finish_names(struct target *target)
{
	const char *const *names = target->watch.display_names;
	size_t count = 0;
	if (strcasecmp(target->watch.service, SERVICE) == 0)
		return;
	const char **own =
		memory_array(target, const char *, target->watch.display_name_count);
	for (size_t i = 0; i < target->watch.display_name_count; i++) {
		if (!is_built_in(names[i]))
			own[count++] = names[i];
	}
	target_set_display_names(target, own, count);
	talloc_free(own);
	talloc_free((void *)names);
}

bool target_finish(struct target *target, struct failure *why)
{
	finish_names(target);
	return finish_source(target, why) && finish_row(target, why);
}

bool target_has_names(const struct target *target, struct failure *why)
{
	return target->watch.display_name_count > 0 ||
		strcmp(target->source, "snmp") != 0 ||
		fail(why, FAIL_USAGE,
			"SNMP knows services by their display names alone: add one of "
			"%.100s, with --display-name or display_name = NAME",
			target->watch.service);
}
