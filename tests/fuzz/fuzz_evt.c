/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole .evt file, read as either log. */
#include <stdint.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/record.h"
#include "source/deadline.h"
#include "source/evt_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

/* Numbers fall, records are whole, and the walk ends: it takes or skips at least four
 * bytes with each record and each damage, but for those that header and end are told by.
 */
static void check_walk(void *root, struct bytes file)
{
	struct evt_walk *walk;
	struct failure why;
	if (!evt_walk_new(root, file, &walk, &why))
		return;
	struct bytes record;
	enum evt_step step;
	uint64_t last = UINT64_MAX;
	for (size_t steps = 0; (step = evt_walk_next(walk, &record)) != EVT_OLDEST;
		steps++) {
		claim(steps <= file.length / 4 + 8);
		if (step != EVT_RECORD)
			continue;
		claim(record_length(record) == record.length);
		claim(record_number(record) < last);
		last = record_number(record);
	}
	talloc_free(walk);
}

static void check_harvest(void *root, struct bytes file, enum log_kind kind)
{
	static const struct watch watch = {"MSExchangeIMC", NULL, 0};
	struct harvest_plan plan = {.kind = kind, .watch = &watch};
	struct evt_walk *walk;
	struct failure why;
	if (!evt_walk_new(root, file, &walk, &why))
		return;
	struct harvest *harvest = harvest_new(root, &plan);
	enum harvest_end end = evt_walk_harvest(walk, deadline_in(60000), harvest);
	struct log log;
	harvest_finish(harvest, end, root, &log);
	for (size_t i = 1; i < log.event_count; i++)
		claim(event_before(&log.events[i - 1], &log.events[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	struct bytes file = {data, size};
	check_walk(root, file);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		check_harvest(root, file, kind);
	talloc_free(root);
	return 0;
}
