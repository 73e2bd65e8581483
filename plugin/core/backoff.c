/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backoff.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "when.h"

enum { BACKOFF_TRUSTED = 2 * BACKOFF_MAX, TEXT_MAX = 256 };

static const char *const first_lines[] = {
	"imc-monitor backoff 1\n", /* of one file */
	"imc-monitor backoff 2\n",
};

enum version { VERSION_1, VERSION_2 };

/* The rest of each line is its value. */
enum line { LINE_FAILURES, LINE_REFUSED, LINE_UNANSWERED, LINE_UNTIL, LINE_FILE, LINES };

static const char *const line_keys[LINES] = {
	[LINE_FAILURES] = "failures ", /* version 1 */
	[LINE_REFUSED] = "refused ",
	[LINE_UNANSWERED] = "unanswered ",
	[LINE_UNTIL] = "until ",
	[LINE_FILE] = "credentials ",
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

/* Where it is listed; `file_count`: nowhere. */
static unsigned place_of(const struct backoff *backoff, uint64_t credentials)
{
	unsigned place = 0;
	while (place < backoff->file_count && backoff->files[place] != credentials)
		place++;
	return place;
}

bool backoff_holds(const struct backoff *backoff, uint64_t credentials)
{
	return place_of(backoff, credentials) < backoff->file_count;
}

/* Of a file without an identity, no change is seen. */
static const char *way_out(uint64_t credentials, bool is_full)
{
	if (is_full)
		return ", with several credentials files";
	return credentials == 0 ? "" : "; mend the credentials file to end this at once";
}

bool backoff_allows(const struct backoff *backoff, uint64_t credentials, int64_t now,
	struct failure *why)
{
	bool is_full = backoff->file_count == BACKOFF_FILES;
	if (backoff->failures == 0 || backoff->until == NO_TIME ||
		backoff->until <= now ||
		(!is_full && !backoff_holds(backoff, credentials)))
		return true;
	int64_t until = is_absurd(backoff, now) ? now + BACKOFF_MAX : backoff->until;
	char *moment = when_format_time(NULL, until);
	fail_at(why, FAIL_DENIED, STAGE_LOGON,
		"the account is left alone until %s, so that it is not locked: its logon "
		"was %s %u time%s in a row%s",
		moment, backoff->is_unanswered ? "refused or not answered" : "refused",
		backoff->failures, backoff->failures == 1 ? "" : "s",
		way_out(credentials, is_full));
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

static void take_out(struct backoff *backoff, uint64_t credentials)
{
	unsigned place = place_of(backoff, credentials);
	if (place == backoff->file_count)
		return;
	backoff->file_count--;
	for (; place < backoff->file_count; place++)
		backoff->files[place] = backoff->files[place + 1];
}

/* The oldest one makes room. */
static void put_first(struct backoff *backoff, uint64_t credentials)
{
	take_out(backoff, credentials);
	if (backoff->file_count < BACKOFF_FILES)
		backoff->file_count++;
	for (unsigned place = backoff->file_count - 1; place > 0; place--)
		backoff->files[place] = backoff->files[place - 1];
	backoff->files[0] = credentials;
}

static void count_failure(
	struct backoff *backoff, uint64_t credentials, bool is_unanswered, int64_t now)
{
	/* Wrong files that take turns are no way around it. */
	bool is_pending = backoff->until != NO_TIME && now < backoff->until;
	if (!is_pending && !backoff_holds(backoff, credentials))
		*backoff = (struct backoff){.until = NO_TIME};
	if (backoff->failures < UINT_MAX)
		backoff->failures++;
	put_first(backoff, credentials);
	backoff->is_unanswered = is_unanswered;
	backoff->until = now + delay_after(backoff->failures);
}

void backoff_refused(struct backoff *backoff, uint64_t credentials, int64_t now)
{
	count_failure(backoff, credentials, false, now);
}

void backoff_unanswered(struct backoff *backoff, uint64_t credentials, int64_t now)
{
	count_failure(backoff, credentials, true, now);
}

void backoff_accepted(struct backoff *backoff, uint64_t credentials)
{
	take_out(backoff, credentials);
	if (backoff->file_count == 0)
		*backoff = (struct backoff){.until = NO_TIME};
	else
		backoff->files[backoff->file_count] = 0;
}

/* Takes what it can: backoff_parse() compares the result, formatted, with the text. */
static void take_value(struct backoff *backoff, enum line line, const char *value)
{
	uint64_t file;
	switch (line) {
	case LINE_FAILURES:
	case LINE_REFUSED:
	case LINE_UNANSWERED:
		backoff->failures = (unsigned)strtoul(value, NULL, 10);
		backoff->is_unanswered = line == LINE_UNANSWERED;
		return;
	case LINE_UNTIL:
		if (!when_parse_time(value, &backoff->until, NULL))
			backoff->until = NO_TIME;
		return;
	case LINE_FILE:
		file = strtoull(value, NULL, 16);
		if (backoff->file_count < BACKOFF_FILES && !backoff_holds(backoff, file))
			backoff->files[backoff->file_count++] = file;
		return;
	case LINES:
		return;
	}
}

/* Whatever is there of the values, made consistent: only an account that failed has a
 * number of failures, an end and files. */
static struct backoff take_values(char *text)
{
	struct backoff backoff = {.until = NO_TIME};
	char *rest = text;
	const char *row;
	strsep(&rest, "\n"); /* the version */
	while ((row = strsep(&rest, "\n")) != NULL) {
		for (enum line line = 0; line < LINES; line++) {
			size_t length = strlen(line_keys[line]);
			if (strncmp(row, line_keys[line], length) == 0)
				take_value(&backoff, line, row + length);
		}
	}
	if (backoff.failures == 0 || backoff.until == NO_TIME || backoff.file_count == 0)
		backoff = (struct backoff){.until = NO_TIME};
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

static char *format(void *parent, const struct backoff *backoff, enum version version)
{
	unsigned file_count = version == VERSION_1 ? 1 : backoff->file_count;
	enum line count = version == VERSION_1 ? LINE_FAILURES
		: backoff->is_unanswered       ? LINE_UNANSWERED
					       : LINE_REFUSED;
	char *until = backoff->until == NO_TIME ? memory_copy(NULL, "-")
						: when_format_time(NULL, backoff->until);
	char *files = memory_copy(until, "");
	for (unsigned i = 0; i < file_count; i++)
		files = memory_format(until, "%s%s%016llx\n", files, line_keys[LINE_FILE],
			(unsigned long long)backoff->files[i]);
	char *text = memory_format(parent, "%s%s%u\n%s%s\n%send\n", first_lines[version],
		line_keys[count], backoff->failures, line_keys[LINE_UNTIL], until, files);
	talloc_free(until);
	return text;
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
	size_t length = strlen(first_lines[VERSION_1]);
	enum version version = strncmp(copy, first_lines[VERSION_1], length) == 0
		? VERSION_1
		: VERSION_2;
	char *wanted = format(scratch, &backoff, version);
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
	return format(parent, backoff, VERSION_2);
}
