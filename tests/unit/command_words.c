/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "command_words.h"

enum { COLUMNS = 80 };

struct command_words command_words(const char *const row[COMMAND_WORDS])
{
	struct command_words ret = {.words = {NULL}};
	while (ret.count < COMMAND_WORDS && row[ret.count] != NULL) {
		ret.words[ret.count] = (char *)row[ret.count];
		ret.count++;
	}
	return ret;
}

void command_help_names(
	void *parent, const struct command_line *line, const char *const *names)
{
	char *text = command_line_usage(parent, line);
	size_t count = 0;
	assert_int_equal(strncmp(text, line->program, strlen(line->program)), 0);
	for (; names[count] != NULL; count++) {
		test_row("%s", names[count]);
		assert_non_null(strstr(text, names[count]));
	}
	assert_int_equal(count, line->count);
	for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
		test_row("%s", at);
		assert_true(strlen(at) <= COLUMNS);
	}
	test_row("%s", "");
}
