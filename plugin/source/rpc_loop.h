/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_LOOP_H
#define IMC_SOURCE_RPC_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/failure.h"
#include "smb_progress.h"

/*
 * The event loop that Samba runs in: it ends at the deadline, whatever Samba waits for
 * then, and watches Samba's socket to know how far the session has come.
 */
struct request;
struct tevent_context;
struct rpc_loop;

/* Free it after all that was made in it. */
bool rpc_loop_new(void *parent, const struct request *request, struct rpc_loop **ret,
	struct failure *why);

struct tevent_context *rpc_loop_context(struct rpc_loop *loop);

/* From now on nothing waits any more: the connection is shut down. */
void rpc_loop_end(struct rpc_loop *loop);

/* Until it is lifted (0), whoever waits gives up at this moment (CLOCK_MONOTONIC, ms) if
 * that is before the deadline; the connection stays. */
void rpc_loop_limit(struct rpc_loop *loop, int64_t until_ms);
bool rpc_loop_is_over_limit(const struct rpc_loop *loop);

/* The deadline ended it. */
bool rpc_loop_has_expired(const struct rpc_loop *loop);

/* errno of the TCP connection that could not be made; 0: none failed. Samba does not
 * tell. */
int rpc_loop_connect_error(const struct rpc_loop *loop);

/*
 * The request's gate, once in each session, before anything is sent that the server
 * counts as a logon. False: it will not be sent, as the connection was shut down.
 */
bool rpc_loop_pass_gate(struct rpc_loop *loop);
/* Why it did not open; NULL: it did, or was not reached. */
const struct failure *rpc_loop_refusal(const struct rpc_loop *loop);
/* The logon was answered with success. The loop may have seen that by itself. */
void rpc_loop_logged_on(struct rpc_loop *loop);

/* How far the session has come. Belongs to the loop. */
const struct smb_progress *rpc_loop_progress(const struct rpc_loop *loop);

/* Before another connection; before another pipe of the connection that is there. */
void rpc_loop_begin_session(struct rpc_loop *loop);
void rpc_loop_begin_pipe(struct rpc_loop *loop);

#endif
