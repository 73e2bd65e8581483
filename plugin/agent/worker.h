/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_WORKER_H
#define IMC_AGENT_WORKER_H

struct logger;

/*
 * What a worker does: polls, one after the other, as the keeper orders them over the
 * socket; message.h has what they say. It serves the source of its first order, which is
 * loaded before it locks itself in (sandbox.h), and keeps one account. Returns the exit
 * status once the keeper is gone or sends what a keeper does not send.
 */
int worker_run(struct logger *logger, int socket);

#endif
