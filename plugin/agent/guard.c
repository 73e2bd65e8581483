/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guard.h"

#include <time.h>

#include "core/memory.h"
#include "core/when.h"
#include "log.h"
#include "source/deadline.h"

enum { TROUBLE_SECONDS = 300 }; /* between two lines about the same file */

struct guard {
	struct logger *logger;
	struct timers *timers;
	struct timer timer;
	struct logons *logons;
	bool is_configured;
	struct store *store; /* NULL: nothing is shared */
	int64_t told_trouble;
	guard_decide *decide;
	guard_outrun *outrun;
	void *context;
};

static void set_timer(struct guard *guard)
{
	int64_t wake = logons_wake(guard->logons);
	if (wake == INT64_MAX)
		timers_stop(guard->timers, &guard->timer);
	else
		timers_start(guard->timers, &guard->timer, wake);
}

static void on_timer(void *context)
{
	struct guard *guard = context;
	logons_step(guard->logons, deadline_now(), time(NULL));
	set_timer(guard);
}

static void tell_trouble(struct guard *guard, const struct failure *why)
{
	int64_t now = time(NULL);
	int64_t age = now - guard->told_trouble;
	if (age >= 0 && age < TROUBLE_SECONDS)
		return;
	guard->told_trouble = now;
	log_warn(guard->logger,
		"an account's back-off is not shared with other programs: %s", why->text);
}

static bool ask(void *context, const struct credentials *name, int64_t now,
	struct account_word *ret)
{
	struct guard *guard = context;
	if (guard->store == NULL)
		return false;
	account_ask(guard->store, name, now, ret);
	if (ret->has_trouble)
		tell_trouble(guard, &ret->trouble);
	return true;
}

static bool tell(void *context, const struct credentials *name, enum logon_news news,
	int64_t now, struct account_word *ret)
{
	struct guard *guard = context;
	if (guard->store == NULL)
		return false;
	if (news == NEWS_UNANSWERED)
		account_tell_unanswered(guard->store, name, now, ret);
	else
		account_tell(guard->store, name, news == NEWS_ACCEPTED, now, ret);
	if (ret->has_trouble)
		tell_trouble(guard, &ret->trouble);
	return true;
}

static void decide(
	void *context, struct logon *logon, bool is_granted, const struct failure *why)
{
	struct guard *guard = context;
	guard->decide(guard->context, logon, is_granted, why);
}

static void outrun(void *context, struct logon *logon)
{
	struct guard *guard = context;
	guard->outrun(guard->context, logon);
}

static void changed(void *context, const struct credentials *name, enum logon_news news,
	const struct backoff *backoff)
{
	struct guard *guard = context;
	const char *domain = name->domain != NULL ? name->domain : "";
	const char *separator = domain[0] != '\0' ? "\\" : "";
	char *account = memory_format(NULL, "%s%s%s", domain, separator, name->username);
	char *until = backoff->until != NO_TIME
		? when_format_time(account, backoff->until)
		: NULL;
	switch (news) {
	case NEWS_ACCEPTED:
		log_info(guard->logger, "the account %s is accepted again", account);
		break;
	case NEWS_REFUSED:
		log_warn(guard->logger,
			"the account %s was refused, %u time%s in a row: it is left "
			"alone until %s",
			account, backoff->failures, backoff->failures == 1 ? "" : "s",
			until);
		break;
	case NEWS_UNANSWERED:
		log_warn(guard->logger,
			"the account %s is left alone until %s: its logons were not "
			"answered, and may have been refused",
			account, until);
		break;
	}
	talloc_free(account);
}

static const struct logons_hooks hooks = {ask, tell, decide, outrun, changed};

struct guard *guard_new(void *parent, struct timers *timers, struct logger *logger,
	guard_decide *on_decision, guard_outrun *on_outrun, void *context)
{
	struct guard *guard = memory_new(parent, struct guard);
	guard->logger = logger;
	guard->timers = timers;
	guard->timer.fire = on_timer;
	guard->timer.context = guard;
	guard->logons = logons_new(guard, &hooks, guard);
	guard->decide = on_decision;
	guard->outrun = on_outrun;
	guard->context = context;
	return guard;
}

void guard_configure(struct guard *guard, const char *state_dir)
{
	struct failure why;
	if (guard->is_configured)
		return;
	guard->is_configured = true;
	if (state_dir != NULL && !store_open(guard, state_dir, &guard->store, &why)) {
		guard->store = NULL;
		tell_trouble(guard, &why);
	}
}

struct account *guard_account(struct guard *guard, const struct credentials *name)
{
	return logons_account(guard->logons, name);
}

bool guard_allow(struct account *account, uint64_t identity, struct failure *why)
{
	return logons_allow(account, identity, time(NULL), why);
}

int64_t guard_rests_until(const struct account *account, uint64_t identity)
{
	return account != NULL ? logons_rests_until(account, identity, time(NULL))
			       : NO_TIME;
}

void guard_request(struct guard *guard, struct logon *logon)
{
	logons_request(guard->logons, logon, deadline_now(), time(NULL));
	set_timer(guard);
}

void guard_accepted(struct guard *guard, struct logon *logon)
{
	logons_accepted(guard->logons, logon, deadline_now(), time(NULL));
	set_timer(guard);
}

void guard_refused(struct guard *guard, struct logon *logon)
{
	logons_refused(guard->logons, logon, deadline_now(), time(NULL));
	set_timer(guard);
}

void guard_end(struct guard *guard, struct logon *logon)
{
	logons_end(guard->logons, logon, deadline_now(), time(NULL));
	set_timer(guard);
}
