/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_CATALOGUE_H
#define IMC_CORE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What MSExchangeIMC's events and NT's exit codes mean and what to do about them: tables
 * of facts from Microsoft's knowledge base (articles are named), in this product's own
 * words.
 */
enum {
	EVENT_NO_ADMIN_MAILBOX = 4071, /* KB Q183178: what this product is for */
	EVENT_STARTED = 1000,          /* KB Q257618 */
	EVENT_LOG_STARTED = 6005,      /* EventLog: a boot, KB Q194507 */
	EVENT_LOG_STOPPED = 6006       /* EventLog: a shutdown, the same */
};

enum role {
	ROLE_RUNTIME,     /* the service was running; every id that is not listed, too */
	ROLE_START,       /* a start was logged */
	ROLE_STOP,        /* the service stopped or is stopping */
	ROLE_START_FATAL, /* the service does not start because of it */
	ROLE_COMPANION    /* comes with a failure, explains nothing alone */
};

struct catalogue_entry {
	uint16_t id;
	enum role role;
	bool also_runtime;   /* a start-fatal id that a running service can log as well */
	const char *article; /* "Q183178"; several are separated by blanks */
	const char *meaning; /* a clause that can follow "event 4071: " */
	const char *advice;  /* one or two sentences for the operator; NULL: none */
};

/* By the low 16 bits of an event id; NULL where it is not listed. */
const struct catalogue_entry *catalogue_find(uint32_t event_id);
enum role catalogue_role(uint32_t event_id);
/* All entries in order of id. */
const struct catalogue_entry *catalogue_entries(size_t *ret_count);
/* The advice for event 4071; that of an automatic start tells of the start by hand, too.
 */
const char *catalogue_advice_4071(bool is_automatic);

struct exit_code_entry {
	uint32_t code;       /* dwWin32ExitCode */
	const char *meaning; /* a clause: "the service did not answer in time" */
	const char *advice;  /* NULL: none */
};

/* NULL where the code is not listed. */
const struct exit_code_entry *exit_code_find(uint32_t code);
const struct exit_code_entry *exit_code_entries(size_t *ret_count);

/* Event 4086 of a service that logs on as LocalSystem is a diagnosis of its own
 * (Q155814). */
const struct catalogue_entry *catalogue_local_system(void);

#endif
