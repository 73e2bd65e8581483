/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_PRINTED_TRAP_H
#define IMC_TRAP_PRINTED_TRAP_H

#include "core/bytes.h"
#include "core/failure.h"
#include "core/hint.h"

/* One variable binding of a trap, as it was printed; the bytes are the text's. */
struct varbind {
	unsigned line;
	struct bytes name, value;
};

/* What snmptrapd tells a program of a trap. */
struct printed_trap {
	char sender[HINT_ADDRESS]; /* "": it came over something without addresses */
	struct varbind *varbinds;  /* in the order of the trap */
	size_t count;
};

/* snmptrapd.conf(5), traphandle: a line for the sender's name, one for its address, then
 * one binding after the other. A text may span lines: what is inside its quotation marks
 * is never taken for a binding. `is_cut`: there was more, which nobody read, and what is
 * not whole counts as not read. Failures name the line. */
bool printed_trap_parse(void *parent, struct bytes text, bool is_cut,
	struct printed_trap *ret, struct failure *why);

#endif
