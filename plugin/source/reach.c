/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reach.h"

#include <errno.h>
#include <string.h>

/* Port 445 came with Windows 2000: whoever watches an NT 4 learns it here. */
static const char *hint_for(unsigned port, int error)
{
	bool may_be_nt4 = port == SMB_PORT && error == ECONNREFUSED;
	return may_be_nt4 ? " (NT 4 has SMB at port 139 alone)" : "";
}

bool reach_refused(const char *address, unsigned port, int error, struct failure *why)
{
	return fail_at(why, FAIL_REFUSED, STAGE_CONNECT,
		"cannot connect to %s port %u: %s%s", address, port, strerror(error),
		hint_for(port, error));
}

bool reach_timed_out(
	const char *address, enum stage stage, const char *what, struct failure *why)
{
	return fail_at(why, FAIL_TIMEOUT, stage,
		"%s gave no answer to %s before the time ran out", address, what);
}
