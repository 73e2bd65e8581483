/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_SOURCE_KIND_H
#define IMC_CORE_SOURCE_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* How a server is reached. */
enum transport {
	TRANSPORT_FILES, /* copied logs on this machine: no server is asked */
	TRANSPORT_TCP,   /* who accepts no connection is not there */
	TRANSPORT_UDP
};

/* What is known of a way to learn about servers before its code is loaded. */
struct source_kind {
	const char *name; /* as --source takes it */
	enum transport transport;
	unsigned port;          /* the usual one; 0: none */
	bool needs_credentials; /* a file of them */
	bool is_told;           /* the verdict is made elsewhere, and told */
	bool logs_on;           /* with an account that the server locks after wrong
				   passwords: it is guarded (account.h) */
};

const struct source_kind *source_kinds(size_t *ret_count);
/* NULL: there is none of that name. */
const struct source_kind *source_kind(const char *name);
/* "rpc, snmp, agent, evt"; belongs to `parent`. */
char *source_kind_list(void *parent);

#endif
