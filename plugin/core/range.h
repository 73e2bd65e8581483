/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_RANGE_H
#define IMC_CORE_RANGE_H

#include <stdbool.h>

#include "failure.h"

/*
 * A Nagios threshold, "[@]start:end" (Monitoring Plugins guidelines): alerts outside
 * start..end, ends included in the range; with @ inside. "10" is 0:10, "10:" up from 10,
 * "~:10" from minus infinity.
 */
struct range {
	double start, end; /* -INFINITY and INFINITY where open */
	bool inside;       /* @ */
};

/* Refuses what the guidelines do not have: exponents, hex, commas, nan, inf, blanks, 2:1,
 * and ends without a number as ":" and "~" alone. */
bool range_parse(const char *text, struct range *ret, struct failure *why);
/* What is not a number alerts always. */
bool range_alerts(const struct range *range, double value);
/* As perfdata writes it and range_parse() reads it back: 0:10 as "10". Belongs to
 * `parent`. */
char *range_format(void *parent, const struct range *range);

#endif
