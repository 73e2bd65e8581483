/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentx.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/large_fd_set.h>
#include <tevent.h>

#include "agentx_loop.h"
#include "agentx_socket.h"
#include "core/memory.h"
#include "handlers.h"
#include "log.h"
#include "source/deadline.h"
#include "timers.h"

enum {
	PING_SECONDS = 5,
	ANSWER_US = 333000, /* that a master may take */
	CALL_MS = 600,      /* later, a call of net-snmp sends nothing more */
	RETRY_MS = 60000,   /* of a refused registration */
	ROOM_MS = 50,       /* that a busy master may take to read what it got */
	DRAIN_MAX = 64,     /* messages to read after a notification */
};

static const char program[] = "imc-agentd";

struct agentx {
	struct tevent_context *loop;
	struct timers *timers;
	struct logger *logger;
	struct agentx_hooks hooks;
	void *context; /* of the hooks */
	char *path;    /* the master's socket */
	struct agentx_socket *socket;
	netsnmp_session *session; /* NULL: no master */
	bool is_incomplete;       /* a registration was not answered: it has to go */
	snmp_callback take_other; /* net-snmp's own receiver of messages */
	uint32_t connections;
	uint32_t told; /* the connection that hooks.connected() was called for; 0: none */
	struct tevent_immediate *news;
	struct timer retry;
	struct agentx_loop *mirror;
	struct handlers *handlers;
};

/* --- what net-snmp tells us --- */

static int take_log(int major, int minor, void *message, void *context)
{
	(void)major;
	(void)minor;
	const struct snmp_log_message *line = message;
	struct agentx *agentx = context;
	size_t length = strlen(line->msg);
	if (length > 0 && line->msg[length - 1] == '\n')
		length--;
	/* At lower levels it says what the hooks tell; and it may have set two alarms for
	 * the same. */
	if (length == 0 || line->priority > LOG_WARNING ||
		handlers_is_refusal(agentx->handlers, line->msg) ||
		strstr(line->msg, "attempted to be re-opened") != NULL)
		return 0;
	log_warn(agentx->logger, "net-snmp: %.*s", (int)length, line->msg);
	return 0;
}

static int set_patience(int major, int minor, void *session, void *context)
{
	(void)major;
	(void)minor;
	(void)context;
	netsnmp_session *opened = session;
	opened->timeout = ANSWER_US;
	opened->retries = 0;
	return 0;
}

static int take_message(
	int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *context)
{
	struct agentx *agentx = context;
	if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE &&
		handlers_answer(agentx->handlers, session, pdu))
		return 1;
	return agentx->take_other(operation, session, id, pdu, NULL);
}

static int session_begins(int major, int minor, void *session, void *context)
{
	(void)major;
	(void)minor;
	struct agentx *agentx = context;
	agentx->session = session;
	agentx->take_other = agentx->session->callback;
	agentx->session->callback = take_message;
	agentx->session->callback_magic = agentx;
	agentx->is_incomplete = false;
	agentx->connections++;
	return 0;
}

static int session_ends(int major, int minor, void *session, void *context)
{
	(void)major;
	(void)minor;
	(void)session;
	struct agentx *agentx = context;
	agentx->session = NULL;
	return 0;
}

/* Around net-snmp's own callback, which sends the registration and waits for the answer.
 */
static int before_registration(int major, int minor, void *parameters, void *context)
{
	(void)major;
	(void)minor;
	const struct register_parameters *of = parameters;
	struct agentx *agentx = context;
	handlers_expect(agentx->handlers, of->name, of->namelen);
	return 0;
}

static int after_registration(int major, int minor, void *parameters, void *context)
{
	(void)major;
	(void)minor;
	(void)parameters;
	struct agentx *agentx = context;
	/* Not answered: net-snmp would go on as if it were registered. */
	if (agentx->session != NULL && agentx->session->s_snmp_errno != SNMPERR_SUCCESS)
		agentx->is_incomplete = true;
	handlers_conclude(agentx->handlers);
	return 0;
}

/* --- our loop --- */

static void settle(struct agentx *agentx);

/* Each call into net-snmp that may write is one: what it sends late is not sent. */
static void begin_call(struct agentx *agentx)
{
	agentx->socket->deadline = deadline_in(CALL_MS);
}

static void read_descriptor(struct agentx *agentx, int fd)
{
	netsnmp_large_fd_set set;
	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&set);
	NETSNMP_LARGE_FD_SET(fd, &set);
	begin_call(agentx);
	snmp_read2(&set);
	netsnmp_check_outstanding_agent_requests();
	netsnmp_large_fd_set_cleanup(&set);
}

static void is_readable(void *context, int fd)
{
	struct agentx *agentx = context;
	read_descriptor(agentx, fd);
	/* Nothing else opens or closes one: the other two lead to ourselves. */
	if (agentx->socket->has_changed)
		settle(agentx);
}

static void is_time(void *context)
{
	struct agentx *agentx = context;
	begin_call(agentx);
	snmp_timeout();
	run_alarms();
	netsnmp_check_outstanding_agent_requests();
	settle(agentx);
}

static void tell(
	struct tevent_context *loop, struct tevent_immediate *immediate, void *context)
{
	(void)loop;
	(void)immediate;
	struct agentx *agentx = context;
	uint32_t current = agentx_is_connected(agentx) ? agentx->connections : 0;
	if (agentx->told == current)
		return;
	bool was_connected = agentx->told != 0;
	agentx->told = current;
	if (was_connected)
		agentx->hooks.lost(agentx->context);
	if (current != 0)
		agentx->hooks.connected(agentx->context);
}

