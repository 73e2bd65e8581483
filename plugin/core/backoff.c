/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backoff.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "when.h"

enum { BACKOFF_TRUSTED = 2 * BACKOFF_MAX, TEXT_MAX = 256 };

static const char first_line[] = "imc-monitor backoff 1";
static const char last_line[] = "end";

/* The lines between, in order; the rest of each is its value. */
enum line { LINE_FAILURES, LINE_UNTIL, LINE_CREDENTIALS, LINES };

static const char *const line_keys[LINES] = {
	[LINE_FAILURES] = "failures ",
	[LINE_UNTIL] = "until ",
	[LINE_CREDENTIALS] = "credentials ",
};

static int64_t delay_after(unsigned failures)
{
	int64_t delay = BACKOFF_FIRST;
	for (unsigned i = 1; i < failures && delay < BACKOFF_MAX; i++)
		delay *= 2;
	return delay < BACKOFF_MAX ? delay : BACKOFF_MAX;
}

static bool is_absurd(const struct backoff *backoff, int64_t now)
{
	return backoff->until != NO_TIME && backoff->until > now + BACKOFF_TRUSTED;
}

bool backoff_allows(const struct backoff *backoff, uint64_t credentials, int64_t now,
	struct failure *why)
{
	if (backoff->failures == 0 || backoff->until == NO_TIME ||
		backoff->credentials != credentials || backoff->until <= now)
		return true;
	int64_t until = is_absurd(backoff, now) ? now + BACKOFF_MAX : backoff->until;
	char *moment = when_format_time(NULL, until);
	fail_at(why, FAIL_DENIED, STAGE_LOGON,
		"the account is left alone until %s, so that it is not locked: its logon "
		"was refused %u time%s in a row; mend the credentials file to end this "
		"at once",
		moment, backoff->failures, backoff->failures == 1 ? "" : "s");
	talloc_free(moment);
	return false;
}

bool backoff_mend(struct backoff *backoff, int64_t now)
{
	if (!is_absurd(backoff, now))
		return false;
	backoff->until = now + BACKOFF_MAX;
	return true;
}

void backoff_refused(struct backoff *backoff, uint64_t credentials, int64_t now)
{
	/* Two wrong files that take turns are no way around it. */
	bool is_pending = backoff->until != NO_TIME && now < backoff->until;
	if (backoff->credentials != credentials && !is_pending)
		backoff->failures = 0;
	if (backoff->failures < UINT_MAX)
		backoff->failures++;
	backoff->credentials = credentials;
	backoff->until = now + delay_after(backoff->failures);
}

void backoff_accepted(struct backoff *backoff)
{
	*backoff = (struct backoff){.until = NO_TIME};
}

/* Takes what it can: backoff_parse() compares the result, formatted, with the text. */
static void take_value(struct backoff *backoff, enum line line, const char *value)
{
	switch (line) {
	case LINE_FAILURES:
		backoff->failures = (unsigned)strtoul(value, NULL, 10);
		return;
	case LINE_UNTIL:
		if (!when_parse_time(value, &backoff->until, NULL))
			backoff->until = NO_TIME;
		return;
	case LINE_CREDENTIALS:
		backoff->credentials = strtoull(value, NULL, 16);
		return;
	case LINES:
		return;
	}
}

/* Whatever is there of the values, made consistent: only a refused account has both a
 * number of failures and an end. */
static struct backoff take_values(char *text)
{
	struct backoff backoff = {.until = NO_TIME};
	char *rest = text;
	strsep(&rest, "\n"); /* the version */
	for (enum line line = 0; line < LINES; line++) {
		const char *row = strsep(&rest, "\n");
		size_t length = strlen(line_keys[line]);
		if (row != NULL && strncmp(row, line_keys[line], length) == 0)
			take_value(&backoff, line, row + length);
	}
	if (backoff.failures == 0 || backoff.until == NO_TIME) {
		backoff.failures = 0;
		backoff.until = NO_TIME;
	}
	return backoff;
}

/* The first line in which two texts differ, counted from 1. */
static int line_of_difference(const char *a, const char *b)
{
	int line = 1;
	for (; *a != '\0' && *a == *b; a++, b++)
		line += *a == '\n';
	return line;
}

bool backoff_parse(struct bytes text, struct backoff *ret, struct failure *why)
{
	if (text.length > TEXT_MAX)
		return fail(why, FAIL_DAMAGED,
			"the back-off file is %zu bytes long: one has at most %d",
			text.length, TEXT_MAX);
	void *scratch = talloc_new(NULL);
	char *copy = memory_array(scratch, char, text.length + 1);
	if (text.length > 0)
		memcpy(copy, text.data, text.length);
	struct backoff backoff = take_values(memory_copy(scratch, copy));
	char *wanted = backoff_format(scratch, &backoff);
	bool is_whole = strlen(copy) == text.length && strcmp(copy, wanted) == 0;
	if (is_whole)
		*ret = backoff;
	else
		fail(why, FAIL_DAMAGED,
			"line %d of the back-off file is not one that this program "
			"writes: delete the file, and the account is tried again",
			line_of_difference(copy, wanted));
	talloc_free(scratch);
	return is_whole;
}

char *backoff_format(void *parent, const struct backoff *backoff)
{
	char *until = backoff->until == NO_TIME ? memory_copy(NULL, "-")
						: when_format_time(NULL, backoff->until);
	char *text = memory_format(parent, "%s\n%s%u\n%s%s\n%s%016llx\n%s\n", first_line,
		line_keys[LINE_FAILURES], backoff->failures, line_keys[LINE_UNTIL], until,
		line_keys[LINE_CREDENTIALS], (unsigned long long)backoff->credentials,
		last_line);
	talloc_free(until);
	return text;
}
