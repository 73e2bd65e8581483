/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_CARDS_H
#define IMC_AGENT_CARDS_H

#include "core/credentials.h"

/*
 * Whose account a credentials file holds, without its secret: files are looked at again
 * after a second.
 */
struct cards;

struct cards *cards_new(void *parent);

/* User, domain and identity; they live until the next call. False: the file is unusable.
 */
bool cards_find(struct cards *cards, const char *path, int64_t now_ms,
	const struct credentials **ret, struct failure *why);

#endif
