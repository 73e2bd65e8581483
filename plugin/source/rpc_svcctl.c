/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_svcctl.h"

#include <string.h>

#include <core/werror.h>
#include <gen_ndr/ndr_svcctl.h>

#include "core/memory.h"
#include "request.h"

enum { MANAGER_CONNECT = 0x0001, QUERY_CONFIG = 0x0001, QUERY_STATUS = 0x0004 };

/* Win32 errors that are answers. */
enum { NO_SUCH_SERVICE = 1060, BUFFER_TOO_SMALL = 122 };

/* [MS-SCMR] 3.1.4.17: cbBufSize; the first offer suits nearly every service. */
enum { CONFIG_OFFER = 1024, CONFIG_MAX = 8192 };

enum { REPLY_MAX = 64 * 1024, MAX_DEPENDENCIES = 32, NAME_MAX_BYTES = 256 };

struct svcctl {
	struct rpc_pipe *pipe;
	struct policy_handle manager, service;
	char *dependencies; /* separated by slashes; NULL: not learned */
	uint32_t check_point;
};

static const struct rpc_interface interface = {
	.pipe = "svcctl", .table = &ndr_table_svcctl, .reply_limit = REPLY_MAX};

/* The call's own result. */
static bool accept(
	struct svcctl *svcctl, WERROR result, const char *what, struct failure *why)
{
	struct rpc_scene scene = rpc_pipe_scene(svcctl->pipe, STAGE_SERVICE);
	return W_ERROR_IS_OK(result) ||
		rpc_win32_fail(&scene, W_ERROR_V(result), what, why);
}

static bool open_manager(struct svcctl *svcctl, struct failure *why)
{
	struct svcctl_OpenSCManagerW call = {
		.in = {.access_mask = MANAGER_CONNECT},
		.out = {.handle = &svcctl->manager},
	};
	return rpc_call(svcctl->pipe, STAGE_SERVICE, NDR_SVCCTL_OPENSCMANAGERW, &call,
		       why) &&
		accept(svcctl, call.out.result,
			"the opening of the service control manager", why);
}

static bool open_service(struct svcctl *svcctl, const char *name, uint32_t access,
	struct policy_handle *ret, uint32_t *ret_error, struct failure *why)
{
	struct svcctl_OpenServiceW call = {
		.in = {&svcctl->manager, name, access},
		.out = {.handle = ret},
	};
	*ret_error = 0;
	if (!rpc_call(svcctl->pipe, STAGE_SERVICE, NDR_SVCCTL_OPENSERVICEW, &call, why))
		return false;
	*ret_error = W_ERROR_V(call.out.result);
	char *what = memory_format(svcctl, "the opening of the service %s", name);
	bool is_open = accept(svcctl, call.out.result, what, why);
	talloc_free(what);
	return is_open;
}

/* Politeness: what it answers does not matter. */
static void close_handle(struct svcctl *svcctl, struct policy_handle *handle)
{
	struct failure why;
	struct svcctl_CloseServiceHandle call = {{handle}, {.handle = handle}};
	rpc_call(svcctl->pipe, STAGE_SERVICE, NDR_SVCCTL_CLOSESERVICEHANDLE, &call, &why);
}

static bool query_status(struct svcctl *svcctl, struct policy_handle *service,
	struct SERVICE_STATUS *ret, struct failure *why)
{
	struct svcctl_QueryServiceStatus call = {{service}, {.service_status = ret}};
	if (!rpc_call(svcctl->pipe, STAGE_SERVICE, NDR_SVCCTL_QUERYSERVICESTATUS, &call,
		    why) ||
		!accept(svcctl, call.out.result, "the query of the service's state", why))
		return false;
	if (ret->state < SVCCTL_STOPPED || ret->state > SVCCTL_PAUSED)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s reports the service state %u, which does not exist",
			rpc_request_of(svcctl->pipe)->target->address,
			(unsigned)ret->state);
	return true;
}

static void keep_status(struct service *service, const struct SERVICE_STATUS *status)
{
	service->state = (enum service_state)status->state;
	service->has_exit_codes = true;
	service->win32_exit = W_ERROR_V(status->win32_exit_code);
	service->specific_exit = status->service_exit_code;
}

