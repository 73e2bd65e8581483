/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trouble.h"

#include "core/memory.h"

enum { PAUSE_MS = 1000 };

struct case_of {
	struct case_of *next;
	const struct lane *lane;
	int64_t since_ms;
	struct failure why;
};

struct trouble {
	struct case_of *cases;
};

struct trouble *trouble_new(void *parent)
{
	return memory_new(parent, struct trouble);
}

static struct case_of *find(const struct trouble *trouble, const struct lane *lane)
{
	struct case_of *at = trouble->cases;
	while (at != NULL && at->lane != lane)
		at = at->next;
	return at;
}

bool trouble_begins(struct trouble *trouble, const struct lane *lane, int64_t now_ms,
	const struct failure *why)
{
	struct case_of *found = find(trouble, lane);
	bool is_new = found == NULL;
	if (is_new) {
		found = memory_new(trouble, struct case_of);
		found->next = trouble->cases;
		found->lane = lane;
		trouble->cases = found;
	}
	found->since_ms = now_ms;
	found->why = *why;
	return is_new;
}

bool trouble_ends(struct trouble *trouble, const struct lane *lane)
{
	struct case_of *found = find(trouble, lane);
	struct case_of **at = &trouble->cases;
	if (found == NULL)
		return false;
	while (*at != found)
		at = &(*at)->next;
	*at = found->next;
	talloc_free(found);
	return true;
}

const struct failure *trouble_of(
	const struct trouble *trouble, const struct lane *lane, int64_t now_ms)
{
	const struct case_of *found = find(trouble, lane);
	return found != NULL && now_ms - found->since_ms < PAUSE_MS ? &found->why : NULL;
}
