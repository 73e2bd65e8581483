/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of start attempts: whatever is read is written the same. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "start/diary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct start_entries entries;
	struct failure why;
	if (!diary_parse((struct bytes){data, size}, &entries, &why))
		return 0;
	char *written = diary_format(NULL, &entries);
	if (strlen(written) != size || memcmp(written, data, size) != 0)
		abort();
	talloc_free(written);
	return 0;
}
