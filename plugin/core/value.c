/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "when.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

enum { NEAREST_MAX_NAME = 40, NEAREST_MAX_DISTANCE = 2, SERVER_NAME_MAX = 32 };

bool value_number(
	const char *text, unsigned min, unsigned max, unsigned *ret, struct failure *why)
{
	size_t length = strlen(text);
	if (length == 0 || strspn(text, "+-." DIGITS) != length)
		return fail(why, FAIL_USAGE, "must be a whole number from %u to %u", min,
			max);
	/* Ten digits hold every unsigned and fit a long long. */
	bool is_whole = length <= 10 && strspn(text, DIGITS) == length;
	unsigned long long number = is_whole ? strtoull(text, NULL, 10) : 0;
	if (!is_whole || number < min || number > max)
		return fail(why, FAIL_USAGE,
			"must be a whole number from %u to %u, not %.40s", min, max,
			text);
	*ret = (unsigned)number;
	return true;
}

bool value_flag(const char *text, bool *ret, struct failure *why)
{
	bool is_yes = strcmp(text, "yes") == 0;
	if (!is_yes && strcmp(text, "no") != 0)
		return fail(why, FAIL_USAGE, "must be yes or no, not \"%.40s\"", text);
	*ret = is_yes;
	return true;
}

bool value_duration(
	const char *text, int64_t min, int64_t max, int64_t *ret, struct failure *why)
{
	int64_t seconds;
	if (!when_parse_duration(text, &seconds, why))
		return false;
	if (seconds < min || seconds > max) {
		char *least = when_format_duration(NULL, min);
		char *most = when_format_duration(NULL, max);
		fail(why, FAIL_USAGE, "must be from %s to %s, not \"%.40s\"", least, most,
			text);
		talloc_free(least);
		talloc_free(most);
		return false;
	}
	*ret = seconds;
	return true;
}

bool value_choice(const char *text, const char *const *names, size_t count, size_t *ret,
	struct failure *why)
{
	char all[200] = "";
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = i;
			return true;
		}
		const char *link = i == 0 ? "" : i + 1 == count ? " or " : ", ";
		if (used < sizeof(all))
			used += (size_t)snprintf(
				all + used, sizeof(all) - used, "%s%s", link, names[i]);
	}
	return fail(why, FAIL_USAGE, "must be %s, not \"%.40s\"", all, text);
}

bool value_text(const char *text, size_t limit, struct failure *why)
{
	size_t length = strlen(text);
	if (length == 0)
		return fail(why, FAIL_USAGE, "must not be empty");
	if (length > limit)
		return fail(why, FAIL_USAGE, "must have at most %zu bytes, not %zu",
			limit, length);
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7F)
			return fail(why, FAIL_USAGE, "must not hold control characters");
	return true;
}

bool value_server_name(const char *text, struct failure *why)
{
	size_t length = strlen(text);
	if (length == 0 || length > SERVER_NAME_MAX ||
		strspn(text, LETTERS DIGITS "._-") != length)
		return fail(why, FAIL_USAGE,
			"a server's name must be 1 to %d of letters, digits, '.', '_' "
			"and '-', not \"%.60s\"",
			SERVER_NAME_MAX, text);
	return true;
}

bool value_is_oid(const char *text, const char **ret_end)
{
	size_t parts = 0;
	const char *at = *text == '.' ? text + 1 : text;
	for (;; at++) {
		size_t digits = strspn(at, DIGITS);
		if (digits == 0 || digits > 10 || strtoull(at, NULL, 10) > UINT32_MAX)
			return false;
		at += digits;
		if (++parts > OID_MAX_PARTS)
			return false;
		if (*at != '.')
			break;
	}
	*ret_end = at;
	return parts >= 2;
}

struct nearest nearest_to(const char *wanted)
{
	return (struct nearest){.wanted = wanted, .distance = NEAREST_MAX_DISTANCE + 1};
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, row by row; both strings are short. */
static size_t distance_between(const char *a, const char *b)
{
	size_t row[NEAREST_MAX_NAME + 1];
	size_t width = strlen(b);
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
			diagonal = row[j];
			row[j] = least(change, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[width];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	if (strlen(name) > NEAREST_MAX_NAME || strlen(nearest->wanted) > NEAREST_MAX_NAME)
		return;
	size_t distance = distance_between(nearest->wanted, name);
	/* Short names are like everything: at least half of it has to fit. */
	if (distance >= nearest->distance || distance * 2 > strlen(name))
		return;
	nearest->best = name;
	nearest->distance = distance;
}

bool value_is_key(const char *key, const char *name)
{
	for (; *name != '\0'; name++, key++)
		if (*key != (*name == '-' ? '_' : *name))
			return false;
	return *key == '\0';
}
