/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "value.h"

/* More than there are settings, even with every repetition that is allowed. */
enum { SECTION_MAX_KEYS = 64 };

enum section_kind { SECTION_AGENT, SECTION_DEFAULTS, SECTION_SERVER, SECTION_KINDS };

/* A key that waits until [defaults] is complete, wherever in the file that stands. */
struct entry {
	unsigned line;
	const struct setting *setting;
	char *value;
};

struct section {
	enum section_kind kind;
	unsigned line;
	const char *name; /* of the server */
	struct entry *entries;
	size_t entry_count;
	uint64_t seen; /* bit per row of the section's table */
};

struct builder {
	struct config *config;
	struct section *sections;
	size_t count, room;
};

static bool begin_section(
	struct builder *builder, const struct inifile_line *line, struct failure *why)
{
	struct section section = {.line = line->number};
	if (strcmp(line->section, "agent") == 0)
		section.kind = SECTION_AGENT;
	else if (strcmp(line->section, "defaults") == 0)
		section.kind = SECTION_DEFAULTS;
	else if (strncmp(line->section, "server ", strlen("server ")) == 0)
		section.kind = SECTION_SERVER;
	else
		return fail(why, FAIL_USAGE,
			"unknown section: [agent], [defaults] and [server NAME] are "
			"known");
	if (section.kind == SECTION_SERVER) {
		const char *name = line->section + strlen("server ");
		if (!value_server_name(name, why))
			return false;
		section.name = memory_copy(builder, name);
	}
	for (size_t i = 0; section.kind != SECTION_SERVER && i < builder->count; i++)
		if (builder->sections[i].kind == section.kind)
			return fail(why, FAIL_USAGE,
				"section [%s] is there already, in line %u: join the two",
				line->section, builder->sections[i].line);
	if (builder->count == CONFIG_MAX_SERVERS + 2)
		return fail(why, FAIL_USAGE, "more than %d servers", CONFIG_MAX_SERVERS);
	if (builder->count == builder->room) {
		builder->room = builder->room == 0 ? 16 : builder->room * 2;
		builder->sections = memory_resize(
			builder, builder->sections, struct section, builder->room);
	}
	builder->sections[builder->count++] = section;
	return true;
}

static char *spell(void *parent, const char *name, char from, char to)
{
	char *spelled = memory_copy(parent, name);
	for (char *at = spelled; *at != '\0'; at++)
		if (*at == from)
			*at = to;
	return spelled;
}

/* Names the key (a section that is ours does not hold somebody else's secrets) and the
 * one that may have been meant. */
static bool unknown_key(
	const struct inifile_line *line, bool is_agent, struct failure *why)
{
	char *name = spell(NULL, line->key, '_', '-');
	struct nearest nearest = nearest_to(name);
	size_t count;
	const struct setting *settings = target_settings(&count);
	for (size_t i = 0; !is_agent && i < count; i++)
		if (settings[i].in_config)
			nearest_offer(&nearest, settings[i].name);
	const struct agent_setting *agent = agent_settings_table(&count);
	for (size_t i = 0; is_agent && i < count; i++)
		nearest_offer(&nearest, agent[i].name);

	if (nearest.best == NULL) {
		fail(why, FAIL_USAGE,
			"unknown key %s in [%s]: imc-monitor.conf(5) lists them",
			line->key, line->section);
	} else {
		char *best = spell(name, nearest.best, '-', '_');
		fail(why, FAIL_USAGE, "unknown key %s in [%s]: did you mean %s?",
			line->key, line->section, best);
	}
	talloc_free(name);
	return false;
}

/* Marks row `index` of the section's table as used; false where it was before. */
static bool mark_seen(struct section *section, size_t index)
{
	uint64_t bit = UINT64_C(1) << index;
	bool is_new = (section->seen & bit) == 0;
	section->seen |= bit;
	return is_new;
}

static bool repeated(const struct inifile_line *line, struct failure *why)
{
	return fail(why, FAIL_USAGE, "key %s is there already in [%s]: give it once",
		line->key, line->section);
}

static bool take_agent_key(struct builder *builder, struct section *section,
	const struct inifile_line *line, struct failure *why)
{
	size_t count, index = 0;
	const struct agent_setting *settings = agent_settings_table(&count);
	while (index < count && !value_is_key(line->key, settings[index].name))
		index++;
	if (index == count)
		return unknown_key(line, true, why);
	if (!mark_seen(section, index))
		return repeated(line, why);
	struct failure inner;
	if (settings[index].set(builder->config->agent, line->value, &inner))
		return true;
	return fail(why, FAIL_USAGE, "%s: %s", line->key, inner.text);
}

static bool take_server_key(struct builder *builder, struct section *section,
	const struct inifile_line *line, struct failure *why)
{
	size_t count, index = 0;
	const struct setting *settings = target_settings(&count);
	while (index < count &&
		(!settings[index].in_config ||
			!value_is_key(line->key, settings[index].name)))
		index++;
	if (index == count)
		return unknown_key(line, false, why);
	const struct setting *setting = &settings[index];
	if (!mark_seen(section, index) && !setting->repeats)
		return repeated(line, why);
	if (setting->is_path && line->value[0] != '/')
		return fail(why, FAIL_USAGE,
			"%s: must be an absolute path, not \"%.60s\"", line->key,
			line->value);
	if (section->entry_count == SECTION_MAX_KEYS)
		return fail(why, FAIL_USAGE, "more than %d keys in one section",
			SECTION_MAX_KEYS);
	section->entries = memory_resize(
		builder, section->entries, struct entry, section->entry_count + 1);
	section->entries[section->entry_count++] = (struct entry){
		.line = line->number,
		.setting = setting,
		.value = memory_copy(builder, line->value),
	};
	return true;
}

