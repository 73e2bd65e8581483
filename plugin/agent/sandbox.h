/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_SANDBOX_H
#define IMC_AGENT_SANDBOX_H

#include <stdbool.h>

#include "core/failure.h"

/* What a worker can still reach once it is locked in. */
enum sandbox_kind {
	SANDBOX_FILES,  /* the descriptors that it has or is sent; no socket of its own */
	SANDBOX_NETWORK /* TCP connections, too */
};

/*
 * Locks this process in for good: it opens no file, makes no other kind of socket,
 * listens to nobody, starts no process, executes nothing, and makes no memory executable.
 * Whatever is needed from files is loaded before. False: this kernel cannot do that, or
 * this is a build with a sanitizer; nothing has changed.
 */
bool sandbox_close(enum sandbox_kind kind, struct failure *why);

#endif
