/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_svcctl_calls.h"

#include "core/memory.h"
#include "request.h"

enum { MANAGER_CONNECT = 0x0001, BUFFER_TOO_SMALL = 122 };

/* [MS-SCMR] 3.1.4.17: cbBufSize; the first offer suits nearly every service. */
enum { CONFIG_OFFER = 1024, CONFIG_MAX = 8192 };

enum { REPLY_MAX = 64 * 1024 };

static const struct rpc_interface interface = {
	.pipe = "svcctl", .table = &ndr_table_svcctl, .reply_limit = REPLY_MAX};

static bool call(struct svcctl_manager *manager, uint32_t operation, void *arguments,
	struct failure *why)
{
	return rpc_call(manager->pipe, STAGE_SERVICE, operation, arguments, why);
}

/* The call's own result. */
static bool accept(struct svcctl_manager *manager, WERROR result, const char *what,
	struct failure *why)
{
	struct rpc_scene scene = rpc_pipe_scene(manager->pipe, STAGE_SERVICE);
	return W_ERROR_IS_OK(result) ||
		rpc_win32_fail(&scene, W_ERROR_V(result), what, why);
}

bool svcctl_open_manager(struct rpc *rpc, struct svcctl_manager *ret, struct failure *why)
{
	struct svcctl_OpenSCManagerW open = {
		.in = {.access_mask = MANAGER_CONNECT},
		.out = {.handle = &ret->handle},
	};
	return rpc_pipe_open(rpc, &interface, &ret->pipe, why) &&
		call(ret, NDR_SVCCTL_OPENSCMANAGERW, &open, why) &&
		accept(ret, open.out.result, "the opening of the service control manager",
			why);
}

bool svcctl_open_service(struct svcctl_manager *manager, const char *name,
	uint32_t access, struct policy_handle *ret, uint32_t *ret_error,
	struct failure *why)
{
	struct svcctl_OpenServiceW open = {
		.in = {&manager->handle, name, access},
		.out = {.handle = ret},
	};
	*ret_error = 0;
	if (!call(manager, NDR_SVCCTL_OPENSERVICEW, &open, why))
		return false;
	*ret_error = W_ERROR_V(open.out.result);
	char *what = memory_format(NULL, "the opening of the service %s", name);
	bool is_open = accept(manager, open.out.result, what, why);
	talloc_free(what);
	return is_open;
}

bool svcctl_query_status(struct svcctl_manager *manager, struct policy_handle *service,
	struct SERVICE_STATUS *ret, struct failure *why)
{
	struct svcctl_QueryServiceStatus query = {{service}, {.service_status = ret}};
	if (!call(manager, NDR_SVCCTL_QUERYSERVICESTATUS, &query, why) ||
		!accept(manager, query.out.result, "the query of the service's state",
			why))
		return false;
	if (ret->state < SVCCTL_STOPPED || ret->state > SVCCTL_PAUSED)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s reports the service state %u, which does not exist",
			rpc_request_of(manager->pipe)->target->address,
			(unsigned)ret->state);
	return true;
}

bool svcctl_query_config(struct svcctl_manager *manager, struct policy_handle *service,
	struct QUERY_SERVICE_CONFIG *ret, struct failure *why)
{
	uint32_t needed = 0;
	struct svcctl_QueryServiceConfigW query = {
		.in = {service, CONFIG_OFFER},
		.out = {.query = ret, .needed = &needed},
	};
	for (;;) {
		if (!call(manager, NDR_SVCCTL_QUERYSERVICECONFIGW, &query, why))
			return false;
		bool is_too_small = W_ERROR_V(query.out.result) == BUFFER_TOO_SMALL;
		if (!is_too_small || needed <= query.in.offered || needed > CONFIG_MAX)
			return accept(manager, query.out.result,
				"the query of the service's configuration", why);
		query.in.offered = needed;
	}
}

void svcctl_close_handle(struct svcctl_manager *manager, struct policy_handle *handle)
{
	struct failure why;
	struct svcctl_CloseServiceHandle close = {{handle}, {.handle = handle}};
	call(manager, NDR_SVCCTL_CLOSESERVICEHANDLE, &close, &why);
}
