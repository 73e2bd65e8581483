/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SNMP_LINK_H
#define IMC_SOURCE_SNMP_LINK_H

#include "cell.h"
#include "core/failure.h"

struct snmp_login;

/* A socket of net-snmp's to one address of an agent: questions go out, one at a time, and
 * come back with an answer or a reason before their deadline. */
struct snmp_link;

enum snmp_verb {
	SNMP_HELLO, /* version 3 only, first of all: who are you? */
	SNMP_GET,
	SNMP_GETNEXT,
	SNMP_GETBULK /* not in version 1 */
};

struct snmp_question {
	enum snmp_verb verb;
	const struct snmp_name *names;
	size_t count;
	size_t repetitions; /* of SNMP_GETBULK, else 1 */
};

/* RFC 3416, 3: those that mean something to us. */
enum {
	SNMP_NO_ERROR = 0,
	SNMP_TOO_BIG = 1,
	SNMP_NO_SUCH_NAME = 2,
	SNMP_GEN_ERR = 5,
	SNMP_NO_ACCESS = 6,
	SNMP_AUTHORIZATION_ERROR = 16
};

struct snmp_answer {
	unsigned error, index; /* as the agent gave them */
	struct snmp_cell *cells;
	size_t count; /* at most as many as were asked for */
};

/* After snmp_library_begin(). `name` is for messages. The socket takes datagrams from
 * that address and port only. */
bool snmp_link_open(void *parent, const char *address, unsigned port, const char *name,
	const struct snmp_login *login, struct snmp_link **ret, struct failure *why);

/* The cells belong to `parent`. Where it fails, the link is of no more use. FAIL_REFUSED:
 * nothing listens there. */
bool snmp_link_ask(void *parent, struct snmp_link *link,
	const struct snmp_question *question, int64_t deadline_ms,
	struct snmp_answer *ret, struct failure *why);

#endif
