/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_EXPLAIN_H
#define IMC_CHECK_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/failure.h"

/*
 * What the catalogue says of an event of MSExchangeIMC (by the low 16 bits: traps and
 * Windows' own tools print all 32) or of an exit code, as lines. The text belongs to
 * `parent`.
 */
bool explain(void *parent, uint32_t id, char **ret, struct failure *why);

#endif
