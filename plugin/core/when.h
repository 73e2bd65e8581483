/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_WHEN_H
#define IMC_CORE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"

/* Moments are seconds since 1970-01-01 UTC, as in NT's logs; durations are seconds. */
#define NO_TIME INT64_MIN
/* 9999-12-31T23:59:59Z, the last one that can be written. */
#define WHEN_LAST INT64_C(253402300799)

enum { WHEN_MINUTE = 60, WHEN_HOUR = 3600, WHEN_DAY = 86400 };

/* "90s", "15m", "2h", "7d", or seconds without a unit; up to 3650d (10 years), no sign
 * and no blank. */
bool when_parse_duration(const char *text, int64_t *ret, struct failure *why);

/* ISO 8601: 2026-11-22T09:00:00Z, with +01:00 for Z, or a date alone (midnight UTC);
 * a moment of the years 1970 to 9999. */
bool when_parse_time(const char *text, int64_t *ret, struct failure *why);

/* "2026-11-22T09:00:00Z"; "unknown" for NO_TIME and what lies outside of the years 1970
 * to 9999. The string belongs to `parent`. */
char *when_format_time(void *parent, int64_t moment);

/* The two largest units at most, for people: "2h", "3d 4h", "15m", "45s"; seconds after
 * minutes only below two minutes: "1m 30s". Less than nothing is "0s". */
char *when_format_duration(void *parent, int64_t seconds);

#endif
