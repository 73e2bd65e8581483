/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_OPTIONS_H
#define IMC_CHECK_OPTIONS_H

#include "core/target.h"

/* What check_imc is to do. */
enum mode { MODE_CHECK, MODE_LIST_SERVICES, MODE_EXPLAIN, MODE_HELP, MODE_VERSION };

/* The command line, the configuration and the environment, put together. */
struct options {
	enum mode mode;
	unsigned explain_id;
	struct target *target; /* MODE_CHECK, MODE_LIST_SERVICES: finished */
	char *config, *server; /* as given; NULL: not */
	char *state_dir;       /* NULL: nothing is remembered */
	int64_t at;            /* NO_TIME: now */
	int64_t timeout_ms;
	enum status timeout_status; /* where nothing was learned in time */
	bool has_timeout_status;    /* it was given */
	unsigned max_output;        /* bytes */
	bool has_perfdata, is_json;
	unsigned verbosity; /* 0 to 3 */
};

/* One row of the table that makes the parser, --help, and the test of the manual page. */
struct option_row {
	const char *heading; /* begins a group; no option */
	char letter;         /* '\0': none */
	const char *name;
	const char *argument; /* NULL: none, or the setting's; "[...]": may be left out */
	const char *help;     /* NULL: this is target_setting(name) */
	/* Messages go after "--NAME: ". NULL: a setting's; --extra-opts, which
	 * arguments.c carries out. */
	bool (*set)(struct options *options, const char *value, struct failure *why);
};

const struct option_row *options_table(size_t *ret_count);
const char *option_argument(const struct option_row *row); /* NULL: takes none */
const char *option_help(const struct option_row *row);

/* getenv(), or a test's own. */
typedef char *options_env(const char *name);

/* Reads it all: --extra-opts, then the command line over it, over the server's section,
 * over [defaults]. argv is not changed. */
bool options_parse(void *parent, int argc, const char *const *argv, options_env *env,
	struct options **ret, struct failure *why);

#endif
