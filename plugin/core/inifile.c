/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inifile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#include "memory.h"
#include "text.h"

#define KEY_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

/* inih keeps 49 bytes of a section's name and cuts the rest without a word. */
enum { NAME_MAX_BYTES = 48 };

/*
 * inih gets each line through next_line(), which has looked at it first. A value stays
 * here: inih's own buffer ends after 200 bytes, it cuts values at " ;", and it does not
 * tell of a section without keys.
 */
struct reader {
	const char *file;
	const char *wanted; /* the one section that is read; NULL: all are */
	struct bytes rest;
	unsigned number;
	char line[INIFILE_MAX_LINE + 1];
	const char *value; /* of the line that inih has now */
	bool is_in_section;
	bool (*take)(void *context, const struct inifile_line *line, struct failure *why);
	void *context;
	bool has_failed;
	struct failure *why;
};

/* Fails at the present line. */
static bool refuse(struct reader *reader, const char *text)
{
	reader->has_failed = true;
	return fail(reader->why, FAIL_USAGE, "%.200s:%u: %s", reader->file,
		reader->number, text);
}

static bool tell(struct reader *reader, const struct inifile_line *line)
{
	struct failure inner;
	if (reader->take(reader->context, line, &inner))
		return true;
	return refuse(reader, inner.text);
}

static bool begins_with(struct bytes text, const void *beginning, size_t length)
{
	return text.length >= length && memcmp(text.data, beginning, length) == 0;
}

static struct bytes skip_mark(struct bytes text)
{
	static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
	if (begins_with(text, mark, sizeof(mark)))
		bytes_slice(text, sizeof(mark), text.length - sizeof(mark), &text);
	return text;
}

static bool check_characters(struct reader *reader, struct bytes line)
{
	while (line.length > 0) {
		uint32_t point = 0;
		if (!text_take_character(&line, &point))
			return refuse(reader, "the line is not UTF-8");
		if ((point < ' ' && point != '\t') || point == 0x7F)
			return refuse(reader,
				"the line holds a control character (or is UTF-16): "
				"write plain UTF-8 text");
	}
	return true;
}

/* The next physical line, without its end. */
static struct bytes cut_line(struct reader *reader)
{
	struct bytes line = reader->rest;
	const uint8_t *end = memchr(line.data, '\n', line.length);
	if (end != NULL)
		line.length = (size_t)(end - line.data);
	size_t used = line.length + (end != NULL ? 1 : 0);
	bytes_slice(reader->rest, used, reader->rest.length - used, &reader->rest);
	reader->number++;
	if (end != NULL && line.length > 0 && line.data[line.length - 1] == '\r')
		line.length--;
	return line;
}

static bool is_wanted_head(const struct reader *reader)
{
	size_t length = strlen(reader->wanted);
	struct bytes name;
	return begins_with(reader->rest, "[", 1) &&
		bytes_slice(reader->rest, 1, reader->rest.length - 1, &name) &&
		begins_with(name, reader->wanted, length) && name.length > length &&
		name.data[length] == ']';
}

/* The lines of all other sections, of which nothing is looked at but where they end. */
static void skip_unwanted(struct reader *reader)
{
	if (reader->wanted == NULL ||
		(reader->is_in_section && !begins_with(reader->rest, "[", 1)))
		return;
	while (reader->rest.length > 0 && !is_wanted_head(reader))
		cut_line(reader);
}

/* The next physical line into reader->line, without its end and trailing blanks. */
static bool take_line(struct reader *reader)
{
	struct bytes line = cut_line(reader);
	if (line.length > INIFILE_MAX_LINE)
		return refuse(reader, "the line is longer than 4096 bytes");
	if (!check_characters(reader, line))
		return false;
	while (line.length > 0 && strchr(" \t", line.data[line.length - 1]) != NULL)
		line.length--;
	memcpy(reader->line, line.data, line.length);
	reader->line[line.length] = '\0';
	return true;
}

static bool take_head(struct reader *reader, char *into, size_t room)
{
	size_t length = strlen(reader->line);
	if (strcspn(reader->line + 1, "[]") != length - 2 ||
		reader->line[length - 1] != ']')
		return refuse(reader, "a section's head must be [NAME] and nothing else");
	if (length - 2 > NAME_MAX_BYTES)
		return refuse(reader, "the section's name is longer than 48 bytes");
	snprintf(into, room, "%s\n", reader->line);

	reader->line[length - 1] = '\0';
	reader->is_in_section = true;
	return tell(reader,
		&(struct inifile_line){
			.number = reader->number, .section = reader->line + 1});
}

