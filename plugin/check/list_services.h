/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_LIST_SERVICES_H
#define IMC_CHECK_LIST_SERVICES_H

#include "run.h"

/*
 * --list-services: a line for each service that the server lists, its state and its name,
 * cleaned; and what was looked for, where that is none of them. The text belongs to
 * `parent`.
 */
bool list_services(
	void *parent, const struct run_order *order, char **ret, struct failure *why);

#endif
