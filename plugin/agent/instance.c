/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
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

bool instance_lock(void *parent, const char *config_path, struct failure *why)
{
	int file = open(config_path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return fail(why, FAIL_SYSTEM, "cannot open %s: %m", config_path);
	struct instance *instance = memory_new(parent, struct instance);
	instance->file = file;
	talloc_set_destructor(instance, unlock);
	if (flock(file, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return fail(why, FAIL_USAGE, "another imc-agentd already runs with %s",
			config_path);
	return fail(why, FAIL_SYSTEM, "cannot lock %s: %m", config_path);
}
