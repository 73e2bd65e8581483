/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_HINTS_H
#define IMC_AGENT_HINTS_H

#include "core/hint.h"
#include "core/target.h"
#include "source/resolve.h"

/*
 * Which server a hint is about: by the address that the trap came from, then by the one
 * that the trap itself names, then by the computer's name. Where several servers have one
 * address (behind a gateway, on this machine), the computer's name decides among them.
 * Pure, but for the addresses of host names, which somebody else knows.
 */
struct hints;

struct hints_server {
	const struct target *target; /* must live as long */
	void *owner;
};

struct hints *hints_new(void *parent, const struct hints_server *servers, size_t count);

/* What is known of a host name; false: nothing. */
typedef bool hints_peek(void *context, const char *name, struct addresses *ret);

/* Looks up all host names anew. Until then only literal addresses are known. */
void hints_locate(struct hints *hints, hints_peek *peek, void *context);

/* The owner of the server that is meant; NULL: none is, or several may be. */
void *hints_find(const struct hints *hints, const struct hint *hint);

#endif
