/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/memory.h"
#include "keeper.h"
#include "log.h"
#include "options.h"
#include "parent.h"
#include "role.h"
#include "settings.h"
#include "worker.h"

/* A supervisor starts it again; a worker costs one poll. */
_Noreturn void out_of_memory(void)
{
	static const char line[] = "imc-agentd: out of memory\n";
	ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
	(void)written;
	_exit(EXIT_FAILURE);
}

static int complain(const struct failure *why)
{
	fprintf(stderr, "imc-agentd: %s\n", why->text);
	return EXIT_FAILURE;
}

static int check(void *root, const struct agent_options *options)
{
	struct settings *settings;
	struct failure why;
	if (!settings_read(root, options->config, &settings, &why))
		return complain(&why);
	size_t count = settings->config->server_count;
	printf("%s is right: %zu server%s\n", options->config, count,
		count == 1 ? "" : "s");
	return EXIT_SUCCESS;
}

/* A daemon leaves its folder, and is to find the file again. */
static const char *absolute(void *root, const char *path)
{
	char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
	if (folder == NULL)
		return path;
	path = memory_format(root, "%s/%s", folder, path);
	free(folder);
	return path;
}

/* All that is wrong is said before it leaves the terminal. */
static int serve(void *root, const struct agent_options *options)
{
	struct parent *parent;
	struct failure why;
	struct logger *logger = log_open(root, NULL);
	if (!parent_new(root, absolute(root, options->config), logger, &parent, &why))
		return complain(&why);
	if (!options->is_foreground && daemon(0, 0) != 0)
		return EXIT_FAILURE;
	log_look(logger);
	return parent_run(parent);
}

static int run_parent(void *root, int argc, char **argv)
{
	struct agent_options options;
	struct failure why;
	if (!agent_options_parse(argc, argv, &options, &why))
		return complain(&why);
	switch (options.mode) {
	case AGENT_HELP:
		fputs(command_line_usage(root, agent_options_line()), stdout);
		return EXIT_SUCCESS;
	case AGENT_VERSION:
		puts("imc-agentd " IMC_VERSION);
		return EXIT_SUCCESS;
	case AGENT_CHECK:
		return check(root, &options);
	case AGENT_RUN:
		break;
	}
	return serve(root, &options);
}

int main(int argc, char **argv)
{
	void *root = memory_required(talloc_new(NULL));
	enum agent_role role = role_of(argc, argv);
	int status = EXIT_FAILURE;
	role_protect(role);
	switch (role) {
	case ROLE_OF_PARENT:
		status = run_parent(root, argc, argv);
		break;
	case ROLE_OF_KEEPER:
		status = keeper_run(log_open(root, "keeper"), ROLE_SOCKET);
		break;
	case ROLE_OF_WORKER:
		status = worker_run(log_open(root, "worker"), ROLE_SOCKET);
		break;
	}
	talloc_free(root);
	return status;
}
