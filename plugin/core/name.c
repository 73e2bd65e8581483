/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "name.h"

#include <string.h>

#include "memory.h"

const char *name_of_server(const struct target *target)
{
	if (target->server != NULL)
		return target->server;
	if (target->remote_server != NULL)
		return target->remote_server;
	if (target->address != NULL)
		return target->address;
	const char *file = target->evt != NULL ? target->evt : "?";
	const char *slash = strrchr(file, '/');
	return slash != NULL ? slash + 1 : file;
}

/* Sources learn different things: what one remembers is no use to another. */
char *name_of_state(void *parent, const struct target *target)
{
	const char *source = target->evt != NULL ? "evt" : target->source;
	bool is_usual = source == NULL || strcmp(source, "rpc") == 0;
	char *port = target->port == 0 || target->evt != NULL
		? memory_copy(parent, "")
		: memory_format(parent, ":%u", target->port);
	return memory_format(parent, "%s%s%s%s", name_of_server(target), port,
		is_usual ? "" : "~", is_usual ? "" : source);
}
