/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conversation.h"

#include <string.h>

#include "conversation_internal.h"
#include "core/memory.h"
#include "core/source_kind.h"
#include "resolve.h"
#include "snmp_library.h"
#include "snmp_security.h"

struct conversation {
	const struct request *request;
	enum snmp_version version;
	struct snmp_login *login;
	unsigned port;
	struct addresses addresses;
	size_t next_address;
	struct snmp_link *link; /* NULL: it failed */
	struct failure end;     /* why the last one did */
	char *name;
	bool has_answered;
};

static const char *const version_names[SNMP_VERSIONS] = {
	[SNMP_1] = "1", [SNMP_2C] = "2c", [SNMP_3] = "3"};

static enum snmp_version choose_version(
	const struct request *request, enum snmp_version fallback)
{
	if (request->target->snmp_version != SNMP_ANY)
		return request->target->snmp_version;
	return credentials_has_user(request->credentials) ? SNMP_3 : fallback;
}

static bool find_addresses(struct conversation *conversation, struct failure *why)
{
	const struct request *request = conversation->request;
	if (request->addresses == NULL)
		return resolve_host(request->target->address, request->deadline_ms,
			&conversation->addresses, why);
	conversation->addresses = *request->addresses;
	return conversation->addresses.count > 0 ||
		fail_at(why, FAIL_REFUSED, STAGE_RESOLVE,
			"no address of %s was found that could be asked",
			request->target->address);
}

static bool say_hello(struct conversation *conversation)
{
	const struct snmp_question hello = {.verb = SNMP_HELLO};
	struct snmp_answer answer;
	conversation->has_answered = snmp_link_ask(conversation, conversation->link,
		&hello, conversation->request->deadline_ms, &answer, &conversation->end);
	return conversation->has_answered;
}

/* Of several addresses, which one it is. */
static void set_name(struct conversation *conversation, const char *address)
{
	const char *host = conversation->request->target->address;
	bool is_one = conversation->addresses.count == 1;
	talloc_free(conversation->name);
	conversation->name = memory_format(conversation, "%s (%s%sUDP port %u)", host,
		is_one ? "" : address, is_one ? "" : ", ", conversation->port);
}

static bool open_link(struct conversation *conversation, const char *address)
{
	set_name(conversation, address);
	request_trace(conversation->request, "SNMP version %s: %s, UDP port %u",
		version_names[conversation->version], address, conversation->port);
	return snmp_link_open(conversation, address, conversation->port,
		       conversation->name, conversation->login, &conversation->link,
		       &conversation->end) &&
		(conversation->version != SNMP_3 || say_hello(conversation));
}

/* Only where nobody is, or no way leads there: what is silent would cost all the time.
 * False: `end` is why the last one that was tried is no good. */
static bool open_next(struct conversation *conversation)
{
	const struct addresses *addresses = &conversation->addresses;
	bool goes_on = true, is_open = false;
	while (!is_open && goes_on && conversation->next_address < addresses->count) {
		TALLOC_FREE(conversation->link);
		if (conversation->next_address > 0)
			request_trace(conversation->request, "SNMP: %s",
				conversation->end.text);
		is_open = open_link(
			conversation, addresses->text[conversation->next_address++]);
		goes_on = conversation->end.kind == FAIL_REFUSED;
	}
	if (!is_open)
		TALLOC_FREE(conversation->link);
	return is_open;
}

bool conversation_open(void *parent, const struct request *request,
	enum snmp_version fallback, struct conversation **ret, struct failure *why)
{
	snmp_library_begin();
	const struct target *target = request->target;
	struct conversation *conversation = memory_new(parent, struct conversation);
	conversation->request = request;
	conversation->version = choose_version(request, fallback);
	conversation->port =
		target->port != 0 ? target->port : source_kind(target->source)->port;
	bool is_ready = snmp_security_read(conversation, request->credentials,
				target->credentials, conversation->version,
				&conversation->login, why) &&
		find_addresses(conversation, why);
	bool is_open = is_ready && open_next(conversation);
	if (is_ready && !is_open)
		*why = conversation->end;
	if (is_open)
		*ret = conversation;
	else
		talloc_free(conversation);
	return is_open;
}

bool conversation_has_bulk(const struct conversation *conversation)
{
	return conversation->version != SNMP_1;
}

const char *conversation_name(const struct conversation *conversation)
{
	return conversation->name;
}

/* What the agent says instead of an answer; after it the conversation goes on. */
static bool refuse_error(
	const struct conversation *conversation, unsigned error, struct failure *why)
{
	if (error == SNMP_NO_ACCESS || error == SNMP_AUTHORIZATION_ERROR)
		return fail_at(why, FAIL_DENIED, STAGE_SERVICE,
			"%s denies access to what it was asked for: allow it in the "
			"agent's view",
			conversation->name);
	return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
		"%s answers with error status %u%s", conversation->name, error,
		error == SNMP_GEN_ERR ? " (genErr)" : "");
}

