/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"

#include <time.h>

#include "core/account.h"
#include "core/judge.h"
#include "core/memory.h"
#include "core/name.h"
#include "source/deadline.h"

static int64_t clock_now(void)
{
	return time(NULL);
}

static struct evidence *new_evidence(const struct look *look, void *memory)
{
	const struct target *target = look->target;
	struct evidence *evidence =
		evidence_new(memory, name_of_server(target), target->source);
	evidence->watched = watch_hash(&target->watch);
	evidence->observed_at = look->request.now;
	return evidence;
}

/* A poller must not lock its own account, nor may a starter. */
static void tell_account(struct look *look)
{
	struct account_word word;
	bool is_accepted;
	if (account_logon_result(look->evidence, &is_accepted))
		account_tell(
			look->store, look->credentials, is_accepted, clock_now(), &word);
}

static void collect(struct look *look, void *memory)
{
	struct account_word word;
	struct failure why;
	account_ask(look->store, look->credentials, look->request.now, &word);
	if (word.has_trouble || !word.is_allowed) {
		evidence_fail_all(
			look->evidence, word.has_trouble ? &word.trouble : &word.why);
		return;
	}
	if (!look->starter->open(memory, &look->request, &look->session, &why)) {
		evidence_fail_all(look->evidence, &why);
		return;
	}
	look->starter->collect(look->session, look->evidence);
	tell_account(look);
}

static const char *words_for(const struct verdict *verdict, void *memory)
{
	if (verdict->boot_time == NO_TIME)
		return verdict->text;
	return memory_format(memory, "%s; booted at %s, newest 4071 is record %u",
		verdict->text, when_format_time(memory, verdict->boot_time),
		(unsigned)verdict->last_4071_record);
}

/* The next look reads what is newer than this. */
static void remember(struct look *look, const struct state *before)
{
	struct state *after = state_after(
		NULL, before, look->evidence, &look->target->policy, look->request.now);
	talloc_free(look->known);
	look->known = after;
	look->request.state = after;
}

static void take_time(struct look *look)
{
	look->took_ms = deadline_now() - look->began_ms;
}

void look(struct look *look, void *memory)
{
	struct state *nothing = state_new(memory);
	look->began_ms = deadline_now();
	look->request.now = clock_now();
	look->request.state = NULL;
	look->evidence = new_evidence(look, memory);
	collect(look, memory);
	state_recall(nothing, look->evidence, look->request.now);
	look->verdict =
		judge(memory, look->evidence, &look->target->policy, look->request.now);
	look->seen = words_for(look->verdict, memory);
	remember(look, nothing);
	take_time(look);
}

void look_again(struct look *look, void *memory)
{
	look->began_ms = deadline_now();
	look->request.now = clock_now();
	look->evidence = new_evidence(look, memory);
	look->starter->collect(look->session, look->evidence);
	state_recall(look->known, look->evidence, look->request.now);
	look->verdict =
		judge(memory, look->evidence, &look->target->policy, look->request.now);
	remember(look, look->known);
	take_time(look);
}

bool look_is_fresh(const struct look *look)
{
	return look->took_ms <= LOOK_FRESH_MS;
}

void look_close(struct look *look)
{
	if (look->session != NULL)
		look->starter->close(look->session);
	look->session = NULL;
	TALLOC_FREE(look->known);
}
