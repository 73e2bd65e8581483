/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_NAMES_H
#define IMC_AGENT_NAMES_H

#include "source/resolve.h"
#include "timers.h"

/*
 * The addresses of host names, asked for without waiting and remembered for some minutes.
 * One that is getting old is used while a new answer is on its way.
 */
struct names;

struct names *names_new(void *parent, struct timers *timers);

/* Somebody who waits for an answer: lives with whom it belongs to, all zero at first. */
struct name_wait {
	struct name_entry *entry; /* NULL: it does not wait */
	struct name_wait *next;
	/* `addresses` NULL: there are none, and `why`. */
	void (*found)(void *context, const struct addresses *addresses,
		const struct failure *why);
	void *context;
};

/* True: found at once. Otherwise `wait` is told later, however long that takes. */
bool names_find(struct names *names, const char *name, struct addresses *ret,
	struct name_wait *wait);
/* It waits no longer. */
void names_leave(struct name_wait *wait);

/* What is known of a name already, be it old; nobody is asked. False: nothing. */
bool names_peek(const struct names *names, const char *name, struct addresses *ret);
/* In any order: a server of names turns them round with each answer. */
bool names_are_same(const struct addresses *a, const struct addresses *b);
/* Another number whenever names_peek() may say other addresses. */
uint64_t names_edition(const struct names *names);

#endif
