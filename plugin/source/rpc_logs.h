/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_LOGS_H
#define IMC_SOURCE_RPC_LOGS_H

#include "core/evidence.h"
#include "rpc.h"

/* Reads the System log, then the Application log, each from its newest record backwards
 * as far as it matters; `server_now` by the server's clock. Both parts say what became of
 * them. */
void rpc_logs_learn(struct rpc *rpc, const struct request *request, int64_t server_now,
	struct evidence *evidence);

#endif
