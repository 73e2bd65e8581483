/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snmp_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <net-snmp/library/large_fd_set.h>

#include "core/memory.h"
#include "deadline.h"
#include "snmp_answer.h"
#include "snmp_security.h"

enum {
	FIRST_PATIENCE_MS = 1000, /* then twice that, and so on: for an agent that is
				     slow, since version 3 takes no answer to an earlier
				     try */
	RESYNCS = 3,              /* of the engine's time, for one question */
	EVER = 1 << 20,           /* tries are ended by the deadline */
	EXPIRES_AT_ONCE_US = 1    /* a try ends when we say so */
};

struct snmp_link {
	const char *name;
	void *handle; /* of net-snmp's single session API */
	int socket;
	bool is_version_3;
	bool has_keys;          /* version 3: answers are authenticated */
	bool has_answered;      /* anything that makes sense */
	bool has_accepted_user; /* version 3: the last step of the logon */
};

/* One question, until it is answered. */
struct exchange {
	void *parent;
	struct snmp_link *link;
	const struct snmp_question *question;
	struct snmp_answer answer;
	struct failure why;
	bool is_over, is_good;
	bool is_reading; /* a datagram, not resending after one that did not come */
	bool was_resync; /* that datagram told the engine's time, and we ask again */
	unsigned resyncs;
	unsigned strange; /* datagrams that are no answer */
};

/* --- opening --- */

static bool refused(const char *name, int error, struct failure *why)
{
	if (error == ECONNREFUSED)
		return fail_at(why, FAIL_REFUSED, STAGE_CONNECT,
			"nothing listens at %s: is the SNMP service running?", name);
	return fail_at(why, FAIL_REFUSED, STAGE_CONNECT, "%s cannot be reached: %s", name,
		strerror(error));
}

/* net-snmp takes an answer from anybody who guesses its number: the kernel does not, and
 * tells where nobody listens. */
static bool connect_socket(
	netsnmp_transport *transport, const char *name, struct failure *why)
{
	const netsnmp_indexed_addr_pair *pair = transport->data;
	if (transport->sock < 0 || pair == NULL ||
		transport->data_length != (int)sizeof(*pair))
		return fail_at(why, FAIL_SYSTEM, STAGE_CONNECT,
			"net-snmp gives no socket for %s", name);
	const struct sockaddr *to = &pair->remote_addr.sa;
	socklen_t length = to->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						     : sizeof(struct sockaddr_in);
	return connect(transport->sock, to, length) == 0 || refused(name, errno, why);
}

static netsnmp_transport *open_transport(const char *address, unsigned port)
{
	bool is_ipv6 = strchr(address, ':') != NULL;
	char *text = memory_format(NULL, "%s%s%s:%u",
		is_ipv6 ? "udp6:[" : "udp:", address, is_ipv6 ? "]" : "", port);
	netsnmp_transport *transport = netsnmp_tdomain_transport(text, 0, "udp");
	talloc_free(text);
	return transport;
}

/* Keys are kept in a list of the library's, by engine and name. */
static void forget_user(const struct snmp_link *link)
{
	const netsnmp_session *session = snmp_sess_session(link->handle);
	if (!link->is_version_3 || session->securityEngineIDLen == 0)
		return;
	struct usmUser *user = usm_get_user(session->securityEngineID,
		session->securityEngineIDLen, session->securityName);
	if (user == NULL)
		return;
	usm_remove_user(user);
	usm_free_user(user);
}

/* net-snmp frees its copies as they are; that of a user's keys it wipes itself. What went
 * into datagrams, it has long freed. */
static void wipe_secrets(netsnmp_session *session)
{
	if (session->community != NULL)
		explicit_bzero(session->community, session->community_len);
	explicit_bzero(session->securityAuthKey, sizeof(session->securityAuthKey));
	explicit_bzero(session->securityPrivKey, sizeof(session->securityPrivKey));
}

static int close_link(struct snmp_link *link)
{
	forget_user(link);
	wipe_secrets(snmp_sess_session(link->handle));
	snmp_sess_close(link->handle);
	return 0;
}

