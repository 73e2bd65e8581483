/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bases.h"

#include "core/memory.h"
#include "core/value.h"

/* Of Windows 2000 and SMS 2.0, and of SMS 1.2 (KB Q259586, Q318464). */
static const char microsoft[] = "1.3.6.1.4.1.311.1.13.1,1.3.6.1.4.1.311.1.4.1";

struct bases {
	struct oid *oids;
	size_t count;
};

static bool add(struct bases *bases, const char *list, struct failure *why)
{
	for (const char *at = list;;) {
		struct oid oid;
		const char *end;
		if (!value_is_oid(at, &end) || (*end != ',' && *end != '\0') ||
			!oid_parse(
				(struct bytes){(const uint8_t *)at, (size_t)(end - at)},
				&oid))
			return fail(why, FAIL_USAGE,
				"trap_bases: \"%.60s\" must be an OID in numbers", at);
		bases->oids =
			memory_resize(bases, bases->oids, struct oid, bases->count + 1);
		bases->oids[bases->count++] = oid;
		if (*end == '\0')
			return true;
		at = end + 1;
	}
}

bool bases_new(
	void *parent, const char *configured, struct bases **ret, struct failure *why)
{
	struct bases *bases = memory_new(parent, struct bases);
	if (!add(bases, microsoft, why) ||
		(configured != NULL && !add(bases, configured, why))) {
		talloc_free(bases);
		return false;
	}
	*ret = bases;
	return true;
}

size_t bases_match(const struct bases *bases, const struct oid *oid)
{
	size_t longest = 0;
	for (size_t i = 0; i < bases->count; i++) {
		const struct oid *base = &bases->oids[i];
		if (base->count > longest && oid_begins(oid, base))
			longest = base->count;
	}
	return longest;
}
