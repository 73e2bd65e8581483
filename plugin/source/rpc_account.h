/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_ACCOUNT_H
#define IMC_SOURCE_RPC_ACCOUNT_H

#include <stdbool.h>

/* What Samba is told of a target and its account: settings and credentials that come from
 * the request alone, never from smb.conf, the environment, or a Kerberos cache. */
struct cli_credentials;
struct loadparm_context;
struct request;
struct rpc_loop;

/* This machine's name, as the server's administrator sees it, and allows it or not. */
#define RPC_ACCOUNT_WORKSTATION "IMCMONITOR"

unsigned rpc_account_port(const struct request *request);

/* They live as long as `parent`, or as what the request keeps. */
struct loadparm_context *rpc_account_settings(
	void *parent, const struct request *request, bool uses_spnego);

/* Samba gets the password when it is about to send what is made from it, and only if the
 * loop's gate opens. */
struct cli_credentials *rpc_account_credentials(
	void *parent, const struct request *request, struct rpc_loop *loop);

/* Samba does not wipe its copy of the password; nobody needs it once logged on. */
void rpc_account_wipe(struct cli_credentials *account);

#endif
