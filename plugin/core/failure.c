/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const kind_names[FAILURE_KINDS] = {
	[FAIL_USAGE] = "usage",
	[FAIL_TIMEOUT] = "timeout",
	[FAIL_REFUSED] = "refused",
	[FAIL_LOGON] = "logon",
	[FAIL_DENIED] = "denied",
	[FAIL_PROTOCOL] = "protocol",
	[FAIL_UNSUPPORTED] = "unsupported",
	[FAIL_ABSENT] = "absent",
	[FAIL_DAMAGED] = "damaged",
	[FAIL_SYSTEM] = "system",
};

static const char *const stage_names[STAGES] = {
	[STAGE_NONE] = "none",
	[STAGE_RESOLVE] = "resolve",
	[STAGE_CONNECT] = "connect",
	[STAGE_NEGOTIATE] = "negotiate",
	[STAGE_LOGON] = "logon",
	[STAGE_PIPE] = "pipe",
	[STAGE_SERVICE] = "service",
	[STAGE_APPLICATION] = "application-log",
	[STAGE_SYSTEM] = "system-log",
	[STAGE_CLOCK] = "clock",
	[STAGE_FILE] = "file",
};

static void say(struct failure *why, enum failure_kind kind, enum stage stage,
	const char *format, va_list arguments)
{
	if (why == NULL)
		return;
	why->kind = kind;
	why->stage = stage;
	vsnprintf(why->text, sizeof(why->text), format, arguments);
}

bool fail(struct failure *why, enum failure_kind kind, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(why, kind, STAGE_NONE, format, arguments);
	va_end(arguments);
	return false;
}

bool fail_at(struct failure *why, enum failure_kind kind, enum stage stage,
	const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(why, kind, stage, format, arguments);
	va_end(arguments);
	return false;
}

const char *failure_kind_name(enum failure_kind kind)
{
	return kind_names[kind];
}

const char *stage_name(enum stage stage)
{
	return stage_names[stage];
}
