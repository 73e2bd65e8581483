/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_STORE_PLACE_H
#define IMC_TESTS_UNIT_STORE_PLACE_H

#include <sys/types.h>

#include "core/bytes.h"
#include "core/store.h"

/* What the tests of the store share. */
enum { PLACE_LIMIT = 1 << 20, PLACE_WAIT = 60000 };

/* A state directory in a folder of its own, which goes with it. */
struct place {
	char folder[32];
	char *path;
};

struct place *place_make(void *parent);
struct store *place_open(struct place *place);
/* The entry EXCH01.state. */
struct store_entry *place_lock(struct place *place, struct store *store);

/* The path of a file in the state directory. */
char *place_inside(struct place *place, const char *name);
/* How many files are in it. */
int place_count_files(struct place *place);
void place_put_file(const char *path, const char *text, mode_t mode);

/* The entry holds exactly this text; it can be given this text. */
void assert_stored(struct store_entry *entry, const char *wanted);
void assert_stores(struct store_entry *entry, const char *text);

/* As waitpid() tells it. */
int child_status(pid_t child);

#endif
