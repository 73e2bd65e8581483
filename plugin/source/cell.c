/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cell.h"

#include <string.h>

struct snmp_name cell_name_of(
	const uint32_t *base, size_t base_count, const uint32_t *more, size_t count)
{
	struct snmp_name name = {.length = 0};
	for (size_t i = 0; i < base_count + count && i < SNMP_MAX_NAME; i++)
		name.ids[name.length++] = i < base_count ? base[i] : more[i - base_count];
	return name;
}

int cell_name_compare_from(const struct snmp_name *a, size_t from_a,
	const struct snmp_name *b, size_t from_b)
{
	size_t rest_a = a->length - from_a, rest_b = b->length - from_b;
	for (size_t i = 0; i < rest_a && i < rest_b; i++) {
		uint32_t id_a = a->ids[from_a + i], id_b = b->ids[from_b + i];
		if (id_a != id_b)
			return id_a < id_b ? -1 : 1;
	}
	return (rest_a > rest_b) - (rest_a < rest_b);
}

int cell_name_compare(const struct snmp_name *a, const struct snmp_name *b)
{
	return cell_name_compare_from(a, 0, b, 0);
}

bool cell_name_begins(const struct snmp_name *name, const struct snmp_name *beginning)
{
	return name->length >= beginning->length &&
		memcmp(name->ids, beginning->ids,
			beginning->length * sizeof(name->ids[0])) == 0;
}
