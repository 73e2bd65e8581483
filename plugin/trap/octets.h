/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_OCTETS_H
#define IMC_TRAP_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"

/*
 * The octets of an OCTET STRING from what snmptrapd prints for it: text in quotation
 * marks, where \ stands before those and before itself; or, where not all of it can be
 * printed, "41 42 43 " in quotation marks, some octets in each line, behind which -OT
 * adds the same as [text], with nothing before its marks; or text without any marks.
 * False: more than `room`.
 */
bool octets_read(struct bytes printed, uint8_t *ret, size_t room, size_t *ret_length);

/* Where the value that begins with a quotation mark ends, behind its last mark; 0: it
 * does not. Nothing that a sender puts into a text ends it. */
size_t octets_quoted_length(struct bytes text);

#endif
