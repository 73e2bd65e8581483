/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentx_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/memory.h"
#include "source/deadline.h"

enum { STORE_SLOT = 40, MESSAGE_MAX = 0x7fffffff };

/* A name that is ours alone; it never leaves the process. */
static const oid domain_name[] = {IMC_MIB_ROOT, 0};

/* net-snmp passes nothing along to a transport that it creates by its name. */
static struct agentx_socket *registered(void)
{
	return netsnmp_ds_get_void(NETSNMP_DS_APPLICATION_ID, STORE_SLOT);
}

static bool is_ready(int fd, short events, int64_t wait)
{
	struct pollfd entry = {.fd = fd, .events = events};
	if (fd < 0)
		return false;
	return poll(&entry, 1, wait > 0 ? (int)wait : 0) > 0 &&
		(entry.revents & events) != 0;
}

bool agentx_socket_is_writable(const struct agentx_socket *socket, int wait_ms)
{
	return is_ready(socket->fd, POLLOUT, wait_ms);
}

bool agentx_socket_is_readable(const struct agentx_socket *socket)
{
	return is_ready(socket->fd, POLLIN, 0);
}

void agentx_socket_break(const struct agentx_socket *socket)
{
	if (socket->fd >= 0)
		shutdown(socket->fd, SHUT_RDWR);
}

static int receive(netsnmp_transport *transport, void *buffer, int size, void **ret_from,
	int *ret_from_length)
{
	*ret_from = NULL;
	*ret_from_length = 0;
	ssize_t got;
	do
		got = recv(transport->sock, buffer, (size_t)size, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		/* Else it would be taken for the end. */
		transport->flags |= NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;
		return 0;
	}
	return (int)got;
}

static bool send_all(
	const struct agentx_socket *own, int fd, const uint8_t *data, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent >= 0) {
			data += sent;
			length -= (size_t)sent;
			continue;
		}
		int64_t left = own->deadline - deadline_now();
		bool is_full = errno == EAGAIN || errno == EWOULDBLOCK;
		if (errno != EINTR && (!is_full || !is_ready(fd, POLLOUT, left)))
			return false;
	}
	return true;
}

static int transmit(netsnmp_transport *transport, const void *data, int length,
	void **from, int *from_length)
{
	(void)from;
	(void)from_length;
	struct agentx_socket *own = registered();
	if (deadline_now() >= own->deadline) {
		own->failed++;
		return -1;
	}
	if (send_all(own, transport->sock, data, (size_t)length))
		return length;
	own->failed++;
	shutdown(transport->sock, SHUT_RDWR);
	return -1;
}

static int end(netsnmp_transport *transport)
{
	if (transport->sock < 0)
		return -1;
	struct agentx_socket *own = registered();
	if (own != NULL && own->fd == transport->sock) {
		own->fd = -1;
		own->has_changed = true;
	}
	int result = close(transport->sock);
	transport->sock = -1;
	return result;
}

static char *describe(netsnmp_transport *transport, const void *address, int length)
{
	(void)transport;
	(void)address;
	(void)length;
	return strdup("the AgentX master");
}

static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (path == NULL || strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* A socket in the file system is connected at once or not at all. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static netsnmp_transport *create(netsnmp_tdomain_spec *spec)
{
	struct agentx_socket *own = registered();
	int fd = own != NULL ? open_socket(spec->target) : -1;
	if (own != NULL)
		own->error = fd < 0 ? errno : 0;
	if (fd < 0)
		return NULL;
	/* net-snmp frees it. */
	netsnmp_transport *transport = memory_required(calloc(1, sizeof(*transport)));
	transport->domain = domain_name;
	transport->domain_length = OID_LENGTH(domain_name);
	transport->sock = fd;
	transport->flags = NETSNMP_TRANSPORT_FLAG_STREAM;
	transport->msgMaxSize = MESSAGE_MAX;
	transport->f_recv = receive;
	transport->f_send = transmit;
	transport->f_close = end;
	transport->f_fmtaddr = describe;
	own->fd = fd;
	own->has_changed = true;
	return transport;
}

static int forget(struct agentx_socket *own)
{
	netsnmp_ds_set_void(NETSNMP_DS_APPLICATION_ID, STORE_SLOT, NULL);
	(void)own;
	return 0;
}

struct agentx_socket *agentx_socket_new(void *parent)
{
	struct agentx_socket *own = memory_new(parent, struct agentx_socket);
	own->fd = -1;
	/* net-snmp frees it at its end. */
	const char **prefixes = memory_required(calloc(2, sizeof(*prefixes)));
	prefixes[0] = AGENTX_SOCKET_PREFIX;
	own->domain = (netsnmp_tdomain){
		.name = domain_name,
		.name_length = OID_LENGTH(domain_name),
		.prefix = prefixes,
		.f_create_from_tspec = create,
	};
	netsnmp_ds_set_void(NETSNMP_DS_APPLICATION_ID, STORE_SLOT, own);
	netsnmp_tdomain_register(&own->domain);
	talloc_set_destructor(own, forget);
	return own;
}
