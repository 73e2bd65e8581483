/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_NAME_H
#define IMC_CORE_NAME_H

#include "target.h"

/* The name that a server goes by; copied logs may have none but their file's. Belongs to
 * the target. */
const char *name_of_server(const struct target *target);

/* What its state is kept under: behind one address, tunnels lead to several servers, and
 * copied logs may be older than what the server itself told. */
char *name_of_state(void *parent, const struct target *target);

#endif
