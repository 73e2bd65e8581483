/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_OPTIONS_H
#define IMC_START_OPTIONS_H

#include <stdint.h>

#include "core/command_line.h"
#include "core/policy.h"

enum start_mode { MODE_ACT, MODE_DRY_RUN, MODE_SHOW_HELP, MODE_SHOW_VERSION };

/* What Nagios or Icinga calls its event handlers with. */
struct handler_call {
	bool has_state, has_type; /* both, or it was called by hand */
	enum status state;        /* $SERVICESTATE$ */
	bool is_hard;             /* $SERVICESTATETYPE$ */
	unsigned attempt;         /* $SERVICEATTEMPT$; 0: not said */
};

/* What imc-start was asked for on its command line. */
struct start_options {
	enum start_mode mode;
	const char *server;
	const char *config;
	const char *state_dir; /* NULL: not said */
	int64_t timeout;       /* seconds */
	bool allows_manual;
	struct handler_call call;
};

bool start_options_parse(
	int argc, char **argv, struct start_options *ret, struct failure *why);
/* For --help, and for the manual page. */
const struct command_line *start_options_line(void);

#endif
