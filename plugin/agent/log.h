/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_LOG_H
#define IMC_AGENT_LOG_H

/*
 * One line for each event, to stderr: with a priority in front where journald reads it
 * (sd-daemon(3)), else with the time and a word; to syslog where stderr is /dev/null.
 * What is not printable is replaced. At most 200 lines a minute for each process; the
 * number of those left out is told afterwards.
 *
 * A process has one logger, which its main makes and hands down: keeper_run(logger,
 * socket), worker_run(logger, socket), agentx_new(..., logger).
 */
struct logger;

/* `role` is put before each text: "keeper"; NULL: nothing. */
struct logger *log_open(void *parent, const char *role);
/* Looks anew where stderr leads: after daemon(3). */
void log_look(struct logger *logger);

void log_error(struct logger *logger, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_warn(struct logger *logger, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_info(struct logger *logger, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
