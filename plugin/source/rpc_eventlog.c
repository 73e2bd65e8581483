/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_eventlog.h"

#include <string.h>

#include <charset.h>
#include <ndr.h>

#include "core/memory.h"

/* Samba installs no header of this interface, so that its calls are marshalled here, with
 * the primitives of libndr; wire.h takes the answers apart. */
enum { CLOSE = 2, NUMBER_OF_RECORDS = 4, OLDEST_RECORD = 5, OPEN = 7, READ = 10 };

enum { REPLY_OVERHEAD = 64 };

static const struct ndr_interface_table table = {
	.name = "eventlog",
	.syntax_id = {{0x82273FDC, 0xE32A, 0x18C3, {0x3F, 0x78},
			      {0x82, 0x79, 0x29, 0xDC, 0x23, 0xEA}},
		0},
};

const struct rpc_interface eventlog_interface = {
	.pipe = "eventlog",
	.table = &table,
	.reply_limit = EVENTLOG_MAX_READ + REPLY_OVERHEAD,
};

/* What goes wrong in marshalling is a want of memory: everything has its size. */
static void require(enum ndr_err_code error)
{
	if (!NDR_ERR_CODE_IS_SUCCESS(error))
		out_of_memory();
}

static struct ndr_push *begin(void *parent)
{
	return memory_required(ndr_push_init_ctx(parent));
}

static void put_u32(struct ndr_push *call, uint32_t value)
{
	require(ndr_push_uint32(call, NDR_SCALARS, value));
}

static void put_u16(struct ndr_push *call, uint16_t value)
{
	require(ndr_push_uint16(call, NDR_SCALARS, value));
}

/* RPC_UNICODE_STRING, [MS-DTYP] 2.3.10, of ASCII: lengths in bytes, without a zero. */
static void put_string(struct ndr_push *call, const char *text)
{
	uint32_t units = (uint32_t)strlen(text);
	put_u16(call, (uint16_t)(2 * units));
	put_u16(call, (uint16_t)(2 * units));
	require(ndr_push_unique_ptr(call, text));
	put_u32(call, units);
	put_u32(call, 0);
	put_u32(call, units);
	require(ndr_push_charset(call, NDR_SCALARS, text, units, 2, CH_UTF16));
}

static void put_handle(struct ndr_push *call, const struct wire_handle *handle)
{
	require(ndr_push_bytes(call, handle->bytes, WIRE_HANDLE));
}

bool eventlog_refuse(const struct eventlog *log, uint32_t status, struct failure *why)
{
	struct rpc_scene scene = rpc_pipe_scene(log->pipe, log->stage);
	return rpc_status_fail(&scene, status, why);
}

/* An answer that wire.h cannot make sense of: where that was. */
static bool at_stage(bool is_good, const struct eventlog *log, struct failure *why)
{
	if (!is_good)
		why->stage = log->stage;
	return is_good;
}

bool eventlog_open(struct rpc_pipe *pipe, enum log_kind kind, struct eventlog *ret,
	struct failure *why)
{
	/* [MS-EVEN] 2.2.8: the server's name, of which nothing is used */
	enum {
		SERVER_NAME = 0x5C,
		SERVER_NAME_1 = 1,
		MAJOR_VERSION = 1,
		MINOR_VERSION = 1
	};
	struct eventlog log = {
		pipe, kind, kind == LOG_SYSTEM ? STAGE_SYSTEM : STAGE_APPLICATION, {{0}}};
	struct ndr_push *call = begin(pipe);
	struct bytes reply;
	uint32_t status = 0;
	require(ndr_push_unique_ptr(call, call));
	put_u16(call, SERVER_NAME);
	put_u16(call, SERVER_NAME_1);
	put_string(call, log_name(kind));
	put_string(call, "");
	put_u32(call, MAJOR_VERSION);
	put_u32(call, MINOR_VERSION);
	bool is_answered = rpc_raw_call(pipe, log.stage, OPEN, call, &reply, why) &&
		at_stage(wire_open(reply, &log.handle, &status, why), &log, why);
	talloc_free(call);
	if (!is_answered)
		return false;
	*ret = log;
	return status == EVENTLOG_OK || eventlog_refuse(&log, status, why);
}

static bool ask_number(
	struct eventlog *log, uint32_t operation, uint32_t *ret, struct failure *why)
{
	struct ndr_push *call = begin(log->pipe);
	struct bytes reply;
	uint32_t status = 0;
	put_handle(call, &log->handle);
	bool is_answered =
		rpc_raw_call(log->pipe, log->stage, operation, call, &reply, why) &&
		at_stage(wire_number(reply, ret, &status, why), log, why);
	talloc_free(call);
	return is_answered &&
		(status == EVENTLOG_OK || eventlog_refuse(log, status, why));
}

bool eventlog_extent(struct eventlog *log, uint32_t *ret_oldest, uint32_t *ret_count,
	struct failure *why)
{
	return ask_number(log, OLDEST_RECORD, ret_oldest, why) &&
		ask_number(log, NUMBER_OF_RECORDS, ret_count, why);
}

bool eventlog_read(void *parent, struct eventlog *log, uint32_t flags, uint32_t record,
	uint32_t wanted, struct wire_read *ret, struct failure *why)
{
	struct ndr_push *call = begin(parent);
	struct bytes reply;
	put_handle(call, &log->handle);
	put_u32(call, flags);
	put_u32(call, record);
	put_u32(call, wanted);
	return rpc_raw_call(log->pipe, log->stage, READ, call, &reply, why) &&
		at_stage(wire_read(reply, wanted, ret, why), log, why);
}

/* Politeness: what it answers does not matter. */
void eventlog_close(struct eventlog *log)
{
	struct failure why;
	struct bytes reply;
	struct ndr_push *call = begin(log->pipe);
	put_handle(call, &log->handle);
	rpc_raw_call(log->pipe, log->stage, CLOSE, call, &reply, &why);
	talloc_free(call);
}
