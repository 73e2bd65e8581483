/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_CARDS_H
#define IMC_AGENT_CARDS_H

#include "core/credentials.h"

/*
 * What a credentials file is good for, without its secrets: files are looked at again
 * after a second.
 */
struct cards;

struct cards *cards_new(void *parent);

/* User and domain, where `logs_on` asks for an account (else what SNMP asks for must be
 * there), and the file's identity; they live until the next call. False: the file is
 * unusable for that. */
bool cards_find(struct cards *cards, const char *path, bool logs_on, int64_t now_ms,
	const struct credentials **ret, struct failure *why);

#endif
