/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SOURCE_H
#define IMC_SOURCE_SOURCE_H

#include "core/source_kind.h"
#include "request.h"

struct service_list;

/* A way to learn about a server; what is known of it before: source_kind.h. */
struct source {
	const char *name; /* of its source_kind */
	/* Loads what the first collect() would load from files, for who locks itself in
	 * before that; NULL: nothing. */
	void (*prepare)(void);
	/* Fills the evidence (fresh from evidence_new()) before the deadline: each part
	 * is learned, or carries why it was not. Never fails as a whole. */
	void (*collect)(const struct request *request, struct evidence *evidence);
	/* Names of all services that the server lists; NULL: this source cannot. The list
	 * belongs to `parent`. */
	bool (*list)(void *parent, const struct request *request,
		struct service_list *ret, struct failure *why);
};

/* In the server's order; UTF-8, not cleaned. */
struct service_list {
	struct listed_service {
		char *name;
		enum service_state state;
	} * services;
	size_t count;
};

/* By name. A source that lives in a module is opened now: `why` says what to install. */
bool source_find(const char *name, const struct source **ret, struct failure *why);

extern const struct source evt_source;
/* Opens a copied log for request.files; whether it is one, evt_source says. */
bool evt_open(const char *path, int *ret_file, struct failure *why);

#endif
