/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extra_opts.h"

#include <string.h>
#include <unistd.h>

#include "core/inifile.h"
#include "core/memory.h"

enum { FILE_MAX_BYTES = 1024 * 1024, OPTS_MAX = 100 };

/* Where Monitoring Plugins look (lib/parse_ini.c), in their order. */
static const char *const usual_files[] = {
	"/etc/monitoring-plugins/monitoring-plugins.ini",
	"/usr/local/etc/monitoring-plugins/monitoring-plugins.ini",
	"/etc/monitoring-plugins.ini",
	"/usr/local/etc/monitoring-plugins.ini",
	"/etc/opt/monitoring-plugins.ini",
	"/etc/nagios/plugins.ini",
	"/usr/local/nagios/etc/plugins.ini",
	"/usr/local/etc/nagios/plugins.ini",
	"/etc/opt/nagios/plugins.ini",
};

static const char *const usual_names[] = {
	"monitoring-plugins.ini", "plugins.ini", "nagios-plugins.ini"};

/* In the folders of $NAGIOS_CONFIG_PATH, separated by colons; NULL: not there. */
static char *find_in_path(void *parent, const char *path)
{
	for (const char *at = path; *at != '\0';) {
		size_t length = strcspn(at, ":");
		for (size_t i = 0; i < sizeof(usual_names) / sizeof(usual_names[0]);
			i++) {
			char *file = memory_format(
				parent, "%.*s/%s", (int)length, at, usual_names[i]);
			if (length > 0 && access(file, F_OK) == 0)
				return file;
			talloc_free(file);
		}
		at += length + strspn(at + length, ":");
	}
	return NULL;
}

static char *find_file(void *parent, options_env *env)
{
	const char *path = env("NAGIOS_CONFIG_PATH");
	char *file = path == NULL ? NULL : find_in_path(parent, path);
	if (file != NULL)
		return file;
	for (size_t i = 0; i < sizeof(usual_files) / sizeof(usual_files[0]); i++)
		if (access(usual_files[i], F_OK) == 0)
			return memory_copy(parent, usual_files[i]);
	return NULL;
}

struct reading {
	void *parent;
	const char *file, *section;
	bool is_in_section, has_section;
	struct extra_opt *opts;
	size_t count;
};

static char *trim(char *text)
{
	text += strspn(text, " \t\r");
	size_t length = strlen(text);
	while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
		text[--length] = '\0';
	return text;
}

/* One line, which is changed. Lines of other sections belong to other plugins: not looked
 * at. */
static bool take_line(
	struct reading *reading, char *line, unsigned number, struct failure *why)
{
	line = trim(line);
	if (line[0] == '[') {
		char *end = strchr(line, ']');
		if (end != NULL)
			*end = '\0';
		reading->is_in_section =
			end != NULL && strcmp(trim(line + 1), reading->section) == 0;
		reading->has_section = reading->has_section || reading->is_in_section;
		return true;
	}
	if (!reading->is_in_section || line[0] == '\0' || line[0] == '#' ||
		line[0] == ';')
		return true;
	/* In this format a # ends a value wherever it stands. */
	line[strcspn(line, "#")] = '\0';
	char *equals = strchr(line, '=');
	if (equals == NULL || equals == line)
		return fail(why, FAIL_USAGE, "%.200s:%u: the line must be KEY = VALUE",
			reading->file, number);
	*equals = '\0';
	if (reading->count == OPTS_MAX)
		return fail(why, FAIL_USAGE, "%.200s:%u: more than %d options",
			reading->file, number, OPTS_MAX);
	const char *value = trim(equals + 1);
	struct extra_opt *opt = &reading->opts[reading->count++];
	opt->key = memory_copy(reading->opts, trim(line));
	opt->value = *value == '\0' ? NULL : memory_copy(reading->opts, value);
	opt->origin = memory_format(reading->opts, "%.200s:%u", reading->file, number);
	return true;
}

static bool take_text(struct reading *reading, char *text, struct failure *why)
{
	for (unsigned number = 1; text != NULL; number++) {
		char *end = strchr(text, '\n');
		if (end != NULL)
			*end = '\0';
		if (!take_line(reading, text, number, why))
			return false;
		text = end == NULL ? NULL : end + 1;
	}
	if (!reading->has_section)
		return fail(why, FAIL_USAGE,
			"--extra-opts: %.200s has no section [%.60s]", reading->file,
			reading->section);
	return true;
}

static bool read_file(struct reading *reading, struct failure *why)
{
	struct bytes bytes;
	if (!inifile_read(NULL, reading->file, FILE_MAX_BYTES, &bytes, why))
		return false;
	char *text = memory_copy_bytes(NULL, (const char *)bytes.data, bytes.length);
	bool has_zero = strlen(text) != bytes.length;
	talloc_free((void *)bytes.data);
	reading->opts = memory_array(reading->parent, struct extra_opt, OPTS_MAX);
	bool is_good = has_zero
		? fail(why, FAIL_USAGE, "%.200s is no text file", reading->file)
		: take_text(reading, text, why);
	talloc_free(text);
	if (!is_good)
		talloc_free(reading->opts);
	return is_good;
}

bool extra_opts_read(void *parent, const char *locator, options_env *env,
	struct extra_opt **ret, size_t *ret_count, struct failure *why)
{
	void *scratch = memory_required(talloc_new(NULL));
	const char *at = locator == NULL ? NULL : strchr(locator, '@');
	size_t length = locator == NULL ? 0 : strcspn(locator, "@");
	struct reading reading = {
		.parent = parent,
		.file = at != NULL ? at + 1 : find_file(scratch, env),
		.section = length == 0 ? "check_imc"
				       : memory_copy_bytes(scratch, locator, length),
	};
	bool is_good;
	if (reading.file == NULL)
		is_good = fail(why, FAIL_USAGE,
			"--extra-opts: there is no monitoring-plugins.ini in the usual "
			"places: name the file with --extra-opts=@FILE");
	else
		is_good = read_file(&reading, why);
	if (is_good) {
		*ret = reading.opts;
		*ret_count = reading.count;
	}
	talloc_free(scratch);
	return is_good;
}
