/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of services as an SNMP agent may write them, and what is made of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "source/services.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

/* Valid UTF-8 without blanks at its end; the same again when it is read again. */
static void check_text(void *parent, const char *text)
{
	size_t length = strlen(text);
	claim(length == 0 || text[length - 1] != ' ');
	const struct bytes again = {(const uint8_t *)text, length};
	if (length <= 4096)
		claim(strcmp(services_text(parent, again), text) == 0);
	claim(text_is_name(text, text));
}

/* Where a name's state is, its own octets are, or those that are read as it. */
static void check_places(void *parent, const char *text)
{
	struct snmp_name places[SERVICES_FORMS];
	size_t count = services_places(text, places);
	claim(count <= SERVICES_FORMS);
	for (size_t i = 0; i < count; i++) {
		size_t first = services_states.length;
		claim(places[i].length <= SNMP_MAX_NAME);
		claim(cell_name_begins(&places[i], &services_states));
		claim(places[i].ids[first] == places[i].length - first - 1);
		uint8_t octets[SNMP_MAX_NAME];
		for (size_t at = first + 1; at < places[i].length; at++) {
			claim(places[i].ids[at] > 0 && places[i].ids[at] < 256);
			octets[at - first - 1] = (uint8_t)places[i].ids[at];
		}
		const struct bytes name = {octets, places[i].ids[first]};
		services_text(parent, name);
		if (i == 0 && name.length == strlen(text))
			claim(memcmp(octets, text, name.length) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	char *text = services_text(root, (struct bytes){data, size});
	check_text(root, text);
	check_places(root, text);
	check_places(root, memory_copy_bytes(root, (const char *)data, size));
	talloc_free(root);
	return 0;
}
