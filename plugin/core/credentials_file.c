/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

static bool is_own_group(gid_t group)
{
	if (group == getegid())
		return true;
	int count = getgroups(0, NULL);
	if (count <= 0)
		return false;
	gid_t *groups = memory_array(NULL, gid_t, (size_t)count);
	count = getgroups(count, groups);
	bool is_own = false;
	for (int i = 0; i < count; i++)
		is_own = is_own || groups[i] == group;
	talloc_free(groups);
	return is_own;
}

/* Is the file in the directory itself? No ".." is left to climb out with. */
static bool is_in_directory(const char *path, const char *directory)
{
	size_t length = directory == NULL ? 0 : strlen(directory);
	while (length > 0 && directory[length - 1] == '/')
		length--;
	return length > 0 && strncmp(path, directory, length) == 0 &&
		path[length] == '/' && path[length + 1] != '\0' &&
		strchr(path + length + 1, '/') == NULL;
}

/* Says which command makes an end of each thing that is wrong with the file. */
static bool check_status(
	const char *path, const struct stat *status, bool is_exempt, struct failure *why)
{
	if (!S_ISREG(status->st_mode))
		return fail(why, FAIL_USAGE,
			"credentials file %.150s is not a regular file", path);
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return fail(why, FAIL_USAGE,
			"credentials file %.150s belongs to user %u, neither root nor "
			"the caller: chown %u %.150s",
			path, (unsigned)status->st_uid, (unsigned)geteuid(), path);
	if ((status->st_mode & S_IRWXO) != 0)
		return fail(why, FAIL_USAGE,
			"credentials file %.150s is open to all users: chmod o= %.150s",
			path, path);
	if ((status->st_mode & S_IWGRP) != 0)
		return fail(why, FAIL_USAGE,
			"credentials file %.150s can be written by its group: chmod "
			"g-w %.150s",
			path, path);
	if ((status->st_mode & S_IRGRP) != 0 && !is_exempt &&
		!is_own_group(status->st_gid))
		return fail(why, FAIL_USAGE,
			"credentials file %.150s can be read by group %u, which this "
			"process is not in: run it as a user of that group (runuser -u "
			"USER -- ...)",
			path, (unsigned)status->st_gid);
	if (status->st_size > CREDENTIALS_MAX_BYTES)
		return fail(why, FAIL_USAGE,
			"credentials file %.150s is larger than %d bytes", path,
			CREDENTIALS_MAX_BYTES);
	return true;
}

static uint64_t identity_of(const struct stat *status)
{
	const uint64_t facts[] = {
		(uint64_t)status->st_dev,
		(uint64_t)status->st_ino,
		(uint64_t)status->st_size,
		(uint64_t)status->st_mtim.tv_sec,
		(uint64_t)status->st_mtim.tv_nsec,
	};
	return bytes_hash((struct bytes){(const uint8_t *)facts, sizeof(facts)});
}

static bool read_descriptor(int descriptor, uint8_t *buffer, size_t room, size_t *ret)
{
	size_t length = 0;
	while (length < room) {
		ssize_t got = read(descriptor, buffer + length, room - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*ret = length;
	return true;
}

static bool read_open(void *parent, int descriptor, const char *path, bool is_exempt,
	struct credentials **ret, struct failure *why)
{
	struct stat status;
	if (fstat(descriptor, &status) != 0)
		return fail(why, FAIL_USAGE, "cannot look at credentials file %.200s: %s",
			path, strerror(errno));
	if (!check_status(path, &status, is_exempt, why))
		return false;

	uint8_t buffer[CREDENTIALS_MAX_BYTES];
	size_t length = 0;
	bool is_good = read_descriptor(descriptor, buffer, sizeof(buffer), &length);
	if (is_good)
		is_good = credentials_parse(
			parent, path, (struct bytes){buffer, length}, ret, why);
	else
		fail(why, FAIL_USAGE, "cannot read credentials file %.200s: %s", path,
			strerror(errno));
	explicit_bzero(buffer, sizeof(buffer));
	/* A service manager makes its copy anew at each start, changed or not. */
	if (is_good)
		(*ret)->identity = is_exempt ? 0 : identity_of(&status);
	return is_good;
}

static int open_file(const char *path)
{
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static bool fail_to_open(const char *path, int error, struct failure *why)
{
	if (error == ELOOP)
		return fail(why, FAIL_USAGE,
			"credentials file %.200s is a symbolic link: name the file "
			"itself",
			path);
	return fail(why, FAIL_USAGE, "cannot open credentials file %.200s: %s", path,
		strerror(error));
}

static bool is_newer(const struct stat *file, const struct stat *copy)
{
	if (file->st_ctim.tv_sec != copy->st_ctim.tv_sec)
		return file->st_ctim.tv_sec > copy->st_ctim.tv_sec;
	return file->st_ctim.tv_nsec > copy->st_ctim.tv_nsec;
}

/* The service manager made it at the start. A password that was changed since is not to
 * be tried in its old form, and the file is what a change is known by. */
static bool read_copy(void *parent, int descriptor, const char *path, const char *name,
	struct credentials **ret, struct failure *why)
{
	struct stat file, copy;
	bool is_seen = lstat(path, &file) == 0;
	if (is_seen && fstat(descriptor, &copy) == 0 && is_newer(&file, &copy))
		return fail(why, FAIL_USAGE,
			"credentials file %.200s is newer than what the service was "
			"started with: restart it",
			path);
	if (is_seen && !check_status(path, &file, true, why))
		return false;
	if (!read_open(parent, descriptor, name, true, ret, why))
		return false;
	if (is_seen)
		(*ret)->identity = identity_of(&file);
	return true;
}

/* NULL: the service manager, which may read it, makes no copies of such a file. */
static char *name_of_copy(void *parent, const char *path, const char *directory)
{
	if (directory == NULL || directory[0] != '/' ||
		!is_in_directory(path, CREDENTIALS_FOLDER))
		return NULL;
	return memory_format(parent, "%s%s", directory, strrchr(path, '/'));
}

/* Of a file that only others may read. */
static bool read_in_its_place(void *parent, const char *path, const char *directory,
	struct credentials **ret, struct failure *why)
{
	char *name = name_of_copy(NULL, path, directory);
	int descriptor = name != NULL ? open_file(name) : -1;
	bool is_good;
	if (descriptor >= 0)
		is_good = read_copy(parent, descriptor, path, name, ret, why);
	else if (name != NULL && errno != ENOENT)
		is_good = fail_to_open(name, errno, why);
	else
		is_good = fail_to_open(path, EACCES, why);
	if (descriptor >= 0)
		close(descriptor);
	talloc_free(name);
	return is_good;
}

bool credentials_read(void *parent, const char *path, const char *handed_directory,
	struct credentials **ret, struct failure *why)
{
	int descriptor = open_file(path);
	if (descriptor < 0 && errno == EACCES)
		return read_in_its_place(parent, path, handed_directory, ret, why);
	if (descriptor < 0)
		return fail_to_open(path, errno, why);
	bool is_good = read_open(parent, descriptor, path,
		is_in_directory(path, handed_directory), ret, why);
	close(descriptor);
	return is_good;
}
