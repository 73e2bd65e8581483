/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"

#include <time.h>

#include "core/account.h"
#include "core/judge.h"
#include "core/memory.h"
#include "core/name.h"

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

void look(struct look *look, void *memory)
{
	look->request.now = clock_now();
	look->evidence = new_evidence(look, memory);
	collect(look, memory);
	look->verdict =
		judge(memory, look->evidence, &look->target->policy, look->request.now);
	look->seen = words_for(look->verdict, memory);
}

struct state *look_remember(struct look *look, void *memory)
{
	struct state *nothing = state_new(memory);
	state_recall(nothing, look->evidence, look->request.now);
	return state_after(memory, nothing, look->evidence, &look->target->policy,
		look->request.now);
}

struct verdict *look_again(struct look *look, const struct state *known, void *memory)
{
	look->request.now = clock_now();
	look->request.state = known;
	struct evidence *evidence = new_evidence(look, memory);
	look->starter->collect(look->session, evidence);
	state_recall(known, evidence, look->request.now);
	return judge(memory, evidence, &look->target->policy, look->request.now);
}

void look_close(struct look *look)
{
	if (look->session != NULL)
		look->starter->close(look->session);
	look->session = NULL;
}
