/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "text.h"

enum { NAME_MAX_BYTES = 200, NAME_KEPT_BYTES = 160, WAIT_STEP_MS = 5 };

struct store {
	char *path;
	int directory;
};

struct store_entry {
	const struct store *store;
	char *name, *lock_name, *temporary_name; /* in the directory */
	char *path;
	int lock;
};

static int store_close(struct store *store)
{
	close(store->directory);
	return 0;
}

static int entry_unlock(struct store_entry *entry)
{
	if (entry->lock >= 0)
		close(entry->lock);
	return 0;
}

static bool fail_file(struct failure *why, const char *doing, const char *path)
{
	if (errno == EACCES)
		return fail_at(why, FAIL_SYSTEM, STAGE_FILE,
			"cannot %s %s: %m; user %u, who runs this, must own it and its "
			"directory",
			doing, path, (unsigned)geteuid());
	return fail_at(why, FAIL_SYSTEM, STAGE_FILE, "cannot %s %s: %m", doing, path);
}

/* A directory or a file that nobody but root and the caller can change. */
static bool check_owner(const struct stat *status, const char *path, struct failure *why)
{
	uid_t user = geteuid();
	if (status->st_uid != 0 && status->st_uid != user)
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"%s belongs to user %u, but must belong to root or to user %u, "
			"who runs this: run it as user %u, or chown %u %s",
			path, (unsigned)status->st_uid, (unsigned)user,
			(unsigned)status->st_uid, (unsigned)user, path);
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"%s can be written by others than its owner: chmod go-w %s", path,
			path);
	return true;
}

static bool check_file(const struct stat *status, const char *path, struct failure *why)
{
	if (!S_ISREG(status->st_mode))
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"%s is not a regular file: remove it, and it is made anew", path);
	return check_owner(status, path, why);
}

bool store_open(
	void *parent, const char *directory, struct store **ret, struct failure *why)
{
	int opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (opened < 0 && errno == ENOENT)
		return fail_at(why, FAIL_ABSENT, STAGE_FILE,
			"there is no state directory %s: install -d -m 0700 -o %u %s",
			directory, (unsigned)geteuid(), directory);
	if (opened < 0)
		return fail_file(why, "open the state directory", directory);

	struct store *store = memory_new(parent, struct store);
	store->directory = opened;
	store->path = memory_copy(store, directory);
	talloc_set_destructor(store, store_close);

	struct stat status;
	bool is_good = fstat(opened, &status) == 0
		? check_owner(&status, directory, why)
		: fail_file(why, "examine the state directory", directory);
	if (!is_good) {
		talloc_free(store);
		return false;
	}
	*ret = store;
	return true;
}

const char *store_directory(const char *given, store_env *env)
{
	static const char *const names[] = {
		"NAGIOS_PLUGIN_STATE_DIRECTORY", "MP_STATE_PATH"};
	const char *found = given;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && found == NULL; i++) {
		const char *value = env(names[i]);
		if (value != NULL && *value != '\0')
			found = value;
	}
	return found;
}

/* "~" is in no encoded name: a shortened name is never that of another entry. */
static char *file_name(void *parent, const char *name, const char *suffix)
{
	char *encoded = text_percent_encode(NULL, name);
	struct bytes whole = {(const uint8_t *)name, strlen(name)};
	char *file = strlen(encoded) <= NAME_MAX_BYTES
		? memory_format(parent, "%s.%s", encoded, suffix)
		: memory_format(parent, "%.*s~%016llx.%s", NAME_KEPT_BYTES, encoded,
			  (unsigned long long)bytes_hash(whole), suffix);
	talloc_free(encoded);
	return file;
}

/* Not through a link, and not waiting for the other end of a FIFO or for a device. */
static bool open_lock(struct store_entry *entry, struct failure *why)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	entry->lock = openat(entry->store->directory, entry->lock_name, flags, 0600);
	char *path = memory_format(entry, "%s/%s", entry->store->path, entry->lock_name);
	struct stat status;
	bool is_good = false;
	if (entry->lock < 0 && (errno == EISDIR || errno == ELOOP || errno == ENXIO))
		fail_at(why, FAIL_USAGE, STAGE_FILE,
			"%s is not a regular file: remove it, and it is made anew", path);
	else if (entry->lock < 0)
		fail_file(why, "open the lock", path);
	else if (fstat(entry->lock, &status) < 0)
		fail_file(why, "examine the lock", path);
	else
		is_good = check_file(&status, path, why);
	talloc_free(path);
	return is_good;
}

/* Is the file that is locked the one that others would open? Not where someone deleted it
 * while we waited. */
