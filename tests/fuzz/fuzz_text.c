/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from a server, in all its forms. The first byte is the limit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_clean(void *parent, const char *text, size_t limit)
{
	char *clean = text_clean(parent, text, limit);
	size_t length = strlen(clean);
	claim(length <= limit);
	claim(strpbrk(clean, "|;&<>\"'`$\\~\x7F\n\r\t\033") == NULL);
	claim(length == 0 || (clean[0] != ' ' && clean[length - 1] != ' '));
	claim(strstr(clean, "  ") == NULL);
	claim(strcmp(text_clean(parent, clean, limit), clean) == 0);
}

static void check_percent(void *parent, const char *text)
{
	char *encoded = text_percent_encode(parent, text);
	char *decoded = text_percent_decode(parent, encoded);
	claim(decoded != NULL && strcmp(decoded, text) == 0);
	decoded = text_percent_decode(parent, text);
	if (decoded != NULL)
		claim(strcmp(text_percent_encode(parent, decoded), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	size_t limit = data[0];
	struct bytes bytes = {data + 1, size - 1};
	char *text = memory_copy_bytes(root, (const char *)bytes.data, bytes.length);

	char *converted = text_from_utf16(root, bytes, limit);
	claim(strlen(converted) <= limit);
	claim(text_utf16_contains(bytes, "MSExchangeIMC") ==
		text_utf16_contains(bytes, "mSEXCHANGEimc"));
	claim(text_is_name(text, text));
	check_clean(root, converted, limit);
	check_clean(root, text, limit);
	check_percent(root, text);
	talloc_free(root);
	return 0;
}
