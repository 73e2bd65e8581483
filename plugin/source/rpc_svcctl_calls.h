/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_SVCCTL_CALLS_H
#define IMC_SOURCE_RPC_SVCCTL_CALLS_H

#include <core/werror.h>
#include <gen_ndr/ndr_svcctl.h>

#include "rpc.h"

/* The calls of [MS-SCMR] that only ask, one function each; failures have STAGE_SERVICE.
 */

/* Access masks of a service, [MS-SCMR] 3.1.4: the least that the calls need. */
enum { SVCCTL_QUERY_CONFIG = 0x0001, SVCCTL_QUERY_STATUS = 0x0004 };

/* A Win32 error that is an answer ([MS-ERREF] 2.2). */
enum { SVCCTL_NO_SUCH_SERVICE = 1060 };

/* A pipe to the service control manager, and a handle of it. */
struct svcctl_manager {
	struct rpc_pipe *pipe;
	struct policy_handle handle;
};

/* Opens the pipe, then the manager for 0x0001. */
bool svcctl_open_manager(
	struct rpc *rpc, struct svcctl_manager *ret, struct failure *why);

/* *ret_error is the server's answer; 0 where it gave none, too. */
bool svcctl_open_service(struct svcctl_manager *manager, const char *name,
	uint32_t access, struct policy_handle *ret, uint32_t *ret_error,
	struct failure *why);

/* A state that [MS-SCMR] does not know is a failure. */
bool svcctl_query_status(struct svcctl_manager *manager, struct policy_handle *service,
	struct SERVICE_STATUS *ret, struct failure *why);

/* Its texts belong to the manager's pipe. */
bool svcctl_query_config(struct svcctl_manager *manager, struct policy_handle *service,
	struct QUERY_SERVICE_CONFIG *ret, struct failure *why);

/* Politeness: what it answers does not matter. */
void svcctl_close_handle(struct svcctl_manager *manager, struct policy_handle *handle);

#endif