static bool take(void *context, const struct inifile_line *line, struct failure *why)
{
	struct builder *builder = context;
	if (line->key == NULL)
		return begin_section(builder, line, why);
	struct section *section = &builder->sections[builder->count - 1];
	if (section->kind == SECTION_AGENT)
		return take_agent_key(builder, section, line, why);
	return take_server_key(builder, section, line, why);
}

static bool apply(const char *file, struct target *target, const struct section *section,
	struct failure *why)
{
	for (size_t i = 0; i < section->entry_count; i++) {
		const struct entry *entry = &section->entries[i];
		struct failure inner;
		if (entry->setting->set(target, entry->value, &inner))
			continue;
		char *key = spell(NULL, entry->setting->name, '-', '_');
		fail(why, FAIL_USAGE, "%.200s:%u: %s: %s", file, entry->line, key,
			inner.text);
		talloc_free(key);
		return false;
	}
	return true;
}

static int compare_sections(const void *a, const void *b)
{
	const struct section *left = a, *right = b;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	int order = left->name == NULL ? 0 : strcmp(left->name, right->name);
	if (order != 0)
		return order;
	return left->line < right->line ? -1 : 1;
}

/* One server's target; the one before it in order of name is in `before`. */
static bool add_server(struct config *config, const char *file,
	const struct section *section, const struct section *before, struct failure *why)
{
	if (before->name != NULL && strcmp(before->name, section->name) == 0)
		return fail(why, FAIL_USAGE,
			"%.200s:%u: section [server %s] is there already, in line %u: "
			"join the two",
			file, section->line, section->name, before->line);
	struct target *target = target_copy(config, config->defaults);
	target->server = memory_copy(target, section->name);
	config->lines[config->server_count] = section->line;
	config->servers[config->server_count++] = target;
	return apply(file, target, section, why);
}

static bool build(struct builder *builder, const char *file, struct failure *why)
{
	struct config *config = builder->config;
	/* Sorted, so that repeated names meet and [defaults] comes before all servers. */
	if (builder->count > 0)
		qsort(builder->sections, builder->count, sizeof(builder->sections[0]),
			compare_sections);
	config->servers = memory_array(config, struct target *, builder->count);
	config->lines = memory_array(config, unsigned, builder->count);
	for (size_t i = 0; i < builder->count; i++) {
		const struct section *section = &builder->sections[i];
		static const struct section none;
		const struct section *before = i > 0 ? section - 1 : &none;
		if (section->kind == SECTION_DEFAULTS &&
			!apply(file, config->defaults, section, why))
			return false;
		if (section->kind == SECTION_SERVER &&
			!add_server(config, file, section, before, why))
			return false;
	}
	return true;
}

bool config_parse(void *parent, const char *file, struct bytes text, struct config **ret,
	struct failure *why)
{
	struct builder *builder = memory_new(NULL, struct builder);
	struct config *config = memory_new(builder, struct config);
	config->agent = agent_settings_new(config);
	config->defaults = target_new(config);
	builder->config = config;
	bool is_good = inifile_parse(file, text, take, builder, why) &&
		build(builder, file, why);
	if (is_good)
		*ret = talloc_steal(parent, config);
	talloc_free(builder);
	return is_good;
}

bool config_read(void *parent, const char *path, struct config **ret, struct failure *why)
{
	struct bytes text;
	if (!inifile_read(parent, path, CONFIG_MAX_BYTES, &text, why))
		return false;
	bool is_good = config_parse(parent, path, text, ret, why);
	talloc_free((void *)text.data);
	return is_good;
}

bool config_finish(struct config *config, const char *file, struct failure *why)
{
	struct failure inner;
	for (size_t i = 0; i < config->server_count; i++) {
		if (!target_finish(config->servers[i], &inner) ||
			!target_has_names(config->servers[i], &inner))
			return fail(why, FAIL_USAGE, "%.200s:%u: [server %s]: %s", file,
				config->lines[i], config->servers[i]->server, inner.text);
	}
	return true;
}

static int compare_name(const void *name, const void *target)
{
	return strcmp(name, (*(struct target *const *)target)->server);
}

const struct target *config_server(const struct config *config, const char *name)
{
	struct target **found = config->server_count == 0
		? NULL
		: bsearch(name, config->servers, config->server_count,
			  sizeof(config->servers[0]), compare_name);
	return found == NULL ? NULL : *found;
}

const char *config_nearest_server(const struct config *config, const char *name)
{
	struct nearest nearest = nearest_to(name);
	for (size_t i = 0; i < config->server_count; i++)
		nearest_offer(&nearest, config->servers[i]->server);
	return nearest.best;
}

static bool no_such_server(const struct config *config, const char *path,
	const char *name, struct failure *why)
{
	const char *nearest = config_nearest_server(config, name);
	if (nearest == NULL)
		return fail(why, FAIL_USAGE,
			"--server: %.200s has no section [server %s]", path, name);
	return fail(why, FAIL_USAGE,
		"--server: %.200s has no section [server %s], did you mean %s?", path,
		name, nearest);
}

bool config_read_target(void *parent, const char *path, const char *server,
	struct target **ret, struct failure *why)
{
	struct config *config;
	if (!config_read(parent, path, &config, why))
		return false;
	const struct target *found =
		server != NULL ? config_server(config, server) : config->defaults;
	bool is_found = found != NULL || no_such_server(config, path, server, why);
	if (is_found)
		*ret = target_copy(parent, found);
	talloc_free(config);
	return is_found;
}
