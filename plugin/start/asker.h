/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_ASKER_H
#define IMC_START_ASKER_H

#include "options.h"

/* Who asks for a start, and what for: for the audit line, and where an event handler is
 * called for every change, for the decision. */
struct asker {
	struct handler_call call;
	const char *user;     /* "nagios(117)", "root(0), logged in as alice(1000)" */
	const char *occasion; /* "CRITICAL HARD 3", "by hand" */
};

/* It belongs to `parent`. */
struct asker *asker_find(void *parent, const struct handler_call *call);

#endif
