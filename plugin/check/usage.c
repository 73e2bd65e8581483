/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "usage.h"

#include <string.h>

#include "core/memory.h"

#include "options.h"

enum { HELP_COLUMN = 30 };

static const char introduction[] =
	"check_imc " IMC_VERSION
	" - watches the Internet Mail Service of Exchange 5.0 and 5.5\n"
	"\n"
	"Usage:\n"
	"  check_imc -H HOST -A FILE [options]             ask the server\n"
	"  check_imc --evt FILE [--system-evt FILE] [options]  read copied event logs\n"
	"  check_imc --server NAME [options]               as imc-monitor.conf says\n"
	"  check_imc -H HOST -S snmp -A FILE --list-services\n"
	"  check_imc --explain ID | --help | --version\n"
	"\n"
	"Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (also help and wrong "
	"usage).\n";

static const char closing[] =
	"\n"
	"DURATION: 90s, 15m, 2h, 7d. TIME: 2026-11-22T09:00:00Z. RANGE: [@]START:END.\n"
	"Passwords come from the credentials file only. Manual: check_imc(1).\n";

static char *append_option(char *text, const struct option_row *row)
{
	const char *argument = option_argument(row);
	char letter[] = {'-', row->letter, ',', ' ', '\0'};
	const char *link = argument == NULL ? "" : argument[0] == '[' ? "[=" : " ";
	const char *rest = argument == NULL ? ""
		: argument[0] == '['        ? argument + 1
					    : argument;
	char *left = memory_format(NULL, "  %s--%s%s%s",
		row->letter == '\0' ? "    " : letter, row->name, link, rest);
	const char *gap = "";
	if (strlen(left) + 1 > HELP_COLUMN)
		gap = "\n";
	int width = *gap != '\0' ? HELP_COLUMN : HELP_COLUMN - (int)strlen(left);
	char *line = memory_format(
		NULL, "%s%s%*s%s\n", left, gap, width, "", option_help(row));
	text = memory_required(talloc_strdup_append_buffer(text, line));
	talloc_free(left);
	talloc_free(line);
	return text;
}

char *usage_text(void *parent)
{
	char *text = memory_copy(parent, introduction);
	size_t count;
	const struct option_row *rows = options_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].heading == NULL)
			text = append_option(text, &rows[i]);
		else
			text = memory_required(talloc_asprintf_append_buffer(
				text, "\n%s:\n", rows[i].heading));
	}
	return memory_required(talloc_strdup_append_buffer(text, closing));
}
