/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_RPC_SVCCTL_H
#define IMC_SOURCE_RPC_SVCCTL_H

#include "rpc.h"

/*
 * The service control manager ([MS-SCMR]) of a server. Only asks: OpenSCManagerW for
 * 0x0001, OpenServiceW for 0x0005 or 0x0004, QueryServiceStatus, QueryServiceConfigW and
 * CloseServiceHandle.
 */
struct evidence;
struct svcctl;

/* Opens the watched service and learns its state and configuration; each of the two parts
 * of the evidence says what became of it. NULL: there is no more to ask. */
struct svcctl *svcctl_learn(struct rpc *rpc, struct evidence *evidence);

/* Asks for the state once more: the last answer counts, and where none comes the state is
 * not learned, because something has just happened to it. */
void svcctl_learn_again(struct svcctl *svcctl, struct evidence *evidence);

/* Where the service is down, or on its way: the states of what it depends on. */
void svcctl_learn_dependencies(struct svcctl *svcctl, struct evidence *evidence);

void svcctl_close(struct svcctl *svcctl);

#endif
