/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_REACH_H
#define IMC_SOURCE_REACH_H

#include <stdbool.h>

#include "core/failure.h"

/* Why a server could not be reached, in the same words whoever tried. Return false. */

enum { SMB_PORT = 445 };

/* What a server does not answer to at STAGE_CONNECT. */
#define REACH_CONNECTION "the TCP connection"

/* `error` is the errno of the TCP connection. */
bool reach_refused(const char *address, unsigned port, int error, struct failure *why);

/* No answer to `what`, such as "the logon". */
bool reach_timed_out(
	const char *address, enum stage stage, const char *what, struct failure *why);

#endif
