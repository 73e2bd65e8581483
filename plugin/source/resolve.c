/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "core/memory.h"
#include "deadline.h"

/* A thread of the C library works on it and may go on after we lost patience, so that it
 * has to outlive us then. */
struct lookup {
	char *name;
	struct addrinfo hints;
	struct gaicb question;
	int start_error;
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

bool resolve_literal(const char *name, struct addresses *ret)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return false;
	keep_addresses(list, ret);
	freeaddrinfo(list);
	return ret->count > 0;
}

struct lookup *resolve_begin(const char *name)
{
	struct lookup *lookup = memory_new(NULL, struct lookup);
	lookup->name = memory_copy(lookup, name);
	lookup->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM};
	lookup->question = (struct gaicb){
		.ar_name = lookup->name,
		.ar_request = &lookup->hints,
	};
	struct gaicb *list[] = {&lookup->question};
	lookup->start_error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	return lookup;
}

static int error_of(const struct lookup *lookup)
{
	return lookup->start_error != 0 ? lookup->start_error
					: gai_error((struct gaicb *)&lookup->question);
}

bool resolve_is_done(const struct lookup *lookup)
{
	return error_of(lookup) != EAI_INPROGRESS;
}

bool resolve_too_slow(const char *name, struct failure *why)
{
	return fail_at(why, FAIL_TIMEOUT, STAGE_RESOLVE,
		"the address of %s was not found out in time", name);
}

static bool give_up(struct lookup *lookup, struct failure *why)
{
	resolve_too_slow(lookup->name, why);
	if (gai_cancel(&lookup->question) == EAI_CANCELED)
		talloc_free(lookup);
	return false;
}

bool resolve_end(struct lookup *lookup, struct addresses *ret, struct failure *why)
{
	int error = error_of(lookup);
	if (error == EAI_INPROGRESS)
		return give_up(lookup, why);
	ret->count = 0;
	if (error == 0) {
		keep_addresses(lookup->question.ar_result, ret);
		freeaddrinfo(lookup->question.ar_result);
	}
	if (ret->count == 0)
		fail_at(why, FAIL_REFUSED, STAGE_RESOLVE,
			"the name %s has no address: %s", lookup->name,
			error != 0 ? gai_strerror(error) : "none of a known kind");
	talloc_free(lookup);
	return ret->count > 0;
}

bool resolve_host(
	const char *name, int64_t deadline_ms, struct addresses *ret, struct failure *why)
{
	if (resolve_literal(name, ret))
		return true;
	struct lookup *lookup = resolve_begin(name);
	const struct gaicb *list[] = {&lookup->question};
	int64_t left;
	while (!resolve_is_done(lookup) && (left = deadline_left(deadline_ms)) > 0) {
		struct timespec patience = {left / 1000, left % 1000 * 1000000};
		gai_suspend(list, 1, &patience);
	}
	return resolve_end(lookup, ret, why);
}
