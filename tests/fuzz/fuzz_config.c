/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration: read whole or refused by line; what is read can be finished. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_servers(void *parent, const struct config *config)
{
	for (size_t i = 0; i < config->server_count; i++) {
		const struct target *server = config->servers[i];
		claim(i == 0 ||
			strcmp(config->servers[i - 1]->server, server->server) < 0);
		claim(config_server(config, server->server) == server);
		claim(server->policy.pending_warning <= server->policy.pending_critical);
		claim(server->smb_min <= server->smb_max);
		claim(server->port <= 65535);
		struct failure why;
		struct target *copy = target_copy(parent, server);
		claim(!target_finish(copy, &why) || copy->evt != NULL ||
			copy->address != NULL);
		talloc_free(copy);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *root = memory_required(talloc_named_const(NULL, 0, "fuzz"));
	struct config *config = NULL;
	struct failure why = {.text = ""};
	if (config_parse(root, "f", (struct bytes){data, size}, &config, &why)) {
		check_servers(root, config);
	} else {
		claim(config == NULL);
		claim(strncmp(why.text, "f:", 2) == 0);
		claim(strchr(why.text, '\n') == NULL);
	}
	talloc_free(root);
	return 0;
}
