/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_STARTER_H
#define IMC_SOURCE_STARTER_H

#include "request.h"

/*
 * The other side of imc-rpc.so: evidence, and then a start of the service, over one
 * session. As a connection does not survive a reboot of the server, what was read and
 * what is started belong to the same run of it. It is a symbol of its own, which sources
 * are not found by: who only reads cannot start.
 */
struct start_session;

enum start_end {
	START_ACCEPTED,  /* the service is on its way */
	START_OVERTAKEN, /* error 1056: somebody else had started it just before */
	START_CHANGED,   /* not sent: the service is not as the evidence has it */
	START_NOT_SENT,  /* `why` */
	START_REFUSED,   /* sent; `why` is the server's answer */
	START_UNANSWERED /* sent; `why` there is no answer */
};

struct start_reply {
	enum start_end end;
	enum service_state state; /* START_CHANGED: what it is now */
	struct failure why;
};

struct starter {
	/* Nothing is sent yet. The session reads the request at each call: who owns it
	 * may change `now` and `state` in between. */
	bool (*open)(void *parent, const struct request *request,
		struct start_session **ret, struct failure *why);
	/* As source->collect(), again and again. */
	void (*collect)(struct start_session *session, struct evidence *evidence);
	/* Gets the right to start the service, and sends no start yet. */
	bool (*arm)(struct start_session *session, struct failure *why);
	/* Once, when armed: asks for the state, and where that and the exit codes are
	 * those `seen`, sends one StartServiceW. */
	void (*start)(struct start_session *session, const struct service *seen,
		struct start_reply *ret);
	void (*close)(struct start_session *session);
};

/* Opens the module: `why` says what to install. */
bool starter_find(const struct starter **ret, struct failure *why);

#endif
