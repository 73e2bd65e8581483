/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/bytes.h"

static char row[256];
static size_t before;

_Noreturn void out_of_memory(void)
{
	abort();
}

/* All of talloc's memory that hangs off no parent but the hidden root. */
static size_t all_blocks(void)
{
	return talloc_total_blocks(NULL);
}

int test_setup(void **state)
{
	row[0] = '\0';
	talloc_enable_null_tracking();
	before = all_blocks();
	*state = talloc_named_const(NULL, 0, "test");
	return 0;
}

int test_teardown(void **state)
{
	if (row[0] != '\0')
		print_message("last row: %s\n", row);
	talloc_free(*state);
	size_t now = all_blocks();
	if (now == before) {
		talloc_disable_null_tracking();
		return 0;
	}
	print_error("%zu blocks of memory leaked\n", now - before);
	talloc_report_full(NULL, stderr);
	return -1;
}

void test_row(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(row, sizeof(row), format, arguments);
	va_end(arguments);
}

struct bytes test_file(void *parent, const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("cannot open %s", path);
	size_t size = 0, room = 65536;
	uint8_t *data = memory_array(parent, uint8_t, room);
	size_t got;
	while ((got = fread(data + size, 1, room - size, file)) > 0) {
		size += got;
		if (size == room)
			data = memory_resize(parent, data, uint8_t, room *= 2);
	}
	fclose(file);
	return (struct bytes){data, size};
}

const char *test_corpus(void)
{
	const char *folder = getenv("IMC_CORPUS");
	return folder != NULL && folder[0] != '\0' ? folder : NULL;
}
