/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "advice.h"

#include "text.h"

static bool is_about_mailbox(const struct verdict *verdict)
{
	return verdict->condition == CONDITION_ACTIVE ||
		verdict->condition == CONDITION_RECOVERED;
}

static bool is_local_system(const char *account)
{
	return account != NULL &&
		(text_is_name(account, "LocalSystem") ||
			text_is_name(account, ".\\LocalSystem"));
}

static const char *cause_advice(const struct verdict *verdict)
{
	enum { EVENT_NO_CONFIGURATION = 4086 };
	const struct service *service = &verdict->evidence->service;
	const struct catalogue_entry *entry = catalogue_find(verdict->cause_event);
	const struct exit_code_entry *exit =
		service->has_exit_codes ? exit_code_find(service->win32_exit) : NULL;
	if ((verdict->cause_event & 0xFFFF) == EVENT_NO_CONFIGURATION &&
		is_local_system(service->start_account))
		return catalogue_local_system()->advice;
	if (entry != NULL && entry->advice != NULL)
		return entry->advice;
	return exit != NULL ? exit->advice : NULL;
}

/* What keeps it down now goes before what kept it down earlier. */
const char *advice_for(const struct verdict *verdict)
{
	bool is_automatic = verdict->condition == CONDITION_ACTIVE &&
		verdict->trigger == TRIGGER_AUTOMATIC;
	const char *advice = NULL;
	if (!is_about_mailbox(verdict) && verdict->cause != CAUSE_NONE)
		advice = cause_advice(verdict);
	if (advice == NULL &&
		(is_about_mailbox(verdict) || verdict->condition == CONDITION_PAST))
		advice = catalogue_advice_4071(is_automatic);
	return advice;
}
