/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One EVENTLOGRECORD, as a file or a server gives it. */
#include <stdint.h>
#include <stdlib.h>

#include "core/harvest.h"
#include "core/memory.h"
#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

static bool lies_in(struct bytes whole, struct bytes part)
{
	return part.length == 0 ||
		(part.data >= whole.data &&
			part.data + part.length <= whole.data + whole.length);
}

static void check_record(struct bytes bytes)
{
	struct record record;
	struct failure why;
	bool is_sound = record_is_sound(bytes);
	if (!record_decode(bytes, &record, &why))
		return;
	claim(is_sound && record_number(bytes) == record.number);
	claim(record_length(bytes) == bytes.length);
	claim(record_length_before(bytes) == bytes.length);
	claim(lies_in(bytes, record.source) && lies_in(bytes, record.computer));
	claim(lies_in(bytes, record.strings) && lies_in(bytes, record.data));
	struct bytes strings = record.strings, text;
	unsigned count = 0;
	while (record_next_string(&strings, &text))
		count++;
	claim(count == record.string_count && strings.length == 0);
}

static void check_harvest(struct bytes bytes, enum log_kind kind)
{
	static const char *const names[] = {"Microsoft Exchange Internet Mail Service"};
	static const struct watch watch = {"MSExchangeIMC", names, 1};
	struct harvest_plan plan = {.kind = kind, .watch = &watch};
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	struct harvest *harvest = harvest_new(root, &plan);
	harvest_take(harvest, bytes);
	struct log log;
	harvest_finish(harvest, HARVEST_OLDEST, root, &log);
	claim(log.event_count + log.damaged <= 1);
	talloc_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	check_record(bytes);
	for (enum log_kind kind = 0; kind < LOGS; kind++)
		check_harvest(bytes, kind);
	return 0;
}
