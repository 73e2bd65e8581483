/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_H
#define IMC_SOURCE_RPC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/failure.h"
#include "rpc_status.h"

/*
 * One SMB session with the server of a request, and RPC over its pipes: the seam to
 * Samba's libraries. Configuration files of the machine are not read.
 */
struct ndr_interface_table;
struct ndr_push;
struct rpc;
struct rpc_pipe;

/* Loads Samba's modules; rpc_new() does it where nobody did. False: they do not. */
bool rpc_prepare(void);

/* Nothing is sent yet. */
bool rpc_new(void *parent, const struct request *request, struct rpc **ret,
	struct failure *why);

/* What speaks through a pipe. */
struct rpc_interface {
	const char *pipe; /* "svcctl" */
	const struct ndr_interface_table *table;
	uint32_t reply_limit; /* bytes of an answer, at most */
	bool is_optional;     /* gets a part of the time only, so that its hanging leaves
				 time for the others */
};

/*
 * Opens and binds a pipe; the first one connects and logs on. A pipe that is refused
 * leaves the others usable. After a logon or a connection that failed everything fails
 * for that same reason, at once: a second attempt could lock the account.
 */
bool rpc_pipe_open(struct rpc *rpc, const struct rpc_interface *interface,
	struct rpc_pipe **ret, struct failure *why);
/* Not for a pipe that still owes an answer: Samba would wait for it. */
void rpc_pipe_close(struct rpc_pipe *pipe);

/* One call, as NDR tables have it: `arguments` is the call's structure. Whether the
 * server did it is in there. */
bool rpc_call(struct rpc_pipe *pipe, enum stage stage, uint32_t operation,
	void *arguments, struct failure *why);

/* One call that is marshalled by hand; the reply belongs to `arguments`. */
bool rpc_raw_call(struct rpc_pipe *pipe, enum stage stage, uint32_t operation,
	struct ndr_push *arguments, struct bytes *ret_reply, struct failure *why);

/* False: the session is over, and nothing will be answered any more. */
bool rpc_pipe_is_alive(const struct rpc_pipe *pipe);

/* For rpc_status_fail() and rpc_win32_fail(). */
struct rpc_scene rpc_pipe_scene(const struct rpc_pipe *pipe, enum stage stage);
const struct request *rpc_request_of(const struct rpc_pipe *pipe);

/* "SMB1 unsigned"; NULL: no server answered. */
char *rpc_level(void *parent, const struct rpc *rpc);

/* Ends the session; all its pipes are gone. */
void rpc_close(struct rpc *rpc);

#endif
