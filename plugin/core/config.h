/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_CONFIG_H
#define IMC_CORE_CONFIG_H

#include "agent_settings.h"
#include "bytes.h"
#include "inifile.h"
#include "target.h"

/* Where all programs look for it if they are not told. */
#define CONFIG_PATH IMC_SYSCONFDIR "/imc-monitor/imc-monitor.conf"

/* imc-monitor.conf: [agent], [defaults], and one [server NAME] for each server, each at
 * most once and in any order. */
struct config {
	struct agent_settings *agent;
	struct target *defaults;
	struct target **servers; /* by name */
	unsigned *lines;         /* of their sections */
	size_t server_count;
};

enum {
	CONFIG_MAX_BYTES = 16 * 1024 * 1024,
	CONFIG_MAX_LINE = INIFILE_MAX_LINE,
	CONFIG_MAX_SERVERS = 50000
};

/* Reads the text of a configuration; `file` is named in messages with the line. All of it
 * is right, or there is no configuration. Targets are not finished (target_finish()): the
 * command line may add to them. */
bool config_parse(void *parent, const char *file, struct bytes text, struct config **ret,
	struct failure *why);
bool config_read(
	void *parent, const char *path, struct config **ret, struct failure *why);

/* Finishes all of its servers, for who needs them all. A failure names file and line. */
bool config_finish(struct config *config, const char *file, struct failure *why);

/* By the exact name; NULL: there is none. */
const struct target *config_server(const struct config *config, const char *name);
/* A copy of the server's target in a file, or of [defaults] where `server` is NULL. A
 * name that is not there is told as --server's, with the nearest one that is. */
bool config_read_target(void *parent, const char *path, const char *server,
	struct target **ret, struct failure *why);
/* The server whose name is most like this one, or NULL. */
const char *config_nearest_server(const struct config *config, const char *name);

#endif
