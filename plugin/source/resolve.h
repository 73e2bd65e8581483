/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RESOLVE_H
#define IMC_SOURCE_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/failure.h"

/* The addresses of a host, as text, the preferred one first. */
enum { RESOLVE_MAX = 4, RESOLVE_TEXT = 80 };

struct addresses {
	char text[RESOLVE_MAX][RESOLVE_TEXT];
	size_t count; /* of an answer: at least 1 */
};

/* An address is returned as it is; false: it is a name. */
bool resolve_literal(const char *name, struct addresses *ret);

/*
 * A question to the system's resolver, which on its own could take minutes. Begin, look
 * whether it is done, end it, done or not: `lookup` is freed, and what it found, or why
 * nothing, is told.
 */
struct lookup;
struct lookup *resolve_begin(const char *name);
bool resolve_is_done(const struct lookup *lookup);
bool resolve_end(struct lookup *lookup, struct addresses *ret, struct failure *why);
/* Why, for who did not wait for the end. Returns false. */
bool resolve_too_slow(const char *name, struct failure *why);

/* All of that, until the deadline (deadline.h). */
bool resolve_host(const char *name, int64_t deadline_ms, struct addresses *ret,
	struct failure *why);

#endif
