/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gen_ndr/ndr_svcctl.h>

#include "core/memory.h"
#include "module.h"
#include "rpc.h"
#include "rpc_collect.h"
#include "rpc_svcctl_calls.h"
#include "module.h"
#include "starter.h"

/* [MS-SCMR] 3.1.4: the right to start one service, and nothing else. */
enum { SERVICE_START = 0x0010 };

/* The Win32 error that says that there was nothing left to do ([MS-ERREF] 2.2). */
enum { ALREADY_RUNNING = 1056 };

/* Its handles go with the session: a server that hangs at closing one must not cost the
 * answer. */
struct start_session {
	const struct request *request;
	struct rpc *rpc;
	struct svcctl_manager manager;
	struct policy_handle watched; /* to ask for the state */
	struct policy_handle armed;   /* to start it */
};

static bool open(void *parent, const struct request *request, struct start_session **ret,
	struct failure *why)
{
	struct rpc *rpc;
	if (!credentials_has_account(
		    request->credentials, request->target->start_credentials, why) ||
		!rpc_new(parent, request, &rpc, why))
		return false;
	*ret = memory_new(parent, struct start_session);
	(*ret)->request = request;
	(*ret)->rpc = rpc;
	return true;
}

static void collect(struct start_session *session, struct evidence *evidence)
{
	rpc_collect(session->request, session->rpc, evidence);
}

static bool arm(struct start_session *session, struct failure *why)
{
	const char *name = session->request->target->watch.service;
	uint32_t error;
	return svcctl_open_manager(session->rpc, &session->manager, why) &&
		svcctl_open_service(&session->manager, name, SVCCTL_QUERY_STATUS,
			&session->watched, &error, why) &&
		svcctl_open_service(&session->manager, name, SERVICE_START,
			&session->armed, &error, why);
}

/* What is about to be started is what the evidence is about. */
static bool is_as_seen(const struct SERVICE_STATUS *status, const struct service *seen)
{
	return (enum service_state)status->state == seen->state &&
		W_ERROR_V(status->win32_exit_code) == seen->win32_exit &&
		status->service_exit_code == seen->specific_exit;
}

/* The one call that changes something. An answer that is none of the call's own, such as
 * a fault, leaves open what the server did. */
static enum start_end send_start(struct start_session *session, struct failure *why)
{
	struct rpc_pipe *pipe = session->manager.pipe;
	struct svcctl_StartServiceW call = {.in = {.handle = &session->armed}};
	if (!rpc_call(pipe, STAGE_SERVICE, NDR_SVCCTL_STARTSERVICEW, &call, why))
		return START_UNANSWERED;
	uint32_t error = W_ERROR_V(call.out.result);
	struct rpc_scene scene = rpc_pipe_scene(pipe, STAGE_SERVICE);
	if (error == 0)
		return START_ACCEPTED;
	if (error == ALREADY_RUNNING)
		return START_OVERTAKEN;
	rpc_win32_fail(&scene, error, "the start of the service", why);
	return START_REFUSED;
}

static void start(struct start_session *session, const struct service *seen,
	struct start_reply *ret)
{
	struct SERVICE_STATUS status = {0};
	*ret = (struct start_reply){.end = START_NOT_SENT, .state = SERVICE_UNKNOWN};
	if (!svcctl_query_status(
		    &session->manager, &session->watched, &status, &ret->why))
		return;
	ret->state = (enum service_state)status.state;
	ret->end = is_as_seen(&status, seen) ? send_start(session, &ret->why)
					     : START_CHANGED;
}

static void close(struct start_session *session)
{
	rpc_close(session->rpc);
	talloc_free(session);
}

MODULE_EXPORTED extern const struct starter imc_rpc_starter;

const struct starter imc_rpc_starter = {
	.open = open,
	.collect = collect,
	.arm = arm,
	.start = start,
	.close = close,
};
