/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_FAR_CELL_H
#define IMC_SOURCE_FAR_CELL_H

#include "cell.h"
#include "core/failure.h"

/* One cell of a far imc-agentd's tables against what the MIB says of its column. */
enum far_form { FORM_INTEGER, FORM_UNSIGNED, FORM_TEXT, FORM_MOMENT };

struct far_cell_rule {
	uint32_t number; /* of the column */
	const char *name;
	bool is_needed; /* every row has it */
	enum far_form form;
	int64_t least, most; /* of a number; of a text, the octets */
};

/* The octets that it takes in an answer, its name with it, at most. */
size_t far_cell_size(const struct far_cell_rule *rule);

/* One that is not there is right where it is not needed. */
bool far_cell_check(const struct far_cell_rule *rule, const struct snmp_cell *cell,
	struct failure *why);

/* A DateAndTime, RFC 2579, of the years 1970 to 9999. The MIB's own are in UTC and say
 * so; one of 8 octets leaves that out. */
bool far_cell_moment(struct bytes octets, int64_t *ret);

#endif
