/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_COMMAND_WORDS_H
#define IMC_TESTS_UNIT_COMMAND_WORDS_H

#include "core/command_line.h"

enum { COMMAND_WORDS = 12 };

/* A command line as main() gets it. The parser permutes it: each one is used once. */
struct command_words {
	int count;
	char *words[COMMAND_WORDS + 1];
};

/* A table's row: those before the first NULL. The strings stay the row's. */
struct command_words command_words(const char *const row[COMMAND_WORDS]);

/* --help begins with the program's name, names these options and has no others, and fits
 * a terminal. The names end with NULL: "--config FILE". */
void command_help_names(
	void *parent, const struct command_line *line, const char *const *names);

#endif
