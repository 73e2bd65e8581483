/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trap_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/memory.h"

enum { BEFORE_IT_HAS_ITS_NAME = 32, OURS_ALONE = 0600, THE_GROUPS_TOO = 0660 };

/* --- the folder --- */

static const char *name_in(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* Who can rename what is in it could have us change the rights of any file. */
static bool is_safe(const struct stat *folder)
{
	bool is_others = (folder->st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
		(folder->st_mode & S_ISVTX) == 0;
	return !is_others && (folder->st_uid == 0 || folder->st_uid == geteuid());
}

/* It is held while something is done in it: the same path may lead elsewhere a moment
 * later. */
static bool open_folder(const char *path, int *ret, struct failure *why)
{
	struct stat folder;
	size_t length = (size_t)(name_in(path) - path);
	char *name = memory_copy_bytes(NULL, path, length);
	int file = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	talloc_free(name);
	if (file < 0 || fstat(file, &folder) != 0) {
		fail(why, FAIL_SYSTEM, "cannot listen at %s: %m", path);
	} else if (!is_safe(&folder)) {
		fail(why, FAIL_USAGE,
			"the folder of %s must be root's or our own, and without the "
			"sticky bit nobody else may write to it",
			path);
	} else {
		*ret = file;
		return true;
	}
	if (file >= 0)
		close(file);
	return false;
}

/* --- making it --- */

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
	return address;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Whoever listens there answers a connection, even of datagrams; and what says another
 * thing than that nobody does is somebody's. */
static bool is_listened_at(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int file = new_socket();
	bool is_taken = file >= 0 &&
		(connect(file, (struct sockaddr *)&address, sizeof(address)) == 0 ||
			(errno != ECONNREFUSED && errno != ENOENT));
	if (file >= 0)
		close(file);
	return is_taken;
}

static bool has_room(int folder, const char *path, struct failure *why)
{
	struct stat there;
	if (fstatat(folder, name_in(path), &there, AT_SYMLINK_NOFOLLOW) != 0)
		return true; /* or rename() says what is wrong */
	if (!S_ISSOCK(there.st_mode))
		return fail(why, FAIL_USAGE,
			"%s is no socket, and left alone: name another trap_socket",
			path);
	if (is_listened_at(path))
		return fail(why, FAIL_USAGE,
			"another process listens at %s: name another trap_socket", path);
	return true;
}

/* Ours alone at first, whatever the umask was: it is never wider than it ends up. The
 * folder's number, for the path may be as long as an address can be. */
static bool bind_in(int folder, const char *name, int file)
{
	char text[BEFORE_IT_HAS_ITS_NAME * 2];
	snprintf(text, sizeof(text), "/proc/self/fd/%d/%s", folder, name);
	struct sockaddr_un address = address_of(text);
	unlinkat(folder, name, 0); /* of a process of our number, which died here */
	mode_t before = umask(0777 & ~OURS_ALONE);
	bool is_bound = bind(file, (struct sockaddr *)&address, sizeof(address)) == 0;
	int error = errno;
	umask(before);
	errno = error;
	return is_bound;
}

/* It gets its name when it is there: between the end of an old one and the new one there
 * is no gap, and of two processes that do this at once the last one has it. */
static bool make(int folder, int file, struct trap_place *ret, struct failure *why)
{
	struct stat made;
	int yes = 1;
	char name[BEFORE_IT_HAS_ITS_NAME];
	snprintf(name, sizeof(name), ".imc-trap.%d", (int)getpid());
	bool is_bound = file >= 0 &&
		setsockopt(file, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) == 0 &&
		bind_in(folder, name, file);
	if (is_bound && fstatat(folder, name, &made, AT_SYMLINK_NOFOLLOW) == 0 &&
		renameat(folder, name, folder, name_in(ret->path)) == 0) {
		ret->device = made.st_dev;
		ret->number = made.st_ino;
		return true;
	}
	fail(why, FAIL_SYSTEM, "cannot listen at %s: %m", ret->path);
	if (is_bound)
		unlinkat(folder, name, 0);
	return false;
}

bool trap_place_bind(void *parent, const char *path, int *ret_file,
	struct trap_place *ret, struct failure *why)
{
	int folder;
	if (!open_folder(path, &folder, why))
		return false;
	int file = new_socket();
	ret->path = memory_copy(parent, path);
	bool is_made = has_room(folder, path, why) && make(folder, file, ret, why);
	close(folder);
	if (is_made) {
		*ret_file = file;
		return true;
	}
	TALLOC_FREE(ret->path);
	if (file >= 0)
		close(file);
	return false;
}

/* --- once it is there --- */

static bool is_what_was_made(const struct trap_place *place, int folder, const char *path)
{
	struct stat there;
	return fstatat(folder, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		there.st_dev == place->device && there.st_ino == place->number;
}

bool trap_place_is_at(const struct trap_place *place, const char *path)
{
	return is_what_was_made(place, AT_FDCWD, path);
}

/* The group comes before its right to write: until then it is another one's. */
static bool set_rights(int folder, const char *name, const gid_t *group)
{
	if (group == NULL)
		return fchmodat(folder, name, OURS_ALONE, AT_SYMLINK_NOFOLLOW) == 0;
	return fchownat(folder, name, (uid_t)-1, *group, AT_SYMLINK_NOFOLLOW) == 0 &&
		fchmodat(folder, name, THE_GROUPS_TOO, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool give_in(int folder, const struct trap_place *place, const gid_t *group,
	struct failure *why)
{
	const char *name = name_in(place->path);
	bool is_there = is_what_was_made(place, folder, name);
	if (is_there && !set_rights(folder, name, group))
		return fail(why, FAIL_SYSTEM, "cannot set who may write to %s: %m%s",
			place->path,
			errno == EPERM ? ", imc-agentd has to be in trap_group" : "");
	if (!is_there || !is_what_was_made(place, folder, name))
		return fail(why, FAIL_SYSTEM,
			"%s is not what was made there: somebody removed it",
			place->path);
	return true;
}

bool trap_place_give(
	const struct trap_place *place, const gid_t *group, struct failure *why)
{
	int folder;
	if (!open_folder(place->path, &folder, why))
		return false;
	bool is_given = give_in(folder, place, group, why);
	close(folder);
	return is_given;
}

void trap_place_remove(const struct trap_place *place)
{
	if (place->path != NULL && trap_place_is_at(place, place->path))
		unlink(place->path);
}
