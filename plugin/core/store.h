/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_STORE_H
#define IMC_CORE_STORE_H

#include <stdbool.h>

#include "bytes.h"
#include "failure.h"

/*
 * A state directory: small files, each under a lock while it is in use, written to a
 * temporary file, synced and renamed. The directory must belong to root or the caller,
 * and nobody else may write to it; the same holds for its files, which must be regular
 * ones. NAME.SUFFIX has two companions: NAME.SUFFIX.lock, which is never deleted, since a
 * lock on a file that is renamed over locks nothing; and NAME.SUFFIX.tmp, which a killed
 * run may leave behind and the next write replaces.
 */
struct store;

/* Opens (does not create) the directory. The store belongs to `parent`. */
bool store_open(
	void *parent, const char *directory, struct store **ret, struct failure *why);

/* The directory of plugins that keep something: `given` on the command line, else the one
 * of the environment, as monitoring-plugins' guidelines call it; NULL: none. `env` is
 * getenv(), or a test's own. */
typedef char *store_env(const char *name);
const char *store_directory(const char *given, store_env *env);

/* One file of it, locked until the entry is freed; the store must live as long. `name` is
 * percent-encoded, and where that is longer than 200 bytes, cut with a hash of it all;
 * `suffix` is a word without a dot. Waits at most `wait_ms` for another holder. */
struct store_entry;
bool store_lock(void *parent, struct store *store, const char *name, const char *suffix,
	unsigned wait_ms, struct store_entry **ret, struct failure *why);

/* The whole content, at most `limit` bytes; an absent file reads as empty with
 * *ret_exists false. Belongs to the entry. */
bool store_read(struct store_entry *entry, size_t limit, struct bytes *ret,
	bool *ret_exists, struct failure *why);
/* All of the text or, where that fails, the old content still. */
bool store_write(struct store_entry *entry, const char *text, struct failure *why);
const char *store_path(const struct store_entry *entry); /* belongs to the entry */

#endif
