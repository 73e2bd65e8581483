/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_clock.h"

#include <ndr.h>

#include "core/memory.h"
#include "request.h"
#include "wire.h"

enum { NETR_REMOTE_TOD = 28, REPLY_MAX = 1024 };

static const struct ndr_interface_table table = {
	.name = "srvsvc",
	.syntax_id = {{0x4B324FC8, 0x1670, 0x01D3, {0x12, 0x78},
			      {0x5A, 0x47, 0xBF, 0x6E, 0xE1, 0x88}},
		3},
};

/* The logs need the time more than this needs an answer. */
static const struct rpc_interface interface = {
	.pipe = "srvsvc", .table = &table, .reply_limit = REPLY_MAX, .is_optional = true};

static bool ask(struct rpc_pipe *pipe, int64_t *ret, struct failure *why)
{
	struct rpc_scene scene = rpc_pipe_scene(pipe, STAGE_CLOCK);
	struct ndr_push *call = memory_required(ndr_push_init_ctx(pipe));
	struct bytes reply;
	uint32_t status = 0;
	/* the server's name, which need not be told */
	if (!NDR_ERR_CODE_IS_SUCCESS(ndr_push_unique_ptr(call, NULL)))
		out_of_memory();
	bool is_answered =
		rpc_raw_call(pipe, STAGE_CLOCK, NETR_REMOTE_TOD, call, &reply, why);
	if (is_answered && !wire_clock(reply, ret, &status, why)) {
		why->stage = STAGE_CLOCK;
		is_answered = false;
	}
	talloc_free(call);
	return is_answered &&
		(status == 0 ||
			rpc_win32_fail(&scene, status, "the query of its clock", why));
}

void rpc_clock_learn(struct rpc *rpc, int64_t now, struct evidence *evidence)
{
	struct rpc_pipe *pipe;
	struct failure why = {0};
	int64_t theirs = 0;
	if (!rpc_pipe_open(rpc, &interface, &pipe, &why)) {
		evidence_failed(evidence, PART_CLOCK, &why);
		return;
	}
	const struct request *request = rpc_request_of(pipe);
	if (ask(pipe, &theirs, &why)) {
		evidence->clock_skew = theirs - now;
		evidence->clock_read_at = now;
		evidence_learned(evidence, PART_CLOCK);
		request_trace(request, "the server's clock is %+lld s off",
			(long long)evidence->clock_skew);
	} else {
		evidence_failed(evidence, PART_CLOCK, &why);
		request_trace(request, "%s", why.text);
	}
	if (why.kind != FAIL_TIMEOUT)
		rpc_pipe_close(pipe);
}
