/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A credentials file: every secret comes from it, and no message shows one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/credentials.h"
#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_field(const char *text, const uint8_t *data, size_t size)
{
	if (text != NULL && text[0] != '\0')
		claim(memmem(data, size, text, strlen(text)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	struct credentials *credentials = NULL;
	struct failure why = {.text = ""};
	if (credentials_parse(
		    root, "f", (struct bytes){data, size}, &credentials, &why)) {
		check_field(credentials->username, data, size);
		check_field(credentials->password, data, size);
		check_field(credentials->domain, data, size);
		claim(credentials->domain == NULL || credentials->username == NULL ||
			strlen(credentials->domain) + strlen(credentials->username) <
				size);
	} else {
		claim(credentials == NULL);
		/* The message is one of a few, with a number in it. */
		claim(strncmp(why.text, "credentials file f", 18) == 0);
		claim(strlen(why.text) < 120);
	}
	talloc_free(root);
	return 0;
}
