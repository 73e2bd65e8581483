/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

struct instance {
	int file;
};

static int unlock(struct instance *instance)
{
	close(instance->file);
	return 0;
}

static bool open_locked(const char *config_path, int *ret, struct failure *why)
{
	int file = open(config_path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return fail(why, FAIL_SYSTEM, "cannot open %s: %m", config_path);
	if (flock(file, LOCK_EX | LOCK_NB) == 0) {
		*ret = file;
		return true;
	}
	if (errno == EWOULDBLOCK)
		fail(why, FAIL_USAGE, "another imc-agentd already runs with %s",
			config_path);
	else
		fail(why, FAIL_SYSTEM, "cannot lock %s: %m", config_path);
	close(file);
	return false;
}

bool instance_lock(
	void *parent, const char *config_path, struct instance **ret, struct failure *why)
{
	int file;
	if (!open_locked(config_path, &file, why))
		return false;
	*ret = memory_new(parent, struct instance);
	(*ret)->file = file;
	talloc_set_destructor(*ret, unlock);
	return true;
}

bool instance_renew(
	struct instance *instance, const char *config_path, struct failure *why)
{
	struct stat ours, current;
	int file;
	if (fstat(instance->file, &ours) == 0 && stat(config_path, &current) == 0 &&
		ours.st_ino == current.st_ino && ours.st_dev == current.st_dev)
		return true;
	if (!open_locked(config_path, &file, why))
		return false;
	close(instance->file);
	instance->file = file;
	return true;
}
