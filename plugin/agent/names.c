/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names.h"

#include <string.h>

#include "core/bytes.h"
#include "core/memory.h"
#include "source/deadline.h"

enum {
	BUCKETS = 1024,
	FRESH_MS = 2 * 60 * 1000,   /* so long it is used as it is */
	USABLE_MS = 10 * 60 * 1000, /* and so long while a new one is asked for */
	LOOK_MS = 10,               /* the resolver does not call back */
	PATIENCE_MS = 60 * 1000     /* with one question */
};

struct name_entry {
	struct name_entry *next;         /* of its bucket */
	struct name_entry *next_pending; /* of those with a question */
	char *name;
	bool is_known;
	struct addresses addresses;
	int64_t known_ms;
	struct lookup *lookup; /* NULL: nobody was asked */
	int64_t asked_ms;
	struct name_wait *waits;
};

struct names {
	struct timers *timers;
	struct timer look;
	struct name_entry *buckets[BUCKETS];
	struct name_entry *pending;
	uint64_t edition;
};

static void answer(struct name_entry *entry, const struct failure *why)
{
	while (entry->waits != NULL) {
		struct name_wait *wait = entry->waits;
		entry->waits = wait->next;
		wait->entry = NULL;
		wait->found(
			wait->context, entry->is_known ? &entry->addresses : NULL, why);
	}
}

static bool has_all(const struct addresses *set, const struct addresses *of)
{
	for (size_t i = 0; i < of->count; i++) {
		size_t j = 0;
		while (j < set->count && strcmp(set->text[j], of->text[i]) != 0)
			j++;
		if (j == set->count)
			return false;
	}
	return true;
}

bool names_are_same(const struct addresses *a, const struct addresses *b)
{
	return has_all(a, b) && has_all(b, a);
}

/* An answer that nothing replaces is used on where the resolver only was too slow. */
static void take_answer(struct names *names, struct name_entry *entry, int64_t now)
{
	struct failure why;
	struct addresses found;
	if (resolve_end(entry->lookup, &found, &why)) {
		names->edition +=
			!entry->is_known || !names_are_same(&entry->addresses, &found);
		entry->addresses = found;
		entry->known_ms = now;
		entry->is_known = true;
	} else if (why.kind != FAIL_TIMEOUT || now - entry->known_ms > USABLE_MS) {
		names->edition += entry->is_known;
		entry->is_known = false;
	}
	entry->lookup = NULL;
	answer(entry, &why);
}

static void look(void *context)
{
	struct names *names = context;
	int64_t now = deadline_now();
	struct name_entry *entry = names->pending;
	names->pending = NULL;
	while (entry != NULL) {
		struct name_entry *next = entry->next_pending;
		if (resolve_is_done(entry->lookup) ||
			now - entry->asked_ms > PATIENCE_MS) {
			take_answer(names, entry, now);
		} else {
			entry->next_pending = names->pending;
			names->pending = entry;
		}
		entry = next;
	}
	if (names->pending != NULL)
		timers_start(names->timers, &names->look, now + LOOK_MS);
}

static int end_all(struct names *names)
{
	struct failure why;
	struct addresses found;
	timers_stop(names->timers, &names->look);
	for (struct name_entry *at = names->pending; at != NULL; at = at->next_pending)
		resolve_end(at->lookup, &found, &why);
	return 0;
}

struct names *names_new(void *parent, struct timers *timers)
{
	struct names *names = memory_new(parent, struct names);
	names->timers = timers;
	names->look.fire = look;
	names->look.context = names;
	talloc_set_destructor(names, end_all);
	return names;
}

static size_t bucket_of(const char *name)
{
	struct bytes bytes = {(const uint8_t *)name, strlen(name)};
	return bytes_hash(bytes) % BUCKETS;
}

static struct name_entry *find(const struct names *names, const char *name)
{
	struct name_entry *entry = names->buckets[bucket_of(name)];
	while (entry != NULL && strcmp(entry->name, name) != 0)
		entry = entry->next;
	return entry;
}

static struct name_entry *entry_of(struct names *names, const char *name)
{
	struct name_entry *entry = find(names, name);
	if (entry == NULL) {
		struct name_entry **bucket = &names->buckets[bucket_of(name)];
		entry = memory_new(names, struct name_entry);
		entry->name = memory_copy(entry, name);
		entry->next = *bucket;
		*bucket = entry;
	}
	return entry;
}

static void ask(struct names *names, struct name_entry *entry, int64_t now)
{
	if (entry->lookup != NULL)
		return;
	entry->lookup = resolve_begin(entry->name);
	entry->asked_ms = now;
	entry->next_pending = names->pending;
	names->pending = entry;
	timers_start(names->timers, &names->look, now + 1);
}

bool names_find(struct names *names, const char *name, struct addresses *ret,
	struct name_wait *wait)
{
	if (resolve_literal(name, ret))
		return true;
	int64_t now = deadline_now();
	struct name_entry *entry = entry_of(names, name);
	int64_t age = now - entry->known_ms;
	if (!entry->is_known || age > FRESH_MS)
		ask(names, entry, now);
	if (entry->is_known && age <= USABLE_MS) {
		*ret = entry->addresses;
		return true;
	}
	wait->entry = entry;
	wait->next = entry->waits;
	entry->waits = wait;
	return false;
}

void names_leave(struct name_wait *wait)
{
	if (wait->entry == NULL)
		return;
	struct name_wait **at = &wait->entry->waits;
	while (*at != wait)
		at = &(*at)->next;
	*at = wait->next;
	wait->entry = NULL;
}

bool names_peek(const struct names *names, const char *name, struct addresses *ret)
{
	const struct name_entry *entry = find(names, name);
	if (entry == NULL || !entry->is_known)
		return false;
	*ret = entry->addresses;
	return true;
}

uint64_t names_edition(const struct names *names)
{
	return names->edition;
}
