/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_SANDBOX_H
#define IMC_AGENT_SANDBOX_H

#include <stdbool.h>

#include "core/failure.h"
#include "core/source_kind.h"

/*
 * Locks this process in for good. It keeps the descriptors that it has or is sent, and
 * can make sockets of one transport (of none for files): it opens no file,
 * listens to nobody, starts no process, executes nothing, and makes no memory executable.
 * Whatever is needed from files is loaded before. False: this kernel cannot do that, or
 * this is a build with a sanitizer; nothing has changed.
 */
bool sandbox_close(enum transport transport, struct failure *why);

#endif
