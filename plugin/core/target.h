/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_TARGET_H
#define IMC_CORE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "harvest.h"
#include "policy.h"

/* SMB dialects that can bound a negotiation, oldest first. */
enum smb_protocol { SMB_NT1, SMB_SMB2, SMB_SMB3, SMB_PROTOCOLS };
enum smb_signing { SIGNING_AUTO, SIGNING_OFF, SIGNING_REQUIRED, SIGNINGS };
enum snmp_version { SNMP_ANY, SNMP_1, SNMP_2C, SNMP_3, SNMP_VERSIONS };

/* One server under watch: where it is, how to learn about it, how to judge it. */
struct target {
	char *server;  /* the name it goes by in output, files and the MIB; NULL: none yet
			*/
	char *address; /* host name or address; NULL: none (evt) */
	const char *source; /* of source_kind.h; NULL: not said, until target_finish() */
	unsigned port;      /* 0: the source's own */
	char *credentials;  /* path; NULL: none */
	char *evt, *system_evt; /* paths; NULL: none */
	char *remote_server;    /* the row at a far imc-agentd; NULL: `server`'s */
	enum snmp_version snmp_version; /* SNMP_ANY: as the credentials suggest */
	struct watch watch;
	enum smb_protocol smb_min, smb_max;
	enum smb_signing smb_signing;
	bool allows_ntlmv1;
	struct policy policy;
	int64_t interval;
	unsigned retries;
	bool allows_start;
	char *start_credentials;
	int64_t start_delay;
	unsigned start_attempts;
};

struct target *target_new(void *parent);
/* A copy that can be changed on its own: a section starts as a copy of [defaults]. */
struct target *target_copy(void *parent, const struct target *target);
/* Copies the names; those before are the caller's to free. */
void target_set_display_names(
	struct target *target, const char *const *names, size_t count);

/*
 * When all is set: chooses the source where none was said, takes the server's name as its
 * address where none was given, and refuses what does not go together or is not enough.
 */
bool target_finish(struct target *target, struct failure *why);

/* Refuses a finished one whose service cannot be found: source snmp knows services by
 * their display names alone, and another one than Exchange's has none of its own. */
bool target_has_names(const struct target *target, struct failure *why);

/* target_settings.c. What describes a server, by the long option's name, which is the
 * configuration key with `_` for `-`. One table serves both. */
struct setting {
	const char *name;     /* "boot-window" */
	const char *argument; /* "DURATION" */
	const char *help;     /* one line */
	bool in_options, in_config;
	bool repeats; /* each one adds */
	bool is_path; /* absolute in a configuration file */
	/* Checks the whole value before anything is changed. Messages go after
	 * "NAME: ". */
	bool (*set)(struct target *target, const char *value, struct failure *why);
};

const struct setting *target_settings(size_t *ret_count);
const struct setting *target_setting(const char *name); /* NULL: none of that name */

#endif
