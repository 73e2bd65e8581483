/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "name.h"

#include <string.h>

#include "memory.h"

const char *name_of_server(const struct target *target)
{
	if (target->server != NULL)
		return target->server;
	if (target->address != NULL)
		return target->address;
	const char *file = target->evt != NULL ? target->evt : "?";
	const char *slash = strrchr(file, '/');
	return slash != NULL ? slash + 1 : file;
}

char *name_of_state(void *parent, const struct target *target)
{
	bool is_copy = target->evt != NULL;
	char *port = target->port == 0 || is_copy
		? memory_copy(parent, "")
		: memory_format(parent, ":%u", target->port);
	return memory_format(
		parent, "%s%s%s", name_of_server(target), port, is_copy ? "~evt" : "");
}
