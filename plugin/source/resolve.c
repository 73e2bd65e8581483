/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "core/memory.h"
#include "deadline.h"

/* One question to the resolver. A thread of the C library works on it and may go on after
 * we lost patience, so that it has to outlive us then. */
struct lookup {
	struct addrinfo hints;
	struct gaicb question;
};

static void keep_addresses(const struct addrinfo *list, struct addresses *ret)
{
	ret->count = 0;
	for (; list != NULL && ret->count < RESOLVE_MAX; list = list->ai_next) {
		char *text = ret->text[ret->count];
		if (getnameinfo(list->ai_addr, list->ai_addrlen, text, RESOLVE_TEXT, NULL,
			    0, NI_NUMERICHOST) == 0)
			ret->count++;
	}
}

static bool is_literal(const char *name, struct addresses *ret)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return false;
	keep_addresses(list, ret);
	freeaddrinfo(list);
	return ret->count > 0;
}

/* Waits for the answer; EAI_INPROGRESS: the time ran out. */
static int wait_for(struct lookup *lookup, int64_t deadline_ms)
{
	const struct gaicb *list[] = {&lookup->question};
	int64_t left;
	while (gai_error(&lookup->question) == EAI_INPROGRESS &&
		(left = deadline_left(deadline_ms)) > 0) {
		struct timespec patience = {left / 1000, left % 1000 * 1000000};
		gai_suspend(list, 1, &patience);
	}
	return gai_error(&lookup->question);
}

static int ask(struct lookup *lookup, const char *name, int64_t deadline_ms)
{
	lookup->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM};
	lookup->question = (struct gaicb){
		.ar_name = memory_copy(lookup, name),
		.ar_request = &lookup->hints,
	};
	struct gaicb *list[] = {&lookup->question};
	int error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	return error != 0 ? error : wait_for(lookup, deadline_ms);
}

bool resolve_host(
	const char *name, int64_t deadline_ms, struct addresses *ret, struct failure *why)
{
	if (is_literal(name, ret))
		return true;
	struct lookup *lookup = memory_new(NULL, struct lookup);
	int error = ask(lookup, name, deadline_ms);
	if (error == EAI_INPROGRESS) {
		if (gai_cancel(&lookup->question) == EAI_CANCELED)
			talloc_free(lookup);
		return fail_at(why, FAIL_TIMEOUT, STAGE_RESOLVE,
			"the address of %s was not found out in time", name);
	}
	ret->count = 0;
	if (error == 0) {
		keep_addresses(lookup->question.ar_result, ret);
		freeaddrinfo(lookup->question.ar_result);
	}
	talloc_free(lookup);
	if (ret->count > 0)
		return true;
	return fail_at(why, FAIL_REFUSED, STAGE_RESOLVE, "the name %s has no address: %s",
		name, error != 0 ? gai_strerror(error) : "none of a known kind");
}
