/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/when.h"

enum { LINES_A_MINUTE = 200, TEXT_BYTES = 900 };

struct logger {
	const char *role;
	bool is_journal, is_syslog;
	int64_t minute;
	unsigned lines, left_out; /* in that minute */
};

static const char *const words[] = {
	[LOG_ERR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info"};

/* JOURNAL_STREAM names the device and inode of the stream that systemd connected; stderr
 * may lead elsewhere by now (systemd.exec(5)). */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;
	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
		status.st_ino == inode;
}

/* A daemon has no stderr. */
static bool is_nowhere(void)
{
	struct stat status, nowhere;
	return fstat(STDERR_FILENO, &status) != 0 ||
		(stat("/dev/null", &nowhere) == 0 && S_ISCHR(status.st_mode) &&
			status.st_rdev == nowhere.st_rdev);
}

void log_look(struct logger *logger)
{
	logger->is_journal = is_journal();
	logger->is_syslog = is_nowhere();
	if (logger->is_syslog) /* at once: a worker opens nothing later */
		openlog("imc-agentd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

struct logger *log_open(void *parent, const char *role)
{
	struct logger *logger = memory_new(parent, struct logger);
	logger->role = role;
	log_look(logger);
	return logger;
}

/* In one write, so that lines of several processes do not mix. False: nobody reads, and
 * waiting for that would stop all else. */
static bool write_line(const char *line)
{
	struct pollfd place = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&place, 1, 0) == 1 && write(STDERR_FILENO, line, strlen(line)) > 0;
}

static bool write_text(const struct logger *logger, int level, const char *text)
{
	void *scratch = memory_required(talloc_new(NULL));
	char *start = logger->is_journal
		? memory_format(scratch, "<%d>", level)
		: memory_format(scratch, "%s %s: ", when_format_time(scratch, time(NULL)),
			  words[level]);
	const char *role = logger->role != NULL ? logger->role : "";
	const char *colon = logger->role != NULL ? ": " : "";
	char *clean = text_clean(scratch, text, TEXT_BYTES);
	bool is_written = true;
	if (logger->is_syslog)
		syslog(level, "%s%s%s", role, colon, clean);
	else
		is_written = write_line(
			memory_format(scratch, "%s%s%s%s\n", start, role, colon, clean));
	talloc_free(scratch);
	return is_written;
}

static bool has_room(struct logger *logger)
{
	int64_t minute = time(NULL) / WHEN_MINUTE;
	unsigned left_out = logger->left_out;
	if (minute != logger->minute) {
		logger->minute = minute;
		logger->lines = logger->left_out = 0;
	}
	if (left_out > 0 && logger->left_out == 0) {
		char *text = memory_format(NULL, "%u lines were left out", left_out);
		write_text(logger, LOG_WARNING, text);
		talloc_free(text);
	}
	if (++logger->lines <= LINES_A_MINUTE)
		return true;
	logger->left_out++;
	return false;
}

static void put(struct logger *logger, int level, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

static void put(struct logger *logger, int level, const char *format, va_list arguments)
{
	if (!has_room(logger))
		return;
	char *text = memory_required(talloc_vasprintf(NULL, format, arguments));
	if (!write_text(logger, level, text))
		logger->left_out++;
	talloc_free(text);
}

void log_error(struct logger *logger, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	put(logger, LOG_ERR, format, arguments);
	va_end(arguments);
}

void log_warn(struct logger *logger, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	put(logger, LOG_WARNING, format, arguments);
	va_end(arguments);
}

void log_info(struct logger *logger, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	put(logger, LOG_INFO, format, arguments);
	va_end(arguments);
}
