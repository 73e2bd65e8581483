/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What snmptrapd writes to a traphandle: whatever is found in it makes a hint that
 * imc-agentd takes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "trap/trap_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_hint(const struct hint *hint)
{
	uint8_t datagram[HINT_BYTES];
	struct hint back;
	hint_encode(hint, datagram);
	claim(hint_decode((struct bytes){datagram, sizeof(datagram)}, &back));
	claim(back.event_id == hint->event_id);
	claim(strcmp(back.sender, hint->sender) == 0);
	claim(strcmp(back.agent, hint->agent) == 0);
	claim(strcmp(back.computer, hint->computer) == 0);
}

static void check_bindings(const struct printed_trap *trap, struct bytes text)
{
	unsigned line = 2;
	for (size_t i = 0; i < trap->count; i++) {
		const struct varbind *one = &trap->varbinds[i];
		claim(one->line > line);
		line = one->line;
		claim(one->name.data >= text.data && one->name.length > 0);
		claim(one->value.data > one->name.data);
		claim(one->value.data + one->value.length <= text.data + text.length);
	}
}

static void check(struct bytes text, bool is_cut)
{
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	struct bases *bases;
	struct printed_trap trap;
	struct trap_event event;
	struct failure why = {.text = ""};
	claim(bases_new(root, "1.3.6.1.4.1.32473", &bases, &why));
	bool is_made = printed_trap_parse(root, text, is_cut, &trap, &why);
	if (is_made)
		check_bindings(&trap, text);
	is_made = is_made && trap_event_read(&trap, bases, &event, &why);
	claim(is_made || why.text[0] != '\0');
	if (is_made && event.is_watched)
		check_hint(&event.hint);
	if (is_made)
		claim(strchr(trap_event_describe(root, &event), '\n') == NULL);
	talloc_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((struct bytes){data, size}, false);
	check((struct bytes){data, size}, true);
	return 0;
}