/* Errors that say how to ask again. */
static bool is_for_caller(unsigned error)
{
	return error == SNMP_NO_ERROR || error == SNMP_TOO_BIG ||
		error == SNMP_NO_SUCH_NAME;
}

bool conversation_ask(void *parent, struct conversation *conversation,
	const struct snmp_question *question, struct snmp_answer *ret,
	struct failure *why)
{
	while (conversation->link != NULL) {
		if (snmp_link_ask(parent, conversation->link, question,
			    conversation->request->deadline_ms, ret,
			    &conversation->end)) {
			conversation->has_answered = true;
			return is_for_caller(ret->error) ||
				refuse_error(conversation, ret->error, why);
		}
		bool is_nobody = conversation->end.kind == FAIL_REFUSED &&
			!conversation->has_answered;
		if (!is_nobody || !open_next(conversation))
			TALLOC_FREE(conversation->link);
	}
	*why = conversation->end;
	return false;
}

/* --- GET --- */

struct asking {
	struct conversation *conversation;
	const struct snmp_name *names;
	struct snmp_cell *cells; /* one for each name */
};

static bool take_cells(struct asking *asking, const size_t *places, size_t count,
	const struct snmp_answer *answer, struct failure *why)
{
	bool is_match = answer->count == count;
	for (size_t i = 0; is_match && i < count; i++)
		is_match = answer->cells[i].type != SNMP_END &&
			cell_name_compare(
				&answer->cells[i].name, &asking->names[places[i]]) == 0;
	if (!is_match)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s answers with other values than it was asked for",
			asking->conversation->name);
	for (size_t i = 0; i < count; i++)
		asking->cells[places[i]] = answer->cells[i];
	return true;
}

static void mark_absent(struct asking *asking, size_t place)
{
	asking->cells[place] =
		(struct snmp_cell){.name = asking->names[place], .type = SNMP_NOTHING};
}

/* Takes the one that the agent names out. */
static bool drop_place(struct asking *asking, size_t *places, size_t *count,
	const struct snmp_answer *answer, struct failure *why)
{
	if (answer->index < 1 || answer->index > *count)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s says that there is no such name, and not which",
			asking->conversation->name);
	size_t place = answer->index - 1;
	mark_absent(asking, places[place]);
	memmove(&places[place], &places[place + 1],
		(*count - place - 1) * sizeof(places[0]));
	--*count;
	return true;
}

static bool get_places(
	struct asking *asking, size_t *places, size_t count, struct failure *why);

static bool get_halves(
	struct asking *asking, size_t *places, size_t count, struct failure *why)
{
	size_t half = count / 2;
	if (half == 0)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s says that one single value is too big for an answer",
			asking->conversation->name);
	return get_places(asking, places, half, why) &&
		get_places(asking, places + half, count - half, why);
}

static bool get_places(
	struct asking *asking, size_t *places, size_t count, struct failure *why)
{
	struct snmp_name *names =
		memory_array(asking->cells, struct snmp_name, count + 1);
	bool is_good = true, is_over = count == 0;
	while (is_good && !is_over) {
		for (size_t i = 0; i < count; i++)
			names[i] = asking->names[places[i]];
		const struct snmp_question question = {SNMP_GET, names, count, 1};
		struct snmp_answer answer;
		is_good = conversation_ask(
			asking->cells, asking->conversation, &question, &answer, why);
		if (!is_good)
			break;
		is_over = answer.error != SNMP_NO_SUCH_NAME;
		if (answer.error == SNMP_NO_SUCH_NAME)
			is_good = drop_place(asking, places, &count, &answer, why);
		else if (answer.error == SNMP_TOO_BIG)
			is_good = get_halves(asking, places, count, why);
		else
			is_good = take_cells(asking, places, count, &answer, why);
		is_over = is_over || count == 0;
	}
	talloc_free(names);
	return is_good;
}

bool conversation_get(void *parent, struct conversation *conversation,
	const struct snmp_name *names, size_t count, struct snmp_cell **ret,
	struct failure *why)
{
	struct asking asking = {.conversation = conversation, .names = names};
	asking.cells = memory_array(parent, struct snmp_cell, count);
	size_t *places = memory_array(asking.cells, size_t, count + 1);
	bool is_good = true;
	for (size_t from = 0, to = 0; is_good && from < count; from = to) {
		size_t ids = 0;
		for (; to < count && (to == from || ids < QUESTION_IDS); to++) {
			places[to - from] = to;
			ids += names[to].length;
		}
		is_good = get_places(&asking, places, to - from, why);
	}
	if (is_good)
		*ret = asking.cells;
	else
		talloc_free(asking.cells);
	return is_good;
}
