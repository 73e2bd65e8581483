/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A standing file: whatever is read is written the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/standing.h"
#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_and_write(void *parent, struct bytes text)
{
	struct standing *standing;
	struct failure why;
	if (!standing_parse(parent, text, &standing, &why))
		return;
	char *written = standing_format(parent, standing);
	if (strlen(written) != text.length ||
		memcmp(written, text.data, text.length) != 0)
		abort();
	for (size_t i = 0; i < standing->server_count; i++) {
		if (standing_find(standing, standing->servers[i].name) !=
			&standing->servers[i])
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *parent = talloc_new(NULL);
	struct bytes text = {data, size};
	read_and_write(parent, text);

	/* Once more with the right last line, or the fuzzer sees nothing but the hash. */
	char *body = talloc_size(parent, size + 32);
	if (size > 0)
		memcpy(body, data, size);
	int end = snprintf(body + size, 32, "end %016" PRIx64 "\n", bytes_hash(text));
	read_and_write(parent, (struct bytes){(const uint8_t *)body, size + (size_t)end});
	talloc_free(parent);
	return 0;
}
