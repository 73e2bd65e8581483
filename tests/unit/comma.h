/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_COMMA_H
#define IMC_TESTS_UNIT_COMMA_H

#include <stdbool.h>

/* A locale in which numbers have a decimal comma, made here as the machine may have none.
 * False, and nothing changed, where that is not possible. */
bool comma_begin(void *parent);
void comma_end(void);

#endif
