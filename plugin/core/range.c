/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "range.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* Digits of the largest double before the point, and of the smallest behind it (with
 * those that tell it from its neighbours). */
enum { DIGITS_BEFORE = 309, DIGITS_BEHIND = 345 };

static bool refuse(const char *text, struct failure *why)
{
	return fail(why, FAIL_USAGE,
		"\"%.40s\" is no range: 10, 5:10, 10: and @5:10 are some, and a tilde "
		"as the start is no lower limit; decimal numbers with a point, the "
		"smaller one first",
		text);
}

/* A decimal number at the start of the text; NULL where there is none, else what is
 * behind it. */
static const char *skip_number(const char *text)
{
	static const char digits[] = "0123456789";
	text += *text == '-';
	size_t before = strspn(text, digits), behind = 0;
	text += before;
	if (*text == '.') {
		behind = strspn(text + 1, digits);
		text += 1 + behind;
	}
	return before + behind > 0 ? text : NULL;
}

/* With a point in every locale: strtod() alone would follow LC_NUMERIC. */
static double to_number(const char *text)
{
	locale_t plain = memory_required(newlocale(LC_ALL_MASK, "C", (locale_t)0));
	double number = strtod_l(text, NULL, plain);
	freelocale(plain);
	return number;
}

bool range_parse(const char *text, struct range *ret, struct failure *why)
{
	struct range range = {.start = 0, .end = INFINITY, .inside = *text == '@'};
	const char *start = text + range.inside;
	const char *colon = strchr(start, ':');
	const char *end = colon == NULL ? start : colon + 1;
	bool is_open_below = colon != NULL && start[0] == '~' && start + 1 == colon;
	bool has_start = colon != NULL && start != colon;

	if (is_open_below)
		range.start = -INFINITY;
	else if (has_start && skip_number(start) != colon)
		return refuse(text, why);
	else if (has_start)
		range.start = to_number(start);

	if (*end != '\0') {
		const char *behind = skip_number(end);
		if (behind == NULL || *behind != '\0')
			return refuse(text, why);
		range.end = to_number(end);
	} else if (!has_start) {
		return refuse(text, why);
	}
	bool is_too_large = (has_start && !is_open_below && isinf(range.start)) ||
		(*end != '\0' && isinf(range.end));
	if (is_too_large || range.start > range.end)
		return refuse(text, why);
	*ret = range;
	return true;
}

bool range_alerts(const struct range *range, double value)
{
	if (isnan(value))
		return true;
	bool is_within = range->start <= value && value <= range->end;
	return is_within == range->inside;
}

/* The shortest decimal number without exponent that reads back as the same. */
static char *format_number(void *parent, double number)
{
	char text[DIGITS_BEFORE + DIGITS_BEHIND + sizeof("-.")];
	if (number == 0)
		return memory_copy(parent, "0"); /* and not -0 */
	locale_t plain = memory_required(newlocale(LC_ALL_MASK, "C", (locale_t)0));
	locale_t before = uselocale(plain);
	int precision = 0;
	do {
		snprintf(text, sizeof(text), "%.*f", precision, number);
	} while (strtod(text, NULL) != number && precision++ < DIGITS_BEHIND);
	uselocale(before);
	freelocale(plain);
	return memory_copy(parent, text);
}

char *range_format(void *parent, const struct range *range)
{
	void *scratch = talloc_new(parent);
	const char *start = "", *colon = ":", *end = "";
	if (isinf(range->start))
		start = "~";
	else if (range->start != 0 || isinf(range->end))
		start = format_number(scratch, range->start);
	else
		colon = "";
	if (!isinf(range->end))
		end = format_number(scratch, range->end);
	char *text = memory_format(
		parent, "%s%s%s%s", range->inside ? "@" : "", start, colon, end);
	talloc_free(scratch);
	return text;
}
