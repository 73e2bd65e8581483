/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_VALUE_H
#define IMC_CORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/*
 * What an operator writes after an option or a key. Messages say what would be right, and
 * begin so that "--port: " or "FILE:12: port: " can stand before them.
 */

/* A whole number, digits only. What is no number at all is not repeated in the message:
 * it may be a password after the wrong letter. */
bool value_number(
	const char *text, unsigned min, unsigned max, unsigned *ret, struct failure *why);

/* "yes" or "no". */
bool value_flag(const char *text, bool *ret, struct failure *why);

/* A duration, bounds included. */
bool value_duration(
	const char *text, int64_t min, int64_t max, int64_t *ret, struct failure *why);

/* One of `count` names; *ret is its index. */
bool value_choice(const char *text, const char *const *names, size_t count, size_t *ret,
	struct failure *why);

/* A line of text: not empty, at most `limit` bytes, no control characters. */
bool value_text(const char *text, size_t limit, struct failure *why);

/* A name of a server: 1 to 32 of letters, digits, `.`, `_` and `-`; as the MIB's index.
 */
bool value_server_name(const char *text, struct failure *why);

enum { OID_MAX_PARTS = 128 }; /* RFC 2578, 3.5 */

/* Does the text begin with an OID in numbers of 32 bits, two of them at least? *ret_end
 * is what follows. */
bool value_is_oid(const char *text, const char **ret_end);

/* Is the key of a configuration file that of the setting `name`, with `_` for its `-`? */
bool value_is_key(const char *key, const char *name);

/* Keeps the name that is most like the one wanted: for "did you mean". */
struct nearest {
	const char *wanted;
	const char *best; /* NULL: nothing is like it */
	size_t distance;
};

struct nearest nearest_to(const char *wanted);
void nearest_offer(struct nearest *nearest, const char *name);

#endif