static bool query_config(
	struct svcctl *svcctl, struct QUERY_SERVICE_CONFIG *ret, struct failure *why)
{
	uint32_t needed = 0;
	struct svcctl_QueryServiceConfigW call = {
		.in = {&svcctl->service, CONFIG_OFFER},
		.out = {.query = ret, .needed = &needed},
	};
	for (;;) {
		if (!rpc_call(svcctl->pipe, STAGE_SERVICE, NDR_SVCCTL_QUERYSERVICECONFIGW,
			    &call, why))
			return false;
		bool is_too_small = W_ERROR_V(call.out.result) == BUFFER_TOO_SMALL;
		if (!is_too_small || needed <= call.in.offered || needed > CONFIG_MAX)
			return accept(svcctl, call.out.result,
				"the query of the service's configuration", why);
		call.in.offered = needed;
	}
}

static bool keep_config(struct svcctl *svcctl, const struct QUERY_SERVICE_CONFIG *config,
	struct evidence *evidence, struct failure *why)
{
	const char *dependencies = config->dependencies;
	if ((uint32_t)config->start_type > START_DISABLED)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s reports the start type %u, which does not exist",
			rpc_request_of(svcctl->pipe)->target->address,
			(unsigned)config->start_type);
	evidence->service.start_type = (enum start_type)config->start_type;
	if (config->startname != NULL)
		evidence->service.start_account =
			memory_copy(evidence, config->startname);
	svcctl->dependencies =
		memory_copy(svcctl, dependencies != NULL ? dependencies : "");
	return true;
}

static void learn_state(struct svcctl *svcctl, struct evidence *evidence)
{
	struct SERVICE_STATUS status = {0};
	struct failure why;
	if (!query_status(svcctl, &svcctl->service, &status, &why)) {
		evidence_failed(evidence, PART_STATE, &why);
		return;
	}
	keep_status(&evidence->service, &status);
	svcctl->check_point = status.check_point;
	evidence_learned(evidence, PART_STATE);
	request_trace(rpc_request_of(svcctl->pipe), "the service is %s, exit code %u, %u",
		service_state_name(evidence->service.state),
		(unsigned)evidence->service.win32_exit,
		(unsigned)evidence->service.specific_exit);
}

static void learn_config(struct svcctl *svcctl, struct evidence *evidence)
{
	struct QUERY_SERVICE_CONFIG config = {0};
	struct failure why;
	if (!query_config(svcctl, &config, &why) ||
		!keep_config(svcctl, &config, evidence, &why)) {
		evidence_failed(evidence, PART_CONFIG, &why);
		return;
	}
	evidence_learned(evidence, PART_CONFIG);
	request_trace(rpc_request_of(svcctl->pipe), "start type %s",
		start_type_name(evidence->service.start_type));
}

/* With as much access as it gets; false: not at all, or there is no such service. */
static bool open_watched(struct svcctl *svcctl, struct evidence *evidence)
{
	const struct request *request = rpc_request_of(svcctl->pipe);
	const char *name = request->target->watch.service;
	struct failure why;
	uint32_t error;
	if (open_service(svcctl, name, QUERY_CONFIG | QUERY_STATUS, &svcctl->service,
		    &error, &why)) {
		learn_state(svcctl, evidence);
		learn_config(svcctl, evidence);
		return true;
	}
	request_trace(request, "%s", why.text);
	if (error == NO_SUCH_SERVICE) {
		evidence->service.state = SERVICE_ABSENT;
		evidence_learned(evidence, PART_STATE);
		return false;
	}
	evidence_failed(evidence, PART_CONFIG, &why);
	if (why.kind == FAIL_DENIED &&
		open_service(
			svcctl, name, QUERY_STATUS, &svcctl->service, &error, &why)) {
		request_trace(request, "the state alone may be asked for");
		learn_state(svcctl, evidence);
		return true;
	}
	evidence_failed(evidence, PART_STATE, &why);
	return false;
}

