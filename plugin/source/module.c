/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "module.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"

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

static bool check(void *handle, const struct module *module, const char *path,
	const void **ret, struct failure *why)
{
	const unsigned *abi = dlsym(handle, module->abi_symbol);
	const void *found = dlsym(handle, module->symbol);
	if (abi == NULL || (found == NULL && *abi == MODULE_ABI))
		return fail(why, FAIL_UNSUPPORTED,
			"%s is no module of imc-monitor: install %s again", path,
			module->package);
	if (*abi != MODULE_ABI)
		return fail(why, FAIL_UNSUPPORTED,
			"%s belongs to another version (interface %u, this program has "
			"%u): "
			"install %s of the same version",
			path, *abi, (unsigned)MODULE_ABI, module->package);
	*ret = found;
	return true;
}

/* Stays open until the process ends: what it returned is used until then. */
static bool load(const char *path, const struct module *module, const void **ret,
	struct failure *why)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return fail(why, FAIL_UNSUPPORTED, "source %s cannot be loaded: %s",
			module->name, dlerror());
	if (check(handle, module, path, ret, why))
		return true;
	dlclose(handle);
	return false;
}

bool module_find(const struct module *module, const void **ret, struct failure *why)
{
	void *scratch = talloc_new(NULL);
	const char *folders[] = {program_folder(scratch), IMC_MODULEDIR};
	const char *found = NULL;
	for (size_t i = 0; i < 2 && found == NULL; i++) {
		char *path = memory_format(scratch, "%s/%s", folders[i], module->file);
		if (access(path, F_OK) == 0)
			found = path;
	}
	bool is_open = found != NULL ? load(found, module, ret, why)
				     : fail(why, FAIL_UNSUPPORTED,
					       "source %s needs %s, which is in neither "
					       "%s nor %s: install %s",
					       module->name, module->file, folders[0],
					       folders[1], module->package);
	talloc_free(scratch);
	return is_open;
}
