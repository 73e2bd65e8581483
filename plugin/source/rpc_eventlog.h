/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_EVENTLOG_H
#define IMC_SOURCE_RPC_EVENTLOG_H

#include "core/evidence.h"
#include "rpc.h"
#include "wire.h"

/*
 * The five calls of eventlog ([MS-EVEN]) that reading a log takes. Each returns false
 * where the server gave no answer that makes sense; the NTSTATUS of one that does is in
 * *ret_status.
 */
enum {
	EVENTLOG_SEQUENTIAL = 0x1,
	EVENTLOG_SEEK = 0x2,
	EVENTLOG_BACKWARDS = 0x8,
	EVENTLOG_MAX_READ = 0x7FFFF /* bytes; [MS-EVEN] 2.2.1, MAX_BATCH_BUFF */
};

/* What the server says of a log, as NTSTATUS ([MS-ERREF] 2.3). */
enum {
	EVENTLOG_OK = 0,
	EVENTLOG_END_OF_FILE = 0xC0000011,
	EVENTLOG_NO_SUCH_RECORD = 0xC000000D, /* INVALID_PARAMETER: Win32 error 87 */
	EVENTLOG_BUFFER_TOO_SMALL = 0xC0000023,
	EVENTLOG_CHANGED = 0xC0000197
};

/* One log, open. */
struct eventlog {
	struct rpc_pipe *pipe;
	enum log_kind kind;
	enum stage stage;
	struct wire_handle handle;
};

extern const struct rpc_interface eventlog_interface;

bool eventlog_open(struct rpc_pipe *pipe, enum log_kind kind, struct eventlog *ret,
	struct failure *why);

/* How many records it has, and the number of the oldest; 0 and anything: it is empty. */
bool eventlog_extent(struct eventlog *log, uint32_t *ret_oldest, uint32_t *ret_count,
	struct failure *why);

/* One answer of at most `wanted` bytes, which belongs to `parent`. */
bool eventlog_read(void *parent, struct eventlog *log, uint32_t flags, uint32_t record,
	uint32_t wanted, struct wire_read *ret, struct failure *why);

/* What the server said of a log is the reason. Returns false. */
bool eventlog_refuse(const struct eventlog *log, uint32_t status, struct failure *why);

void eventlog_close(struct eventlog *log);

#endif
