/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A datagram on imc-agentd's socket: whatever is taken has one form only. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/hint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hint hint;
	uint8_t again[HINT_BYTES];
	if (!hint_decode((struct bytes){data, size}, &hint))
		return 0;
	hint_encode(&hint, again);
	if (size != HINT_BYTES || memcmp(data, again, HINT_BYTES) != 0)
		abort();
	return 0;
}
