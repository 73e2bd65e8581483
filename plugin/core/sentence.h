/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_SENTENCE_H
#define IMC_CORE_SENTENCE_H

#include "verdict.h"

/*
 * Words for a judged verdict: `text`, the finding in one line, the worst first; `advice`,
 * what to do; `notes`, what is to be said besides. Nothing here decides anything.
 */
void sentence_write(struct verdict *verdict);

/* Says in `text` that the server is in maintenance, where it is. */
void sentence_maintain(struct verdict *verdict);

#endif
