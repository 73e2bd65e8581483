/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_EXTRA_OPTS_H
#define IMC_CHECK_EXTRA_OPTS_H

#include "options.h"

/* An option from a file: "key = value" of a section, "key =" where there is no value. */
struct extra_opt {
	char *key, *value; /* value NULL: none */
	char *origin;      /* "FILE:LINE", for messages, which never show key or value */
};

/*
 * The Monitoring Plugins' --extra-opts=[SECTION][@FILE]: options from an INI file that
 * plugins share. SECTION is check_imc by default; FILE the first that exists of
 * monitoring-plugins.ini and its older names in $NAGIOS_CONFIG_PATH and the usual
 * folders. Unlike theirs, a file or section that is not there is an error. NULL: all by
 * default.
 */
bool extra_opts_read(void *parent, const char *locator, options_env *env,
	struct extra_opt **ret, size_t *ret_count, struct failure *why);

#endif
