/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reach.h"

#include <string.h>

bool reach_refused(const char *address, unsigned port, int error, struct failure *why)
{
	return fail_at(why, FAIL_REFUSED, STAGE_CONNECT,
		"cannot connect to %s port %u: %s", address, port, strerror(error));
}

bool reach_timed_out(
	const char *address, enum stage stage, const char *what, struct failure *why)
{
	return fail_at(why, FAIL_TIMEOUT, stage,
		"%s gave no answer to %s before the time ran out", address, what);
}
