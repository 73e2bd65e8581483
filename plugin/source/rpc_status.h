/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_STATUS_H
#define IMC_SOURCE_RPC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/failure.h"

struct request;
struct rpc_loop;

/* What was under way when a status came back. */
struct rpc_scene {
	const struct request *request;
	const struct rpc_loop *loop;
	const char *pipe; /* "svcctl" */
	enum stage stage; /* of a call; STAGE_NONE: the way to the pipe, which the loop
			     knows */
};

/* Why, of an NTSTATUS of Samba or of the server that is not 0. Returns false. */
bool rpc_status_fail(const struct rpc_scene *scene, uint32_t status, struct failure *why);

/* Why, of a Win32 error that answered `what`, such as "the opening of the service X". */
bool rpc_win32_fail(const struct rpc_scene *scene, uint32_t error, const char *what,
	struct failure *why);

/* After this, no other pipe of the session will answer either. */
bool rpc_status_is_final(const struct rpc_scene *scene, uint32_t status);

#endif