static bool is_current(const struct store_entry *entry)
{
	struct stat ours, current;
	return fstat(entry->lock, &ours) == 0 &&
		fstatat(entry->store->directory, entry->lock_name, &current,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		ours.st_ino == current.st_ino && ours.st_dev == current.st_dev;
}

/*
 * Asks again and again rather than sleep in flock(), which only a signal could end, and
 * signals are the program's. The core reads no clock: the naps are counted.
 */
static bool wait_for_lock(
	struct store_entry *entry, unsigned wait_ms, struct failure *why)
{
	const struct timespec nap = {.tv_nsec = WAIT_STEP_MS * 1000000L};
	for (unsigned waited = 0;; waited += WAIT_STEP_MS) {
		if (entry->lock < 0 && !open_lock(entry, why))
			return false;
		bool is_locked = flock(entry->lock, LOCK_EX | LOCK_NB) == 0;
		if (is_locked && is_current(entry))
			return true;
		if (!is_locked && errno != EWOULDBLOCK && errno != EINTR)
			return fail_file(why, "lock", entry->path);
		if (wait_ms < WAIT_STEP_MS || waited > wait_ms - WAIT_STEP_MS)
			return fail_at(why, FAIL_TIMEOUT, STAGE_FILE,
				"%s was in use by another process for %u ms: let only "
				"one check of a server run at a time",
				entry->path, wait_ms);
		if (is_locked) {
			close(entry->lock);
			entry->lock = -1;
		}
		nanosleep(&nap, NULL);
	}
}

bool store_lock(void *parent, struct store *store, const char *name, const char *suffix,
	unsigned wait_ms, struct store_entry **ret, struct failure *why)
{
	struct store_entry *entry = memory_new(parent, struct store_entry);
	entry->store = store;
	entry->lock = -1;
	entry->name = file_name(entry, name, suffix);
	entry->lock_name = memory_format(entry, "%s.lock", entry->name);
	entry->temporary_name = memory_format(entry, "%s.tmp", entry->name);
	entry->path = memory_format(entry, "%s/%s", store->path, entry->name);
	talloc_set_destructor(entry, entry_unlock);
	if (!wait_for_lock(entry, wait_ms, why)) {
		talloc_free(entry);
		return false;
	}
	*ret = entry;
	return true;
}

const char *store_path(const struct store_entry *entry)
{
	return entry->path;
}

/* The content of an open file, which nobody changes: it is only ever replaced. */
static bool read_all(struct store_entry *entry, int file, size_t limit, struct bytes *ret,
	struct failure *why)
{
	struct stat status;
	if (fstat(file, &status) < 0)
		return fail_file(why, "examine", entry->path);
	if (!check_file(&status, entry->path, why))
		return false;
	if ((uintmax_t)status.st_size > limit)
		return fail_at(why, FAIL_DAMAGED, STAGE_FILE,
			"%s is %lld bytes long, but at most %zu are ever written to it: "
			"remove it",
			entry->path, (long long)status.st_size, limit);
	size_t size = (size_t)status.st_size, length = 0;
	uint8_t *data = memory_array(entry, uint8_t, size);
	while (length < size) {
		ssize_t got = read(file, data + length, size - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			talloc_free(data);
			return fail_file(why, "read", entry->path);
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*ret = (struct bytes){data, length};
	return true;
}

bool store_read(struct store_entry *entry, size_t limit, struct bytes *ret,
	bool *ret_exists, struct failure *why)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int file = openat(entry->store->directory, entry->name, flags);
	if (file < 0 && errno == ENOENT) {
		*ret = (struct bytes){NULL, 0};
		*ret_exists = false;
		return true;
	}
	if (file < 0 && (errno == ELOOP || errno == ENXIO))
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"%s is not a regular file: remove it, and it is made anew",
			entry->path);
	if (file < 0)
		return fail_file(why, "open", entry->path);
	bool is_read = read_all(entry, file, limit, ret, why);
	close(file);
	if (is_read)
		*ret_exists = true;
	return is_read;
}

/* Renaming would replace whatever is there: a link or a FIFO, too. */
static bool check_place(const struct store_entry *entry, struct failure *why)
{
	struct stat status;
	int directory = entry->store->directory;
	if (fstatat(directory, entry->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return check_file(&status, entry->path, why);
	return errno == ENOENT || fail_file(why, "examine", entry->path);
}

static bool write_all(int file, const char *text)
{
	size_t left = strlen(text);
	while (left > 0) {
		ssize_t written = write(file, text, left);
		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			text += written;
			left -= (size_t)written;
		}
	}
	return fsync(file) == 0;
}

/* The lock is held: a temporary file that is there is one of a run that has ended. */
static bool write_temporary(const struct store_entry *entry, const char *text)
{
	int directory = entry->store->directory;
	if (unlinkat(directory, entry->temporary_name, 0) < 0 && errno != ENOENT)
		return false;
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int file = openat(directory, entry->temporary_name, flags, 0600);
	if (file < 0)
		return false;
	bool is_written = write_all(file, text);
	int error = errno;
	bool is_closed = close(file) == 0;
	if (!is_written)
		errno = error;
	return is_written && is_closed;
}

bool store_write(struct store_entry *entry, const char *text, struct failure *why)
{
	int directory = entry->store->directory;
	if (!check_place(entry, why))
		return false;
	if (!write_temporary(entry, text) ||
		renameat(directory, entry->temporary_name, directory, entry->name) < 0) {
		int error = errno;
		unlinkat(directory, entry->temporary_name, 0);
		errno = error;
		return fail_file(why, "write", entry->path);
	}
	/* Some file systems cannot sync a directory and say so with EINVAL (fsync(2)). */
	if (fsync(directory) < 0 && errno != EINVAL)
		return fail_file(why, "sync the directory of", entry->path);
	return true;
}
