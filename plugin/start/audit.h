/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_AUDIT_H
#define IMC_START_AUDIT_H

#include "act.h"

/* One line for each decision, for who wants to know later: who asked, on which evidence,
 * what was done, what came of it. */

/* `asker` NULL: the command line was wrong. Texts are cleaned here. It belongs to
 * `parent`. */
char *audit_format(void *parent, const char *server, const struct asker *asker,
	const struct deed *deed);

/* To syslog, facility daemon. */
void audit_write(const char *line, const struct deed *deed);

#endif
