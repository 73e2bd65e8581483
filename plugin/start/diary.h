/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_DIARY_H
#define IMC_START_DIARY_H

#include "core/bytes.h"
#include "core/evidence.h"
#include "core/store.h"

/*
 * The start attempts on one server, in SERVER.starts of the state directory: written and
 * synced before each call, under a lock that is held as long as the diary lives, so that
 * one machine never asks for more than it may.
 */

/* A boot of the server, by its event 6005 in the System log: the number rises as long as
 * the log is not cleared, and the time does after that. */
struct boot_mark {
	uint32_t record;
	int64_t time; /* by the server's clock */
};

struct start_entry {
	struct boot_mark boot;
	int64_t at; /* by this machine's clock */
};

enum { DIARY_ENTRIES = 16 }; /* the newest are kept; more than start_attempts can be */

struct start_entries {
	struct start_entry list[DIARY_ENTRIES]; /* oldest first */
	size_t count;
};

/* The text of the file; refuses whatever diary_format() does not write. */
bool diary_parse(struct bytes text, struct start_entries *ret, struct failure *why);
char *diary_format(void *parent, const struct start_entries *entries);

struct diary;

/* Another imc-start that has it, a file that cannot be used: `why`. The store must live
 * as long. */
bool diary_open(void *parent, struct store *store, const char *server, struct diary **ret,
	struct failure *why);

/* Can it be written, now? What is in it stays. */
bool diary_try(struct diary *diary, struct failure *why);

/* How often since that boot, and when last (NO_TIME: never). */
unsigned diary_count(
	const struct diary *diary, const struct boot_mark *boot, int64_t *ret_last);

/* Where it fails nothing may be started. */
bool diary_add(struct diary *diary, const struct boot_mark *boot, int64_t now,
	struct failure *why);

#endif
