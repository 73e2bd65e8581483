/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

enum {
	LINE_ROOM = 96,
	TEXT_MAX = LINE_ROOM * (DIARY_ENTRIES + 2),
	LOCK_WAIT_MS = 100 /* who has it is at work, and starts the service, or not */
};

static const char first_line[] = "imc-monitor starts 1\n";
static const char last_line[] = "end\n";

struct diary {
	struct store_entry *file;
	struct start_entries entries;
};

/* --- text --- */

char *diary_format(void *parent, const struct start_entries *entries)
{
	char *text = memory_copy(parent, first_line);
	for (size_t i = 0; i < entries->count; i++) {
		const struct start_entry *entry = &entries->list[i];
		text = talloc_asprintf_append_buffer(text,
			"start %" PRIu32 " %" PRId64 " %" PRId64 "\n", entry->boot.record,
			entry->boot.time, entry->at);
	}
	return memory_required(talloc_strdup_append_buffer(text, last_line));
}

/* Takes what it can: the result, formatted, is compared with the text. */
static void take_lines(struct start_entries *entries, char *text)
{
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		struct start_entry entry;
		if (entries->count < DIARY_ENTRIES &&
			sscanf(line, "start %" SCNu32 " %" SCNd64 " %" SCNd64,
				&entry.boot.record, &entry.boot.time, &entry.at) == 3)
			entries->list[entries->count++] = entry;
	}
}

bool diary_parse(struct bytes text, struct start_entries *ret, struct failure *why)
{
	void *scratch = memory_required(talloc_new(NULL));
	struct start_entries entries = {.count = 0};
	bool has_text = text.length > 0 && text.length <= TEXT_MAX;
	char *copy = has_text
		? memory_copy_bytes(scratch, (const char *)text.data, text.length)
		: memory_copy(scratch, "");
	take_lines(&entries, memory_copy(scratch, copy));
	bool is_whole = strlen(copy) == text.length &&
		strcmp(copy, diary_format(scratch, &entries)) == 0;
	talloc_free(scratch);
	if (is_whole)
		*ret = entries;
	return is_whole || fail(why, FAIL_DAMAGED, "it is not as this program writes it");
}

/* --- the file --- */

static bool read_entries(struct diary *diary, struct failure *why)
{
	struct bytes text;
	struct failure inner;
	bool exists;
	if (!store_read(diary->file, TEXT_MAX, &text, &exists, why))
		return false;
	diary->entries.count = 0;
	if (!exists || diary_parse(text, &diary->entries, &inner))
		return true;
	return fail_at(why, FAIL_DAMAGED, STAGE_FILE,
		"%s tells no start attempts: %s; remove it once it is clear that the "
		"service may be started",
		store_path(diary->file), inner.text);
}

static bool lock(
	struct diary *diary, struct store *store, const char *server, struct failure *why)
{
	if (store_lock(diary, store, server, "starts", LOCK_WAIT_MS, &diary->file, why))
		return true;
	if (why->kind == FAIL_TIMEOUT)
		return fail(why, FAIL_REFUSED, "another imc-start is at work on it");
	return false;
}

bool diary_open(void *parent, struct store *store, const char *server, struct diary **ret,
	struct failure *why)
{
	struct diary *diary = memory_new(parent, struct diary);
	if (lock(diary, store, server, why) && read_entries(diary, why)) {
		*ret = diary;
		return true;
	}
	talloc_free(diary);
	return false;
}

static bool is_same_boot(const struct boot_mark *a, const struct boot_mark *b)
{
	return a->record == b->record && a->time == b->time;
}

unsigned diary_count(
	const struct diary *diary, const struct boot_mark *boot, int64_t *ret_last)
{
	unsigned count = 0;
	*ret_last = NO_TIME;
	for (size_t i = 0; i < diary->entries.count; i++) {
		const struct start_entry *entry = &diary->entries.list[i];
		if (!is_same_boot(&entry->boot, boot))
			continue;
		count++;
		*ret_last = entry->at;
	}
	return count;
}

static bool write_entries(
	struct diary *diary, const struct start_entries *entries, struct failure *why)
{
	char *text = diary_format(diary, entries);
	bool is_written = store_write(diary->file, text, why);
	talloc_free(text);
	return is_written;
}

bool diary_try(struct diary *diary, struct failure *why)
{
	return write_entries(diary, &diary->entries, why);
}

/* Who removes the file that the lock is on lets another one in. */
static bool is_unchanged(struct diary *diary, struct failure *why)
{
	char *before = diary_format(diary, &diary->entries);
	bool is_read = read_entries(diary, why);
	char *after = diary_format(diary, &diary->entries);
	bool is_same = strcmp(before, after) == 0;
	talloc_free(before);
	talloc_free(after);
	if (!is_read || is_same)
		return is_read;
	return fail_at(why, FAIL_SYSTEM, STAGE_FILE,
		"%s was changed by another imc-start: did somebody remove its lock?",
		store_path(diary->file));
}

bool diary_add(struct diary *diary, const struct boot_mark *boot, int64_t now,
	struct failure *why)
{
	struct start_entries *entries = &diary->entries;
	if (!is_unchanged(diary, why))
		return false;
	if (entries->count == DIARY_ENTRIES)
		memmove(&entries->list[0], &entries->list[1],
			(--entries->count) * sizeof(entries->list[0]));
	entries->list[entries->count++] = (struct start_entry){*boot, now};
	return write_entries(diary, entries, why);
}