bool snmp_link_open(void *parent, const char *address, unsigned port, const char *name,
	const struct snmp_login *login, struct snmp_link **ret, struct failure *why)
{
	netsnmp_transport *transport = open_transport(address, port);
	if (transport == NULL)
		return fail_at(why, FAIL_SYSTEM, STAGE_CONNECT,
			"cannot make a socket for %s", name);
	if (!connect_socket(transport, name, why)) {
		transport->f_close(transport);
		netsnmp_transport_free(transport);
		return false;
	}
	netsnmp_session model = *snmp_security_model(login);
	model.timeout = EXPIRES_AT_ONCE_US;
	model.retries = EVER;
	model.flags |= SNMP_FLAGS_DONT_PROBE;
	int file = transport->sock;
	void *handle = snmp_sess_add(&model, transport, NULL, NULL);
	explicit_bzero(&model, sizeof(model));
	if (handle == NULL)
		return fail_at(why, FAIL_SYSTEM, STAGE_CONNECT,
			"net-snmp opens no session with %s", name);
	/* Again, as it was taken out: net-snmp would look for the engine by itself, and
	 * wait for it without an end. */
	netsnmp_session *session = snmp_sess_session(handle);
	session->flags |= SNMP_FLAGS_DONT_PROBE;
	struct snmp_link *link = memory_new(parent, struct snmp_link);
	link->name = memory_copy(link, name);
	link->handle = handle;
	link->socket = file;
	link->is_version_3 = session->version == SNMP_VERSION_3;
	link->has_keys = session->securityLevel > SNMP_SEC_LEVEL_NOAUTH;
	talloc_set_destructor(link, close_link);
	*ret = link;
	return true;
}

/* --- what comes back --- */

static void finish(struct exchange *exchange, bool is_good)
{
	exchange->is_over = true;
	exchange->is_good = is_good;
}

static void take_report(struct exchange *exchange, netsnmp_pdu *pdu)
{
	int type = snmpv3_get_report_type(pdu);
	bool is_hello = exchange->question->verb == SNMP_HELLO;
	if (is_hello && type == SNMPERR_UNKNOWN_ENG_ID)
		finish(exchange, true);
	else if (type != SNMPERR_NOT_IN_TIME_WINDOW) /* for that it asks again */
		finish(exchange,
			snmp_answer_report(type, exchange->link->name, &exchange->why));
}

/* net-snmp has learned the engine's time. It would do so for ever. */
static void take_resync(struct exchange *exchange)
{
	exchange->was_resync = true;
	if (++exchange->resyncs > RESYNCS)
		finish(exchange,
			snmp_answer_report(SNMPERR_NOT_IN_TIME_WINDOW,
				exchange->link->name, &exchange->why));
}

static void take_response(struct exchange *exchange, const netsnmp_pdu *pdu)
{
	if (exchange->question->verb == SNMP_HELLO)
		return; /* a version 3 agent says who it is, before anything else */
	exchange->link->has_accepted_user = true;
	finish(exchange,
		snmp_answer_take(exchange->parent, pdu, exchange->question,
			exchange->link->name, &exchange->answer, &exchange->why));
}

static void take_failed_send(struct exchange *exchange, const netsnmp_session *session)
{
	if (session->s_snmp_errno == SNMPERR_BAD_SENDTO)
		refused(exchange->link->name, session->s_errno, &exchange->why);
	else if (session->s_snmp_errno == SNMPERR_SUCCESS)
		fail_at(&exchange->why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s sent a report, which answers nothing", exchange->link->name);
	else
		fail_at(&exchange->why, FAIL_SYSTEM, STAGE_LOGON,
			"net-snmp cannot put the question to %s: %s",
			exchange->link->name, snmp_api_errstring(session->s_snmp_errno));
	finish(exchange, false);
}

/*
 * 1: the request is done with. That of a link that failed is ended when it is closed
 * (TIMED_OUT), when its exchange is long gone. Debian's net-snmp tells of reports as
 * SEC_ERROR, others do so as of a message before that.
 */
static int take(int operation, netsnmp_session *session, int number, netsnmp_pdu *pdu,
	void *context)
{
	(void)number;
	if (operation == NETSNMP_CALLBACK_OP_TIMED_OUT)
		return 1;
	struct exchange *exchange = context;
	if (operation == NETSNMP_CALLBACK_OP_RESEND) {
		if (exchange->is_reading)
			take_resync(exchange);
		return 1;
	}
	bool is_received = operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE;
	if (exchange->is_over)
		return 1;
	if (pdu->command == SNMP_MSG_REPORT && exchange->link->is_version_3)
		take_report(exchange, pdu);
	else if (!is_received)
		take_failed_send(exchange, session);
	else if (pdu->command == SNMP_MSG_RESPONSE)
		take_response(exchange, pdu);
	return 1;
}

/* --- the question --- */

static netsnmp_pdu *make_hello(void)
{
	netsnmp_pdu *pdu = memory_required(snmp_pdu_create(SNMP_MSG_GET));
	pdu->version = SNMP_VERSION_3;
	pdu->securityName = memory_required(strdup(""));
	pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	pdu->securityModel = SNMP_SEC_MODEL_USM;
	return pdu;
}

static netsnmp_pdu *make_pdu(const struct snmp_question *question)
{
	static const int commands[] = {
		[SNMP_GET] = SNMP_MSG_GET,
		[SNMP_GETNEXT] = SNMP_MSG_GETNEXT,
		[SNMP_GETBULK] = SNMP_MSG_GETBULK,
	};
	if (question->verb == SNMP_HELLO)
		return make_hello();
	netsnmp_pdu *pdu = memory_required(snmp_pdu_create(commands[question->verb]));
	if (question->verb == SNMP_GETBULK) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = (long)question->repetitions;
	}
	for (size_t i = 0; i < question->count; i++) {
		oid ids[SNMP_MAX_NAME];
		for (size_t j = 0; j < question->names[i].length; j++)
			ids[j] = question->names[i].ids[j];
		memory_required(snmp_add_null_var(pdu, ids, question->names[i].length));
	}
	return pdu;
}

