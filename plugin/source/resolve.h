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
	size_t count; /* at least 1 */
};

/* Asks the system's resolver, which on its own could take minutes, until the deadline
 * (deadline.h). An address is returned as it is, without asking. */
bool resolve_host(const char *name, int64_t deadline_ms, struct addresses *ret,
	struct failure *why);

#endif
