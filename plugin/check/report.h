/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_REPORT_H
#define IMC_CHECK_REPORT_H

#include "core/verdict.h"

/*
 * A verdict as text: the plugin's lines with performance data, or JSON. This is the one
 * border where text from the network is cleaned (text_clean()).
 */
struct report_options {
	bool json;
	bool no_perfdata;
	unsigned verbosity; /* 0 to 3: how many -v */
	size_t max_output;  /* bytes in all, the last newline included; not for JSON */
	const char *const *trace; /* shown at -vvv; never secrets */
	size_t trace_count;
};

enum { REPORT_FIRST_LINE = 160, REPORT_MAX_TEXT = 480 }; /* bytes */

/* The whole output, newline included; it belongs to `parent`. */
char *report(void *parent, const struct verdict *verdict,
	const struct report_options *options);

/* The same where there is no verdict: a usage error, a file that cannot be read. `server`
 * may be NULL: not known. */
char *report_failure(void *parent, enum status status, const char *server,
	const struct failure *why, const struct report_options *options);

/* perfdata.c: the metrics, each whole ("state_age=5s;;;0"), the most important first.
 * What is not known is left out. The array belongs to `parent`. */
char **report_perfdata(void *parent, const struct verdict *verdict, size_t *ret_count);

/* report_json.c: one object and a newline; the schema is the same for both, and what is
 * not known is null. */
char *report_json(void *parent, const struct verdict *verdict);
char *report_json_failure(
	void *parent, enum status status, const char *server, const struct failure *why);

#endif
