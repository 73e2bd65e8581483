/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"

static const struct source *const built_in[] = {&evt_source};

/* Sources in modules: what they need is not loaded where they are not asked for. */
struct module {
	const char *name, *file, *package;
	const char *source_symbol, *abi_symbol;
};

static const struct module modules[] = {
	{"rpc", "imc-rpc.so", "imc-monitor-rpc", "imc_rpc_source", "imc_rpc_abi"},
	{"snmp", "imc-snmp.so", "imc-monitor-plugin", "imc_snmp_source", "imc_snmp_abi"},
	{"agent", "imc-snmp.so", "imc-monitor-plugin", "imc_agent_source",
		"imc_snmp_abi"},
};

enum { BUILT_IN = sizeof(built_in) / sizeof(built_in[0]) };
enum { MODULES = sizeof(modules) / sizeof(modules[0]) };

/* The folder of the running program, so that a build folder works without being
 * installed. */
static char *program_folder(void *parent)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	char *slash = strrchr(path, '/');
	if (slash == NULL)
		return memory_copy(parent, IMC_MODULEDIR);
	*slash = '\0';
	return memory_copy(parent, path);
}

static bool check_module(void *handle, const struct module *module, const char *path,
	const struct source **ret, struct failure *why)
{
	const unsigned *abi = dlsym(handle, module->abi_symbol);
	const struct source *source = dlsym(handle, module->source_symbol);
	if (abi == NULL || source == NULL)
		return fail(why, FAIL_UNSUPPORTED,
			"%s is no module of imc-monitor: install %s again", path,
			module->package);
	if (*abi != SOURCE_ABI)
		return fail(why, FAIL_UNSUPPORTED,
			"%s belongs to another version (interface %u, this program has "
			"%u): "
			"install %s of the same version",
			path, *abi, (unsigned)SOURCE_ABI, module->package);
	*ret = source;
	return true;
}

/* Stays open until the process ends: what it returned is used until then. */
static bool open_module(const char *path, const struct module *module,
	const struct source **ret, struct failure *why)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return fail(why, FAIL_UNSUPPORTED, "source %s cannot be loaded: %s",
			module->name, dlerror());
	if (check_module(handle, module, path, ret, why))
		return true;
	dlclose(handle);
	return false;
}

static bool find_module(
	const struct module *module, const struct source **ret, struct failure *why)
{
	void *scratch = talloc_new(NULL);
	const char *folders[] = {program_folder(scratch), IMC_MODULEDIR};
	const char *found = NULL;
	for (size_t i = 0; i < 2 && found == NULL; i++) {
		char *path = memory_format(scratch, "%s/%s", folders[i], module->file);
		if (access(path, F_OK) == 0)
			found = path;
	}
	bool is_open = found != NULL ? open_module(found, module, ret, why)
				     : fail(why, FAIL_UNSUPPORTED,
					       "source %s needs %s, which is in neither "
					       "%s nor %s: install %s",
					       module->name, module->file, folders[0],
					       folders[1], module->package);
	talloc_free(scratch);
	return is_open;
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
			return find_module(&modules[i], ret, why);
	}
	return refuse_name(name, why);
}
