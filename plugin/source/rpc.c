/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc.h"

#include <core/ntstatus.h>
#include <dcerpc.h>

#include "core/memory.h"
#include "deadline.h"
#include "resolve.h"
#include "rpc_account.h"
#include "rpc_loop.h"
#include "request.h"

struct rpc {
	const struct request *request;
	struct rpc_loop *loop;
	struct addresses addresses;
	/* Samba uses both as long as the session lasts. */
	struct loadparm_context *settings;
	struct cli_credentials *account;
	struct dcerpc_pipe *first; /* its session carries the others */
	bool is_dead;
	struct failure why; /* where it is */
};

struct rpc_pipe {
	struct rpc *rpc;
	const struct rpc_interface *interface;
	struct dcerpc_pipe *pipe;
};

bool rpc_prepare(void)
{
	return NT_STATUS_IS_OK(dcerpc_init());
}

bool rpc_new(void *parent, const struct request *request, struct rpc **ret,
	struct failure *why)
{
	if (!rpc_prepare())
		return fail(why, FAIL_SYSTEM, "Samba's RPC library does not start");
	struct rpc *rpc = memory_new(parent, struct rpc);
	rpc->request = request;
	if (!rpc_loop_new(rpc, request, &rpc->loop, why)) {
		talloc_free(rpc);
		return false;
	}
	*ret = rpc;
	return true;
}

static struct rpc_scene scene_of(
	const struct rpc *rpc, const char *pipe, enum stage stage)
{
	return (struct rpc_scene){rpc->request, rpc->loop, pipe, stage};
}

struct rpc_scene rpc_pipe_scene(const struct rpc_pipe *pipe, enum stage stage)
{
	return scene_of(pipe->rpc, pipe->interface->pipe, stage);
}

const struct request *rpc_request_of(const struct rpc_pipe *pipe)
{
	return pipe->rpc->request;
}

bool rpc_pipe_is_alive(const struct rpc_pipe *pipe)
{
	return !pipe->rpc->is_dead;
}

/* Says why; remembers it where nothing can be asked any more. */
static bool fail_status(struct rpc *rpc, const struct rpc_scene *scene, NTSTATUS status,
	struct failure *why)
{
	struct failure failure;
	rpc_status_fail(scene, NT_STATUS_V(status), &failure);
	if (rpc_status_is_final(scene, NT_STATUS_V(status))) {
		rpc->is_dead = true;
		rpc->why = failure;
	}
	*why = failure;
	return false;
}

static bool fail_as_before(const struct rpc *rpc, struct failure *why)
{
	*why = rpc->why;
	return false;
}

static struct dcerpc_binding *binding_of(
	void *parent, const char *address, const char *pipe)
{
	struct dcerpc_binding *binding = NULL;
	dcerpc_parse_binding(parent, "ncacn_np:", &binding);
	memory_required(binding);
	if (address != NULL) {
		dcerpc_binding_set_string_option(binding, "host", address);
		dcerpc_binding_set_string_option(binding, "target_hostname", address);
	}
	dcerpc_binding_set_string_option(binding, "endpoint", pipe);
	return binding;
}

static NTSTATUS connect_to(struct rpc *rpc, const char *address,
	const struct rpc_interface *interface, bool uses_spnego)
{
	void *scratch = talloc_new(rpc);
	const struct request *request = rpc->request;
	request_trace(
		request, "connecting to %s port %u", address, rpc_account_port(request));
	rpc_loop_begin_session(rpc->loop);
	rpc->settings = rpc_account_settings(rpc, request, uses_spnego);
	rpc->account = rpc_account_credentials(rpc, request, rpc->loop);
	NTSTATUS status = dcerpc_pipe_connect_b(rpc, &rpc->first,
		binding_of(scratch, address, interface->pipe), interface->table,
		rpc->account, rpc_loop_context(rpc->loop), rpc->settings);
	rpc_account_wipe(rpc->account);
	talloc_free(scratch);
	return status;
}

/* Milliseconds; for most pipes more than there is: the deadline ends them. */
static int64_t patience_with(const struct rpc *rpc, const struct rpc_interface *interface)
{
	enum { OPTIONAL_SHARE = 3, SPARE = 1000 };
	int64_t left = deadline_left(rpc->request->deadline_ms);
	return interface->is_optional ? left / OPTIONAL_SHARE : left + SPARE;
}

