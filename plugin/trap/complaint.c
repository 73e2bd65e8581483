/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complaint.h"

#include <paths.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"

enum { COMPLAINT_MAX = 400 };

bool complaint_show(const char *line, size_t length)
{
	struct pollfd place = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&place, 1, 0) == 1 &&
		write(STDERR_FILENO, line, length) == (ssize_t)length;
}

/* As syslog(3) sends it, which would wait where nobody reads, and snmptrapd with us. What
 * does not get through is in stderr. */
static void log_line(const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = _PATH_LOG};
	char *line = memory_format(NULL, "<%d>imc-trap[%ld]: %s",
		LOG_MAKEPRI(LOG_DAEMON, LOG_WARNING), (long)getpid(), text);
	int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (file >= 0) {
		sendto(file, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL,
			(const struct sockaddr *)&address, sizeof(address));
		close(file);
	}
	talloc_free(line);
}

void complaint_make(const struct failure *why)
{
	char *text = text_clean(NULL, why->text, COMPLAINT_MAX);
	char *line = memory_format(text, "imc-trap: %s\n", text);
	complaint_show(line, strlen(line));
	log_line(text);
	talloc_free(text);
}
