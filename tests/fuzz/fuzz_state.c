/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state file: whatever is read writes back and reads again the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/state_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_and_write(void *parent, struct bytes text)
{
	struct state *state, *again;
	struct failure why;
	if (!state_parse(parent, "fuzz.state", "EXCH01", text, &state, &why))
		return;
	char *written = state_format(parent, "EXCH01", state);
	struct bytes bytes = {(const uint8_t *)written, strlen(written)};
	if (!state_parse(parent, "fuzz.state", "EXCH01", bytes, &again, &why) ||
		strcmp(state_format(parent, "EXCH01", again), written) != 0)
		abort();
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
