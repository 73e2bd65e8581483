/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include "core/memory.h"

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
