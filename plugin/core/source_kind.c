/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source_kind.h"

#include <string.h>

#include "memory.h"

static const struct source_kind kinds[] = {
	{"rpc", TRANSPORT_TCP, 445, .needs_credentials = true, .logs_on = true},
	{"snmp", TRANSPORT_UDP, 161, .needs_credentials = true},
	{"agent", TRANSPORT_UDP, 161, .needs_credentials = true, .is_told = true},
	{"evt", TRANSPORT_FILES, 0, .needs_credentials = false},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const struct source_kind *source_kinds(size_t *ret_count)
{
	*ret_count = KINDS;
	return kinds;
}

const struct source_kind *source_kind(const char *name)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

char *source_kind_list(void *parent)
{
	char *list = memory_copy(parent, kinds[0].name);
	for (size_t i = 1; i < KINDS; i++) {
		char *longer = memory_format(parent, "%s, %s", list, kinds[i].name);
		talloc_free(list);
		list = longer;
	}
	return list;
}
