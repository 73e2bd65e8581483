/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_COMPLAINT_H
#define IMC_TRAP_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/failure.h"

/* Says it in one line that a log can show, to stderr and to syslog: snmptrapd may have
 * either of them only. Waits for neither. */
void complaint_make(const struct failure *why);

/* A whole line to stderr; false where nobody reads it, for it does not wait. A handler of
 * signals may call it. */
bool complaint_show(const char *line, size_t length);

#endif
