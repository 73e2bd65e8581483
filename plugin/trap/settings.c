/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include <string.h>

#include "core/config.h"
#include "core/inifile.h"
#include "core/memory.h"
#include "core/value.h"

/* Is `key` the setting's name, written with _ for -? */
static const struct agent_setting *find(const char *key)
{
	size_t count;
	const struct agent_setting *table = agent_settings_table(&count);
	for (size_t i = 0; i < count; i++)
		if (value_is_key(key, table[i].name))
			return &table[i];
	return NULL;
}

/* imc-agentd says what is wrong with all the other keys. */
static bool take(void *context, const struct inifile_line *line, struct failure *why)
{
	struct agent_settings *settings = context;
	struct failure inner;
	if (line->key == NULL || strncmp(line->key, "trap_", strlen("trap_")) != 0)
		return true;
	const struct agent_setting *setting = find(line->key);
	if (setting == NULL || setting->set(settings, line->value, &inner))
		return true;
	return fail(why, inner.kind, "%s: %s", line->key, inner.text);
}

bool trap_settings_read(
	void *parent, const char *path, struct agent_settings **ret, struct failure *why)
{
	struct bytes text;
	if (!inifile_read(parent, path, CONFIG_MAX_BYTES, &text, why))
		return false;
	struct agent_settings *settings = agent_settings_new(parent);
	/* Thousands of servers may stand around it, and this is done for each trap. */
	bool is_right = inifile_parse_section(path, text, "agent", take, settings, why);
	talloc_free((void *)text.data);
	if (!is_right) {
		talloc_free(settings);
		return false;
	}
	*ret = settings;
	return true;
}
