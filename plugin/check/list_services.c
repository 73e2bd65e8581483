/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list_services.h"

#include "core/memory.h"
#include "core/text.h"

enum { NAME_MAX_BYTES = 256 };

static char *add_line(char *text, char *line)
{
	text = memory_required(talloc_strdup_append_buffer(text, line));
	talloc_free(line);
	return text;
}

static char *add_what_was_looked_for(char *text, const struct watch *watch)
{
	if (watch->display_name_count == 0)
		return add_line(text,
			memory_copy(NULL,
				"Which of these is the service that is to be watched? "
				"Add its name with --display-name NAME\n"));
	text = add_line(
		text, memory_copy(NULL, "None of these is the service that is watched:"));
	for (size_t i = 0; i < watch->display_name_count; i++) {
		char *name = text_exact(NULL, watch->display_names[i], NAME_MAX_BYTES);
		text = add_line(
			text, memory_format(NULL, "%s \"%s\"", i > 0 ? "," : "", name));
		talloc_free(name);
	}
	return add_line(text,
		memory_copy(NULL,
			" were looked for; add its name with --display-name NAME\n"));
}

static char *write_list(
	void *parent, const struct service_list *list, const struct watch *watch)
{
	char *text = memory_copy(parent, "");
	bool is_there = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct listed_service *service = &list->services[i];
		char *name = text_exact(NULL, service->name, NAME_MAX_BYTES);
		text = add_line(text,
			memory_format(NULL, "%-16s %s\n",
				service_state_name(service->state), name));
		talloc_free(name);
		is_there = is_there || watch_has_name(watch, service->name);
	}
	return is_there ? text : add_what_was_looked_for(text, watch);
}

bool list_services(
	void *parent, const struct run_order *order, char **ret, struct failure *why)
{
	void *scratch = memory_required(talloc_new(NULL));
	const struct source *source;
	struct credentials *credentials;
	struct service_list list;
	bool is_good = run_find_means(scratch, order, &source, &credentials, why);
	if (is_good && source->list == NULL)
		is_good = fail(why, FAIL_USAGE,
			"--list-services: source %s has no list of services: give "
			"--source snmp",
			source->name);
	if (is_good) {
		const struct request request = {
			.target = order->target,
			.credentials = credentials,
			.now = order->now,
			.deadline_ms = order->deadline_ms,
		};
		is_good = source->list(scratch, &request, &list, why);
	}
	if (is_good)
		*ret = write_list(parent, &list, &order->target->watch);
	talloc_free(scratch);
	return is_good;
}
