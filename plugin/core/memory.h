/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_MEMORY_H
#define IMC_CORE_MEMORY_H

#include <stddef.h>
#include <talloc.h>

/*
 * Memory is talloc: the parent is the first argument, a returned object owns all that it
 * points to. Running out of it ends the process, so that no code after an allocation is
 * there that a test cannot reach; what comes from outside is bounded before it is
 * allocated.
 */

/* Ends the process. Each program defines its own: check_imc says UNKNOWN, a daemon
 * restarts. */
_Noreturn void out_of_memory(void);

/* The pointer itself, never NULL. */
void *memory_required(void *pointer);

#define memory_new(parent, type) ((type *)memory_required(talloc_zero(parent, type)))
#define memory_array(parent, type, count)                                                \
	((type *)memory_required(talloc_zero_array(parent, type, count)))
/* The array at its new size; what was added is not cleared. */
#define memory_resize(parent, array, type, count)                                        \
	((type *)memory_required(talloc_realloc(parent, array, type, count)))

/* A copy of a string, or of its first `length` bytes. */
char *memory_copy(void *parent, const char *text);
char *memory_copy_bytes(void *parent, const char *text, size_t length);

/* A formatted string. */
char *memory_format(void *parent, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