static void say_silence(struct exchange *exchange)
{
	const struct snmp_link *link = exchange->link;
	struct failure *why = &exchange->why;
	bool is_logging_on =
		link->is_version_3 && link->has_answered && !link->has_accepted_user;
	if (exchange->strange > 0 && is_logging_on && link->has_keys)
		fail_at(why, FAIL_DENIED, STAGE_LOGON,
			"%s answers this user, and not with these keys: compare "
			"auth_password and auth_protocol with the agent's",
			link->name);
	else if (exchange->strange > 0)
		fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s sent %u datagrams that are no answer to what it was asked",
			link->name, exchange->strange);
	else if (!link->has_answered && link->is_version_3)
		fail_at(why, FAIL_TIMEOUT, STAGE_CONNECT,
			"no answer from %s: is the SNMP agent running, does it speak "
			"version 3, may this machine ask it?",
			link->name);
	else if (!link->has_answered)
		fail_at(why, FAIL_TIMEOUT, STAGE_CONNECT,
			"no answer from %s: is the SNMP service running, may this "
			"machine ask it? A wrong community is not answered either",
			link->name);
	else if (is_logging_on)
		fail_at(why, FAIL_TIMEOUT, STAGE_LOGON,
			"%s does not answer this user: compare security_name, passwords "
			"and protocols with the agent's, which may be silent where they "
			"are wrong",
			link->name);
	else
		fail_at(why, FAIL_TIMEOUT, STAGE_SERVICE,
			"the time ran out before %s had answered all questions",
			link->name);
	finish(exchange, false);
}

static void read_datagram(struct exchange *exchange)
{
	struct snmp_link *link = exchange->link;
	int error = 0;
	socklen_t length = sizeof(error);
	if (getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 &&
		error != 0) {
		refused(link->name, error, &exchange->why);
		finish(exchange, false);
		return;
	}
	netsnmp_large_fd_set ready;
	netsnmp_large_fd_set_init(&ready, link->socket + 1);
	NETSNMP_LARGE_FD_ZERO(&ready);
	NETSNMP_LARGE_FD_SET(link->socket, &ready);
	exchange->was_resync = false;
	exchange->is_reading = true;
	snmp_sess_read2(link->handle, &ready);
	exchange->is_reading = false;
	netsnmp_large_fd_set_cleanup(&ready);
	if (exchange->is_good || exchange->was_resync)
		link->has_answered = true;
	if (!exchange->is_over && !exchange->was_resync)
		exchange->strange++;
}

static void converse(struct exchange *exchange, int64_t deadline_ms)
{
	struct snmp_link *link = exchange->link;
	int64_t patience = FIRST_PATIENCE_MS;
	int64_t next_try = deadline_in(patience);
	while (!exchange->is_over) {
		int64_t left = deadline_left(deadline_ms);
		int64_t wait = deadline_left(next_try);
		struct pollfd readable = {.fd = link->socket, .events = POLLIN};
		if (left == 0) {
			say_silence(exchange);
		} else if (poll(&readable, 1, (int)(left < wait ? left : wait)) > 0) {
			read_datagram(exchange);
		} else if (deadline_passed(next_try)) {
			snmp_sess_timeout(link->handle);
			patience *= 2;
			next_try = deadline_in(patience);
		}
	}
}

/* The engine is known: the keys are made for it. */
static bool take_engine(struct exchange *exchange)
{
	netsnmp_session *session = snmp_sess_session(exchange->link->handle);
	forget_user(exchange->link);
	return (session->securityEngineIDLen > 0 &&
		       usm_create_user_from_session(session) == SNMPERR_SUCCESS) ||
		fail_at(&exchange->why, FAIL_PROTOCOL, STAGE_LOGON,
			"no keys can be made for the engine that %s says it is",
			exchange->link->name);
}

bool snmp_link_ask(void *parent, struct snmp_link *link,
	const struct snmp_question *question, int64_t deadline_ms,
	struct snmp_answer *ret, struct failure *why)
{
	struct exchange exchange = {.parent = parent, .link = link, .question = question};
	netsnmp_pdu *pdu = make_pdu(question);
	if (snmp_sess_async_send(link->handle, pdu, take, &exchange) == 0)
		snmp_free_pdu(pdu);
	else
		converse(&exchange, deadline_ms);
	if (exchange.is_good && question->verb == SNMP_HELLO)
		exchange.is_good = take_engine(&exchange);
	if (exchange.is_good)
		*ret = exchange.answer;
	else
		*why = exchange.why;
	return exchange.is_good;
}
