/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_COLLECT_H
#define IMC_SOURCE_RPC_COLLECT_H

struct evidence;
struct request;
struct rpc;

/* Fills the evidence over a session that may have been used before; what matters most is
 * asked first, while there is time. Its pipes are closed again, as far as that goes. */
void rpc_collect(
	const struct request *request, struct rpc *rpc, struct evidence *evidence);

#endif
