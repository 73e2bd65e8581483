/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include <string.h>

#include "core/memory.h"
#include "log.h"

bool settings_read(
	void *parent, const char *path, struct settings **ret, struct failure *why)
{
	struct settings *settings = memory_new(parent, struct settings);
	settings->path = memory_copy(settings, path);
	if (inifile_read(settings, path, CONFIG_MAX_BYTES, &settings->text, why) &&
		config_parse(settings, path, settings->text, &settings->config, why) &&
		config_finish(settings->config, path, why)) {
		*ret = settings;
		return true;
	}
	talloc_free(settings);
	return false;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void settings_say_what_waits(struct logger *logger, const struct agent_settings *start,
	const struct agent_settings *now)
{
	const struct {
		const char *key;
		bool is_same;
	} rows[] = {
		{"agentx_socket", is_same(start->agentx_socket, now->agentx_socket)},
		{"state_dir", is_same(start->state_dir, now->state_dir)},
		{"appl_table", start->appl_table == now->appl_table},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].is_same)
			log_warn(
				logger, "%s takes effect at the next start", rows[i].key);
	}
}
