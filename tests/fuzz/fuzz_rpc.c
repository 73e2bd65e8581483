/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of a server. The first byte chooses the call, the next two are the size that
 * was asked for; the rest is the answer. */
#include <stdint.h>
#include <stdlib.h>

#include "core/harvest.h"
#include "core/memory.h"
#include "core/record.h"
#include "source/smb_progress.h"
#include "source/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum call { CALL_OPEN, CALL_NUMBER, CALL_READ, CALL_CLOCK, CALL_HEAD, CALLS };

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_read(void *parent, struct bytes reply, uint32_t wanted)
{
	static const struct watch watch = {.service = "MSExchangeIMC"};
	struct harvest_plan plan = {
		.kind = LOG_APPLICATION, .watch = &watch, .now = 1 << 30};
	struct wire_read read;
	struct failure why;
	struct log log;
	if (!wire_read(reply, wanted, &read, &why)) {
		claim(why.kind == FAIL_PROTOCOL);
		return;
	}
	claim(read.records.length <= wanted && wanted <= reply.length);
	struct harvest *harvest = harvest_new(parent, &plan);
	struct bytes record;
	while (read.records.length > 0) {
		size_t before = read.records.length;
		if (!wire_next_record(&read.records, &record, &why))
			break;
		claim(record.length >= RECORD_MIN);
		claim(read.records.length + record.length == before);
		if (!harvest_take(harvest, record))
			break;
	}
	harvest_finish(harvest, HARVEST_CUT, parent, &log);
}

static void check_clock(struct bytes reply)
{
	int64_t moment;
	uint32_t status;
	if (wire_clock(reply, &moment, &status, NULL))
		claim(moment >= 0 && moment <= UINT32_MAX);
}

static void check_head(void *parent, struct bytes head)
{
	struct smb_progress progress = {.step = SMB_AT_NEGOTIATE};
	smb_progress_see(&progress, head);
	claim(progress.step >= SMB_AT_NEGOTIATE && progress.step <= SMB_AT_CALL);
	claim((smb_progress_level(parent, &progress) == NULL) == (progress.version == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_handle handle;
	uint32_t number, status;
	if (size < 3)
		return 0;
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	struct bytes reply = {data + 3, size - 3};
	switch ((enum call)(data[0] % CALLS)) {
	case CALL_OPEN:
		wire_open(reply, &handle, &status, NULL);
		break;
	case CALL_NUMBER:
		wire_number(reply, &number, &status, NULL);
		break;
	case CALL_READ:
		check_read(root, reply, data[1] | (uint32_t)data[2] << 8);
		break;
	case CALL_CLOCK:
		check_clock(reply);
		break;
	case CALL_HEAD:
		check_head(root, reply);
		break;
	case CALLS:
		break;
	}
	talloc_free(root);
	return 0;
}
