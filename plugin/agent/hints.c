/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hints.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { ADDRESS_BYTES = 16, NAMES_OF_ONE = 6 };

/* How well a computer's name fits a server, the best first. */
enum fit { FIT_NAME, FIT_HOST, FIT_LABEL };

struct by_name {
	char *name; /* in small letters */
	enum fit fit;
	size_t server;
};

struct by_address {
	uint8_t address[ADDRESS_BYTES];
	size_t server;
};

struct hints {
	const struct hints_server *servers;
	size_t server_count;
	struct by_name *names; /* by name, fit and server */
	size_t name_count;
	struct by_address *addresses; /* by address and server */
	size_t address_count, room;
};

/* --- keys --- */

/* IPv4 as it is mapped into IPv6, which is how a server of both kinds of socket sees it.
 * The zone of a link-local address is this machine's own, and not compared. */
static bool read_address(const char *text, uint8_t ret[static ADDRESS_BYTES])
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	char bare[RESOLVE_TEXT];
	size_t length = strcspn(text, "%");
	if (length >= sizeof(bare))
		return false;
	memcpy(bare, text, length);
	bare[length] = '\0';
	memcpy(ret, mapped, sizeof(mapped));
	return inet_pton(AF_INET, bare, ret + sizeof(mapped)) == 1 ||
		inet_pton(AF_INET6, bare, ret) == 1;
}

static char *in_small_letters(void *parent, const char *text, size_t length)
{
	char *copy = memory_array(parent, char, length + 1);
	for (size_t i = 0; i < length; i++)
		copy[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a')
							   : text[i];
	return copy;
}

/* --- the index --- */

static int compare_sizes(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_names(const void *a, const void *b)
{
	const struct by_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	if (order == 0)
		order = (int)x->fit - (int)y->fit;
	return order != 0 ? order : compare_sizes(x->server, y->server);
}

static int compare_addresses(const void *a, const void *b)
{
	const struct by_address *x = a, *y = b;
	int order = memcmp(x->address, y->address, ADDRESS_BYTES);
	return order != 0 ? order : compare_sizes(x->server, y->server);
}

static void add_name(
	struct hints *hints, size_t server, enum fit fit, const char *name, size_t length)
{
	hints->names[hints->name_count++] = (struct by_name){
		.name = in_small_letters(hints->names, name, length),
		.fit = fit,
		.server = server,
	};
}

static void add_host(struct hints *hints, size_t server, enum fit fit, const char *name)
{
	uint8_t address[ADDRESS_BYTES];
	if (name == NULL)
		return;
	add_name(hints, server, fit, name, strlen(name));
	size_t label = strcspn(name, ".");
	if (label > 0 && name[label] == '.' && !read_address(name, address))
		add_name(hints, server, FIT_LABEL, name, label);
}

static void add_address(struct hints *hints, size_t server, const char *text)
{
	struct by_address entry = {.server = server};
	if (!read_address(text, entry.address))
		return;
	if (hints->address_count == hints->room) {
		hints->room = hints->room * 2 + RESOLVE_MAX;
		hints->addresses = memory_resize(
			hints, hints->addresses, struct by_address, hints->room);
	}
	hints->addresses[hints->address_count++] = entry;
}

void hints_locate(struct hints *hints, hints_peek *peek, void *context)
{
	struct addresses found;
	hints->address_count = 0;
	for (size_t i = 0; i < hints->server_count; i++) {
		const char *address = hints->servers[i].target->address;
		if (address == NULL)
			continue;
		add_address(hints, i, address);
		if (peek == NULL || !peek(context, address, &found))
			continue;
		for (size_t j = 0; j < found.count; j++)
			add_address(hints, i, found.text[j]);
	}
	if (hints->address_count > 0)
		qsort(hints->addresses, hints->address_count, sizeof(struct by_address),
			compare_addresses);
}

struct hints *hints_new(void *parent, const struct hints_server *servers, size_t count)
{
	struct hints *hints = memory_new(parent, struct hints);
	struct hints_server *copy = memory_array(hints, struct hints_server, count);
	hints->names = memory_array(hints, struct by_name, count * NAMES_OF_ONE);
	for (size_t i = 0; i < count; i++) {
		const struct target *target = servers[i].target;
		copy[i] = servers[i];
		add_host(hints, i, FIT_NAME, target->server);
		add_host(hints, i, FIT_HOST, target->address);
		add_host(hints, i, FIT_HOST, target->remote_server);
	}
	hints->servers = copy;
	hints->server_count = count;
	qsort(hints->names, hints->name_count, sizeof(struct by_name), compare_names);
	hints_locate(hints, NULL, NULL);
	return hints;
}

/* --- looking up --- */

/* The first entry that is not before this address of this server. */
static size_t find_address(const struct hints *hints,
	const uint8_t address[static ADDRESS_BYTES], size_t server)
{
	struct by_address wanted = {.server = server};
	memcpy(wanted.address, address, ADDRESS_BYTES);
	size_t low = 0, high = hints->address_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_addresses(&hints->addresses[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_address(const struct hints *hints, size_t server, const uint8_t *address)
{
	size_t at = find_address(hints, address, server);
	return at < find_address(hints, address, server + 1);
}

static size_t find_name(const struct hints *hints, const char *name)
{
	size_t low = 0, high = hints->name_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(hints->names[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The one server that the name fits best, of all or of those with an address. */
static const struct hints_server *decide(
	const struct hints *hints, const char *computer, const uint8_t *address)
{
	const struct by_name *best = NULL;
	char *name = in_small_letters(NULL, computer, strlen(computer));
	for (size_t i = find_name(hints, name); i < hints->name_count; i++) {
		const struct by_name *entry = &hints->names[i];
		if (strcmp(entry->name, name) != 0 ||
			(best != NULL && entry->fit != best->fit))
			break;
		if (address != NULL && !has_address(hints, entry->server, address))
			continue;
		if (best != NULL && entry->server != best->server) {
			best = NULL; /* several fit as well */
			break;
		}
		best = entry;
	}
	talloc_free(name);
	return best != NULL ? &hints->servers[best->server] : NULL;
}

static const struct hints_server *find_by_address(
	const struct hints *hints, const char *text, const char *computer)
{
	uint8_t address[ADDRESS_BYTES];
	if (!read_address(text, address))
		return NULL;
	size_t first = find_address(hints, address, 0);
	size_t end = find_address(hints, address, hints->server_count);
	if (first == end)
		return NULL;
	if (hints->addresses[first].server == hints->addresses[end - 1].server)
		return &hints->servers[hints->addresses[first].server];
	return decide(hints, computer, address);
}

void *hints_find(const struct hints *hints, const struct hint *hint)
{
	const struct hints_server *found =
		find_by_address(hints, hint->sender, hint->computer);
	if (found == NULL)
		found = find_by_address(hints, hint->agent, hint->computer);
	if (found == NULL)
		found = decide(hints, hint->computer, NULL);
	return found != NULL ? found->owner : NULL;
}