/* A host with several addresses may listen at one only. */
static NTSTATUS connect_to_any(
	struct rpc *rpc, const struct rpc_interface *interface, bool uses_spnego)
{
	NTSTATUS status = NT_STATUS_UNSUCCESSFUL;
	for (size_t i = 0; i < rpc->addresses.count; i++) {
		status = connect_to(rpc, rpc->addresses.text[i], interface, uses_spnego);
		if (rpc_loop_connect_error(rpc->loop) == 0)
			break;
	}
	return status;
}

/* NT 4 does not know SPNEGO; Samba then refuses to send NTLMv2 before it tried anything,
 * unless it is told beforehand. Nothing was sent, so that no failed logon is counted. */
static bool is_without_spnego(const struct rpc *rpc, NTSTATUS status)
{
	const struct smb_progress *progress = rpc_loop_progress(rpc->loop);
	return NT_STATUS_EQUAL(status, NT_STATUS_INVALID_PARAMETER) &&
		progress->version == 1 && progress->step == SMB_AT_LOGON &&
		progress->status == 0 && !rpc_loop_has_expired(rpc->loop) &&
		rpc_loop_refusal(rpc->loop) == NULL;
}

static bool find_addresses(struct rpc *rpc, struct failure *why)
{
	const struct request *request = rpc->request;
	if (request->addresses == NULL)
		return resolve_host(request->target->address, request->deadline_ms,
			&rpc->addresses, why);
	rpc->addresses = *request->addresses;
	return true;
}

static bool connect_first(
	struct rpc *rpc, const struct rpc_interface *interface, struct failure *why)
{
	struct rpc_scene scene = scene_of(rpc, interface->pipe, STAGE_NONE);
	if (rpc->addresses.count == 0 && !find_addresses(rpc, &rpc->why)) {
		rpc->is_dead = true;
		return fail_as_before(rpc, why);
	}
	NTSTATUS status = connect_to_any(rpc, interface, true);
	if (is_without_spnego(rpc, status)) {
		request_trace(rpc->request,
			"the server knows no extended security: "
			"again, with NTLMv2 alone");
		status = connect_to_any(rpc, interface, false);
	}
	if (NT_STATUS_IS_OK(status)) {
		rpc_loop_logged_on(rpc->loop);
		return true;
	}
	rpc->first = NULL;
	return fail_status(rpc, &scene, status, why);
}

static int stay(struct composite_context *request)
{
	(void)request;
	return -1;
}

/*
 * Samba frees a request that nobody waits for any more, but not what calls it back once
 * its answer comes: such a request stays with the session, and its binding with it.
 */
static NTSTATUS open_and_bind(
	struct rpc *rpc, const struct rpc_interface *interface, struct dcerpc_pipe **ret)
{
	struct dcerpc_binding *binding = binding_of(rpc, NULL, interface->pipe);
	struct composite_context *request = dcerpc_secondary_auth_connection_send(
		rpc->first, binding, interface->table, rpc->account, rpc->settings);
	memory_required(request);
	talloc_steal(request, binding);
	talloc_set_destructor(request, stay);
	NTSTATUS status = dcerpc_secondary_auth_connection_recv(request, rpc, ret);
	talloc_set_destructor(request, NULL);
	if (!rpc_loop_is_over_limit(rpc->loop))
		talloc_free(request);
	return status;
}

static bool connect_next(struct rpc *rpc, const struct rpc_interface *interface,
	struct dcerpc_pipe **ret, struct failure *why)
{
	struct rpc_scene scene = scene_of(rpc, interface->pipe, STAGE_NONE);
	int64_t patience = patience_with(rpc, interface);
	*ret = NULL;
	rpc_loop_begin_pipe(rpc->loop);
	rpc_loop_limit(rpc->loop, deadline_in(patience));
	NTSTATUS status = open_and_bind(rpc, interface, ret);
	bool is_over_limit = rpc_loop_is_over_limit(rpc->loop);
	rpc_loop_limit(rpc->loop, 0);
	if (NT_STATUS_IS_OK(status))
		return true;
	/* Half open, it still owes an answer, which Samba would wait for at freeing it.
	 */
	if (is_over_limit && !rpc_loop_has_expired(rpc->loop))
		return fail_at(why, FAIL_TIMEOUT, STAGE_PIPE,
			"no answer in %lld ms (the opening of \\PIPE\\%s)",
			(long long)patience, interface->pipe);
	talloc_free(*ret);
	return fail_status(rpc, &scene, status, why);
}

