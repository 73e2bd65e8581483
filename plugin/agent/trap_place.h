/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TRAP_PLACE_H
#define IMC_AGENT_TRAP_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/failure.h"

/*
 * The file of a Unix socket of datagrams: made, given to a group, and removed, in a
 * folder where nobody else can put another thing in its place.
 */
struct trap_place {
	char *path;
	dev_t device; /* what stands there, as we made it */
	ino_t number;
};

/* What was left over from an earlier process is replaced; what is no socket, or what
 * another process listens at, is left alone, and it fails. Only our own user can write to
 * it yet. The path belongs to `parent`. */
bool trap_place_bind(void *parent, const char *path, int *ret_file,
	struct trap_place *ret, struct failure *why);

/* Is the path that of the file that was made, which may be gone? */
bool trap_place_is_at(const struct trap_place *place, const char *path);

/* `group` may write to it besides; NULL: only our own user. */
bool trap_place_give(
	const struct trap_place *place, const gid_t *group, struct failure *why);

void trap_place_remove(const struct trap_place *place);

#endif
