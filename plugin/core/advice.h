/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_ADVICE_H
#define IMC_CORE_ADVICE_H

#include "verdict.h"

/* What to do about what was judged; NULL: nothing. */
const char *advice_for(const struct verdict *verdict);

#endif