struct svcctl *svcctl_learn(struct rpc *rpc, struct evidence *evidence)
{
	struct svcctl *svcctl = memory_new(evidence, struct svcctl);
	struct failure why;
	if (!rpc_pipe_open(rpc, &interface, &svcctl->pipe, &why) ||
		!open_manager(svcctl, &why)) {
		evidence_failed(evidence, PART_STATE, &why);
		evidence_failed(evidence, PART_CONFIG, &why);
	} else if (open_watched(svcctl, evidence)) {
		return svcctl;
	}
	talloc_free(svcctl);
	return NULL;
}

void svcctl_learn_again(struct svcctl *svcctl, struct evidence *evidence)
{
	struct service *service = &evidence->service;
	enum service_state earlier = service->state;
	struct SERVICE_STATUS status = {0};
	struct failure why;
	if (!query_status(svcctl, &svcctl->service, &status, &why)) {
		request_trace(rpc_request_of(svcctl->pipe), "%s", why.text);
		service->state = SERVICE_UNKNOWN;
		evidence_failed(evidence, PART_STATE, &why);
		return;
	}
	keep_status(service, &status);
	if (service->state != earlier)
		service->earlier_state = earlier;
	else if (service_state_is_pending(earlier))
		service->check_point_moved = status.check_point != svcctl->check_point;
	request_trace(rpc_request_of(svcctl->pipe), "asked again: the service is %s%s",
		service_state_name(service->state),
		service->check_point_moved ? ", its check point moves" : "");
}

/* Unknown where it may not be asked for; false: nothing can be asked any more. The handle
 * goes with the pipe: a server that hangs at closing it must not cost the logs. */
static bool ask_dependency(struct svcctl *svcctl, const char *name,
	enum service_state *ret_state, struct failure *why)
{
	struct policy_handle handle = {0};
	struct SERVICE_STATUS status = {0};
	uint32_t error;
	*ret_state = SERVICE_UNKNOWN;
	if (open_service(svcctl, name, QUERY_STATUS, &handle, &error, why)) {
		if (query_status(svcctl, &handle, &status, why))
			*ret_state = (enum service_state)status.state;
	} else if (error == NO_SUCH_SERVICE) {
		*ret_state = SERVICE_ABSENT;
	}
	return *ret_state != SERVICE_UNKNOWN || rpc_pipe_is_alive(svcctl->pipe);
}

static bool learn_all(
	struct svcctl *svcctl, struct evidence *evidence, struct failure *why)
{
	struct service *service = &evidence->service;
	char *rest = NULL;
	service->dependencies =
		memory_array(evidence, struct dependency, MAX_DEPENDENCIES);
	for (char *name = strtok_r(svcctl->dependencies, "/", &rest); name != NULL;
		name = strtok_r(NULL, "/", &rest)) {
		enum service_state state;
		bool is_group = name[0] == '+';
		if (is_group || strlen(name) > NAME_MAX_BYTES)
			continue;
		if (service->dependency_count == MAX_DEPENDENCIES)
			break;
		if (!ask_dependency(svcctl, name, &state, why))
			return false;
		service->dependencies[service->dependency_count++] =
			(struct dependency){memory_copy(evidence, name), state};
		request_trace(rpc_request_of(svcctl->pipe), "it depends on %s: %s", name,
			service_state_name(state));
	}
	return true;
}

void svcctl_learn_dependencies(struct svcctl *svcctl, struct evidence *evidence)
{
	struct failure why = {0};
	if (svcctl->dependencies == NULL)
		evidence_failed(
			evidence, PART_DEPENDENCIES, &evidence->parts[PART_CONFIG].why);
	else if (learn_all(svcctl, evidence, &why))
		evidence_learned(evidence, PART_DEPENDENCIES);
	else
		evidence_failed(evidence, PART_DEPENDENCIES, &why);
}

void svcctl_close(struct svcctl *svcctl)
{
	close_handle(svcctl, &svcctl->service);
	close_handle(svcctl, &svcctl->manager);
	rpc_pipe_close(svcctl->pipe);
	talloc_free(svcctl);
}