/* After a call of net-snmp that may have opened or closed something, or set an alarm. */
static void settle(struct agentx *agentx)
{
	agentx_loop_refresh(agentx->mirror);
	agentx->socket->has_changed = false;
	if (agentx->session != NULL && agentx->is_incomplete)
		agentx_socket_break(agentx->socket);
	tevent_schedule_immediate(agentx->news, agentx->loop, tell, agentx);
}

static void retry(void *context)
{
	struct agentx *agentx = context;
	begin_call(agentx);
	if (agentx_is_connected(agentx))
		handlers_register_again(agentx->handlers);
	timers_start(agentx->timers, &agentx->retry, deadline_in(RETRY_MS));
	settle(agentx);
}

/* --- its life --- */

static void configure_library(struct agentx *agentx)
{
	/* It reads no file but ours, writes none, and logs to nobody but us. */
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	snmp_disable_log();
	snmp_enable_calllog();
	netsnmp_enable_subagent();
	netsnmp_ds_set_boolean(
		NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	char *target = memory_format(agentx, "%s:%s", AGENTX_SOCKET_PREFIX, agentx->path);
	netsnmp_ds_set_string(
		NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, target);
	talloc_free(target);
}

static const struct {
	int major, minor;
	SNMPCallback *call;
	int priority;
} callbacks[] = {
	{SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, take_log, 0},
	{SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, set_patience, 0},
	{SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, session_begins, 0},
	{SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, session_ends, 0},
	{SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_OID, before_registration, -1},
	{SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_OID, after_registration, 1},
};

enum { CALLBACKS = sizeof(callbacks) / sizeof(callbacks[0]) };

static void watch_library(struct agentx *agentx)
{
	for (size_t i = 0; i < CALLBACKS; i++)
		netsnmp_register_callback(callbacks[i].major, callbacks[i].minor,
			callbacks[i].call, agentx, callbacks[i].priority);
}

/* Before the library ends: it would free what it was given. */
static void leave_library(struct agentx *agentx)
{
	for (size_t i = 0; i < CALLBACKS; i++)
		snmp_unregister_callback(callbacks[i].major, callbacks[i].minor,
			callbacks[i].call, agentx, 1);
}

struct agentx *agentx_new(void *parent, struct tevent_context *loop,
	struct timers *timers, const char *socket, const struct agentx_hooks *hooks,
	void *context, struct logger *logger)
{
	struct agentx *agentx = memory_new(parent, struct agentx);
	agentx->loop = loop;
	agentx->timers = timers;
	agentx->retry = (struct timer){.fire = retry, .context = agentx};
	agentx->logger = logger;
	agentx->hooks = *hooks;
	agentx->context = context;
	agentx->news = memory_required(tevent_create_immediate(agentx));
	const struct agentx_loop_hooks own = {is_readable, is_time};
	agentx->mirror = agentx_loop_new(agentx, loop, timers, &own, agentx);
	agentx->handlers = handlers_new(agentx, logger);
	agentx->path =
		memory_copy(agentx, socket != NULL ? socket : NETSNMP_AGENTX_SOCKET);
	configure_library(agentx);
	watch_library(agentx);
	agentx->socket = agentx_socket_new(agentx);
	init_agent(program);
	/* init_agent() has a mind of its own. */
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID,
		NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, PING_SECONDS);
	return agentx;
}

void agentx_serve(
	struct agentx *agentx, const struct table_group *group, const void *context)
{
	handlers_add(agentx->handlers, group, context);
}

void agentx_start(struct agentx *agentx)
{
	begin_call(agentx);
	init_snmp(program);
	timers_start(agentx->timers, &agentx->retry, deadline_in(RETRY_MS));
	settle(agentx);
	if (agentx->session != NULL)
		return;
	int error = agentx->socket->error;
	log_warn(agentx->logger,
		"snmpd cannot be reached at %s: %s; tried again every "
		"few seconds",
		agentx->path, error != 0 ? strerror(error) : "it does not answer");
}

bool agentx_is_connected(const struct agentx *agentx)
{
	return agentx->session != NULL && !agentx->is_incomplete;
}

uint32_t agentx_reconnects(const struct agentx *agentx)
{
	return agentx->connections > 0 ? agentx->connections - 1 : 0;
}

bool agentx_notify(struct agentx *agentx, netsnmp_variable_list *variables)
{
	if (!agentx_is_connected(agentx) ||
		!agentx_socket_is_writable(agentx->socket, ROOM_MS))
		return false;
	unsigned failed = agentx->socket->failed;
	begin_call(agentx);
	send_v2trap(variables);
	bool is_sent = agentx->socket->failed == failed;
	/* The master answers each one; both would wait for ever if nobody read that. */
	for (int i = 0; i < DRAIN_MAX && agentx_socket_is_readable(agentx->socket); i++)
		read_descriptor(agentx, agentx->socket->fd);
	if (agentx->socket->has_changed)
		settle(agentx);
	return is_sent;
}

void agentx_stop(struct agentx *agentx)
{
	TALLOC_FREE(agentx->mirror);
	timers_stop(agentx->timers, &agentx->retry);
	leave_library(agentx);
	begin_call(agentx);
	snmp_shutdown(program);
	shutdown_agent();
	TALLOC_FREE(agentx->news);
}
