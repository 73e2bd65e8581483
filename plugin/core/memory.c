/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory.h"

#include <stdarg.h>

void *memory_required(void *pointer)
{
	if (pointer == NULL)
		out_of_memory();
	return pointer;
}

char *memory_copy(void *parent, const char *text)
{
	return memory_required(talloc_strdup(parent, text));
}

char *memory_copy_bytes(void *parent, const char *text, size_t length)
{
	return memory_required(talloc_strndup(parent, text, length));
}

char *memory_format(void *parent, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = talloc_vasprintf(parent, format, arguments);
	va_end(arguments);
	return memory_required(text);
}
