/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_CLOCK_H
#define IMC_SOURCE_RPC_CLOCK_H

#include "core/evidence.h"
#include "rpc.h"

/* Asks for the server's clock (NetrRemoteTOD, [MS-SRVS]); `now` by ours. The part of the
 * evidence says what became of it. */
void rpc_clock_learn(struct rpc *rpc, int64_t now, struct evidence *evidence);

#endif
