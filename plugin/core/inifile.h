/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_INIFILE_H
#define IMC_CORE_INIFILE_H

#include "bytes.h"
#include "failure.h"

/* One line that says something: a section's head, or a key with its value. */
struct inifile_line {
	unsigned number;
	const char *section;
	const char *key;   /* NULL: the head */
	const char *value; /* NULL: the head */
};

enum { INIFILE_MAX_LINE = 4096 };

/*
 * Reads strict INI text: every line is empty, a comment (# or ; in its first column), a
 * [section], or key = value inside a section. UTF-8, a byte order mark is skipped, lines
 * end with LF or CR LF. Refused: indented lines, comments behind a value, empty values,
 * lines over INIFILE_MAX_LINE, control characters, text that is not UTF-8.
 *
 * take() gets the lines in order; its strings live as long as the call. Its failure and
 * all others begin with "FILE:LINE: ". What is wrong outside a section that take()
 * accepted is told without showing it: the path may name somebody else's file.
 */
bool inifile_parse(const char *file, struct bytes text,
	bool (*take)(void *context, const struct inifile_line *line, struct failure *why),
	void *context, struct failure *why);

/* The same of one section's lines only: whatever stands in the others is passed over
 * unread, which takes a tenth of the time where there are thousands of them. The text
 * begins outside of it; NULL: all sections. */
bool inifile_parse_section(const char *file, struct bytes text, const char *section,
	bool (*take)(void *context, const struct inifile_line *line, struct failure *why),
	void *context, struct failure *why);

/* The content of a regular file of at most `limit` bytes, owned by `parent`. */
bool inifile_read(void *parent, const char *path, size_t limit, struct bytes *ret,
	struct failure *why);

#endif