static bool take_key(struct reader *reader, char *into, size_t room)
{
	char *line = reader->line;
	if (!reader->is_in_section)
		return refuse(reader, "a line before the first [section]");
	char *equals = strchr(line, '=');
	if (equals == NULL)
		return refuse(
			reader, "the line must be KEY = VALUE, [SECTION] or # COMMENT");
	size_t length = strspn(line, KEY_CHARACTERS);
	if (length == 0 || length > NAME_MAX_BYTES ||
		line + length + strspn(line + length, " \t") != equals)
		return refuse(reader, "a key must be one word of letters, digits and _");

	char *value = equals + 1 + strspn(equals + 1, " \t");
	if (*value == '\0')
		return refuse(reader,
			"the key has no value: write one, or put # before the line");
	for (char *at = value; *at != '\0'; at++)
		if (strchr(";#", *at) != NULL &&
			(at == value || strchr(" \t", at[-1]) != NULL))
			return refuse(
				reader, "a comment must stand on a line of its own");
	reader->value = value;
	snprintf(into, room, "%.*s=\n", (int)length, line);
	return true;
}

/* inih's reader: a line that holds what inih is to see of the next one. */
static char *next_line(char *into, int room, void *stream)
{
	struct reader *reader = stream;
	if (reader->has_failed)
		return NULL;
	skip_unwanted(reader);
	if (reader->rest.length == 0 || !take_line(reader))
		return NULL;
	const char *line = reader->line;
	if (line[0] == '\0' || line[0] == '#' || line[0] == ';') {
		snprintf(into, (size_t)room, "\n");
		return into;
	}
	bool is_good;
	if (line[0] == ' ' || line[0] == '\t')
		is_good = refuse(
			reader, "the line is indented: begin it in the first column");
	else if (line[0] == '[')
		is_good = take_head(reader, into, (size_t)room);
	else
		is_good = take_key(reader, into, (size_t)room);
	return is_good ? into : NULL;
}

/* inih's handler; 1 is success. */
static int take_pair(
	void *context, const char *section, const char *name, const char *nothing)
{
	(void)nothing;
	struct reader *reader = context;
	struct inifile_line line = {
		.number = reader->number,
		.section = section,
		.key = name,
		.value = reader->value,
	};
	return tell(reader, &line) ? 1 : 0;
}

bool inifile_parse(const char *file, struct bytes text,
	bool (*take)(void *context, const struct inifile_line *line, struct failure *why),
	void *context, struct failure *why)
{
	return inifile_parse_section(file, text, NULL, take, context, why);
}

bool inifile_parse_section(const char *file, struct bytes text, const char *section,
	bool (*take)(void *context, const struct inifile_line *line, struct failure *why),
	void *context, struct failure *why)
{
	struct reader *reader = memory_new(NULL, struct reader);
	*reader = (struct reader){
		.file = file,
		.wanted = section,
		.rest = skip_mark(text),
		.take = take,
		.context = context,
		.why = why,
	};
	int line = ini_parse_stream(next_line, reader, take_pair, reader);
	bool has_failed = reader->has_failed;
	talloc_free(reader);
	if (!has_failed && line != 0)
		return fail(why, FAIL_USAGE, "%.200s:%d: the line cannot be read", file,
			line);
	return !has_failed;
}

static bool read_all(int descriptor, void *parent, const char *path, size_t limit,
	struct bytes *ret, struct failure *why)
{
	struct stat status;
	if (fstat(descriptor, &status) != 0)
		return fail(why, FAIL_USAGE, "cannot look at %.200s: %s", path,
			strerror(errno));
	if (!S_ISREG(status.st_mode))
		return fail(why, FAIL_USAGE, "%.200s is not a regular file", path);
	if (status.st_size < 0 || (uint64_t)status.st_size > limit)
		return fail(
			why, FAIL_USAGE, "%.200s is larger than %zu bytes", path, limit);

	size_t size = (size_t)status.st_size, length = 0;
	uint8_t *data = memory_array(parent, uint8_t, size + 1);
	while (length < size) {
		ssize_t got = read(descriptor, data + length, size - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fail(why, FAIL_USAGE, "cannot read %.200s: %s", path,
				strerror(errno));
			talloc_free(data);
			return false;
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*ret = (struct bytes){data, length};
	return true;
}

bool inifile_read(void *parent, const char *path, size_t limit, struct bytes *ret,
	struct failure *why)
{
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0)
		return fail(
			why, FAIL_USAGE, "cannot open %.200s: %s", path, strerror(errno));
	bool is_read = read_all(descriptor, parent, path, limit, ret, why);
	close(descriptor);
	return is_read;
}
