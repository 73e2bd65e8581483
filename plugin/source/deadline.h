/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_DEADLINE_H
#define IMC_SOURCE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/* Deadlines are milliseconds of CLOCK_MONOTONIC. */
int64_t deadline_now(void);
int64_t deadline_in(int64_t milliseconds);
/* Milliseconds left, at least 0. */
int64_t deadline_left(int64_t deadline);
bool deadline_passed(int64_t deadline);

#endif
