/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TRAP_WRITERS_H
#define IMC_AGENT_TRAP_WRITERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/failure.h"

enum { TRAP_MEMBERS_MAX = 256 };

/* Who may hand over traps, besides root and our own user. All zero: nobody. */
struct trap_writers {
	bool has_group;
	gid_t group;
	uid_t members[TRAP_MEMBERS_MAX]; /* besides those whose first group it is */
	size_t member_count;
};

/* Those of a group by its name or number, as of now; NULL: nobody. It may ask a directory
 * service, which can take long. False: nobody, either. */
bool trap_writers_find(const char *group, struct trap_writers *ret, struct failure *why);

/* What the kernel says of a sender: its user, and the first of its groups. */
bool trap_writers_have(const struct trap_writers *writers, uid_t user, gid_t group);

#endif
