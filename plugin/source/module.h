/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_MODULE_H
#define IMC_SOURCE_MODULE_H

#include "core/failure.h"

/*
 * A module is a shared object with a `const unsigned imc_FILE_abi`, which is MODULE_ABI
 * of the tree that it was built from, and the symbols that programs ask for by name;
 * nothing else of it is seen. Raise it with each change of what modules see of core and
 * source.
 */
enum { MODULE_ABI = 5 };
#define MODULE_EXPORTED __attribute__((visibility("default")))

/* What a program asks for. */
struct module {
	const char *name;    /* of the source, as messages call it */
	const char *file;    /* "imc-rpc.so" */
	const char *package; /* what to install where it is not there */
	const char *symbol, *abi_symbol;
};

/* Opens it, from the program's own folder or MODULEDIR, and gives the symbol's address;
 * it stays open until the process ends. */
bool module_find(const struct module *module, const void **ret, struct failure *why);

#endif
