/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source.h"

#include <string.h>

#include "core/memory.h"
#include "module.h"

static const struct source *const built_in[] = {&evt_source};

/* What they need is not loaded where they are not asked for. */
static const struct module modules[] = {
	{"rpc", "imc-rpc.so", "imc-monitor-rpc", "imc_rpc_source", "imc_rpc_abi"},
	{"snmp", "imc-snmp.so", "imc-monitor-plugin", "imc_snmp_source", "imc_snmp_abi"},
	{"agent", "imc-snmp.so", "imc-monitor-plugin", "imc_agent_source",
		"imc_snmp_abi"},
};

enum { BUILT_IN = sizeof(built_in) / sizeof(built_in[0]) };
enum { MODULES = sizeof(modules) / sizeof(modules[0]) };

static bool find_source(
	const struct module *module, const struct source **ret, struct failure *why)
{
	const void *found;
	if (!module_find(module, &found, why))
		return false;
	*ret = found;
	return true;
}

static bool refuse_name(const char *name, struct failure *why)
{
	char *list = source_kind_list(NULL);
	fail(why, FAIL_USAGE, "there is no source \"%s\": use one of %s", name, list);
	talloc_free(list);
	return false;
}

bool source_find(const char *name, const struct source **ret, struct failure *why)
{
	for (size_t i = 0; i < BUILT_IN; i++) {
		if (strcmp(built_in[i]->name, name) == 0) {
			*ret = built_in[i];
			return true;
		}
	}
	for (size_t i = 0; i < MODULES; i++) {
		if (strcmp(modules[i].name, name) == 0)
			return find_source(&modules[i], ret, why);
	}
	return refuse_name(name, why);
}