bool rpc_pipe_open(struct rpc *rpc, const struct rpc_interface *interface,
	struct rpc_pipe **ret, struct failure *why)
{
	if (rpc->is_dead)
		return fail_as_before(rpc, why);
	struct dcerpc_pipe *pipe = NULL;
	bool is_first = rpc->first == NULL;
	if (is_first ? !connect_first(rpc, interface, why)
		     : !connect_next(rpc, interface, &pipe, why)) {
		request_trace(rpc->request, "\\PIPE\\%s: %s", interface->pipe, why->text);
		return false;
	}
	struct rpc_pipe *opened = memory_new(rpc, struct rpc_pipe);
	*opened = (struct rpc_pipe){rpc, interface, is_first ? rpc->first : pipe};
	struct dcerpc_pipe *ready = opened->pipe;
	ready->conn->max_total_response_size = interface->reply_limit;
	dcerpc_binding_handle_set_sync_ev(
		ready->binding_handle, rpc_loop_context(rpc->loop));
	/* whole seconds; a little more than there is, as the loop knows the deadline
	 * better
	 */
	dcerpc_binding_handle_set_timeout(ready->binding_handle,
		(uint32_t)(deadline_left(rpc->request->deadline_ms) / 1000 + 2));
	request_trace(rpc->request, "\\PIPE\\%s is open", interface->pipe);
	*ret = opened;
	return true;
}

void rpc_pipe_close(struct rpc_pipe *pipe)
{
	if (pipe->pipe != pipe->rpc->first)
		talloc_free(pipe->pipe);
	talloc_free(pipe);
}

bool rpc_call(struct rpc_pipe *pipe, enum stage stage, uint32_t operation,
	void *arguments, struct failure *why)
{
	struct rpc *rpc = pipe->rpc;
	struct rpc_scene scene = rpc_pipe_scene(pipe, stage);
	if (rpc->is_dead)
		return fail_as_before(rpc, why);
	NTSTATUS status = dcerpc_binding_handle_call(pipe->pipe->binding_handle, NULL,
		pipe->interface->table, operation, pipe, arguments);
	return NT_STATUS_IS_OK(status) || fail_status(rpc, &scene, status, why);
}

bool rpc_raw_call(struct rpc_pipe *pipe, enum stage stage, uint32_t operation,
	struct ndr_push *arguments, struct bytes *ret_reply, struct failure *why)
{
	struct rpc *rpc = pipe->rpc;
	struct rpc_scene scene = rpc_pipe_scene(pipe, stage);
	DATA_BLOB sent = ndr_push_blob(arguments);
	uint8_t *data = NULL;
	size_t length = 0;
	uint32_t flags = 0;
	if (rpc->is_dead)
		return fail_as_before(rpc, why);
	if (pipe->interface->is_optional)
		rpc_loop_limit(
			rpc->loop, deadline_in(patience_with(rpc, pipe->interface)));
	NTSTATUS status = dcerpc_binding_handle_raw_call(pipe->pipe->binding_handle, NULL,
		operation, 0, sent.data, sent.length, arguments, &data, &length, &flags);
	/* else Samba, whose own limit ends the pipe, loses the session with the answer */
	if (!NT_STATUS_IS_OK(status) && rpc_loop_is_over_limit(rpc->loop))
		status = NT_STATUS_IO_TIMEOUT;
	rpc_loop_limit(rpc->loop, 0);
	if (!NT_STATUS_IS_OK(status))
		return fail_status(rpc, &scene, status, why);
	if ((flags & DCERPC_PULL_BIGENDIAN) != 0)
		return fail_at(why, FAIL_UNSUPPORTED, stage,
			"%s answers in big-endian order, as no Windows does",
			rpc->request->target->address);
	*ret_reply = (struct bytes){data, length};
	return true;
}

char *rpc_level(void *parent, const struct rpc *rpc)
{
	return smb_progress_level(parent, rpc_loop_progress(rpc->loop));
}

/* The connection goes first, so that nothing waits for answers to farewells; the loop
 * last, as Samba's objects live in it. */
void rpc_close(struct rpc *rpc)
{
	struct rpc_loop *loop = rpc->loop;
	rpc_loop_end(loop);
	talloc_steal(talloc_parent(rpc), loop);
	talloc_free(rpc);
	talloc_free(loop);
}
