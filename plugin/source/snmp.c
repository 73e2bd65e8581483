/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conversation.h"
#include "core/memory.h"
#include "module.h"
#include "services.h"
#include "snmp_library.h"
#include "source.h"

/*
 * Source "snmp": is the service among the running ones? The answers of a Windows server's
 * own SNMP service, mostly of version 1 with a clear community: whoever can send
 * datagrams in the server's name can say anything.
 */

static const struct snmp_name system_uptime = {9, {1, 3, 6, 1, 2, 1, 25, 1, 1}};
enum { TICKS = 100 /* a second */ };

/* What was found out so far. */
struct search {
	const struct request *request;
	struct evidence *evidence;
	struct conversation *conversation;
	size_t rows, found;
	enum service_state state; /* where something was found */
	bool is_odd;              /* a watched row makes no sense: `why` */
	struct failure why;
};

static const char *server_of(const struct search *search)
{
	return search->request->target->address;
}

/* --- one question: the rows where the service should be --- */

static void learn_boot(struct search *search, const struct snmp_cell *uptime)
{
	if (uptime->type == SNMP_UNSIGNED)
		search->evidence->booted_at =
			search->request->now - uptime->number / TICKS;
}

static bool take_state(struct search *search, const struct snmp_cell *cell)
{
	enum service_state state;
	if (!services_state(cell, server_of(search), &state, &search->why)) {
		search->is_odd = true;
		return false;
	}
	search->state =
		search->found++ == 0 ? state : services_worse(search->state, state);
	return true;
}

/* False: the first one that makes no sense. */
static bool take_states(
	struct search *search, const struct snmp_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cells[i].type != SNMP_NOTHING && !take_state(search, &cells[i]))
			return false;
	}
	return true;
}

static size_t make_places(const struct watch *watch, struct snmp_name *ret)
{
	size_t count = 0;
	for (size_t i = 0; i < watch->display_name_count; i++)
		count += services_places(watch->display_names[i], ret + count);
	return count;
}

/* Where the agent chokes on the uptime, which not all have, the states alone. */
static bool get_states(struct search *search, struct failure *why)
{
	const struct watch *watch = &search->request->target->watch;
	struct snmp_name *places = memory_array(search->conversation, struct snmp_name,
		SERVICES_FORMS * watch->display_name_count + 1);
	size_t count = make_places(watch, places);
	const uint32_t instance = 0;
	places[count] =
		cell_name_of(system_uptime.ids, system_uptime.length, &instance, 1);
	struct snmp_cell *cells = NULL;
	bool has_uptime = conversation_get(
		places, search->conversation, places, count + 1, &cells, why);
	bool is_good = has_uptime ||
		conversation_get(
			places, search->conversation, places, count, &cells, why);
	if (has_uptime)
		learn_boot(search, &cells[count]);
	if (is_good && !take_states(search, cells, count)) {
		*why = search->why;
		is_good = false;
	}
	talloc_free(places);
	request_trace(search->request,
		"SNMP: states of %zu names, the uptime: %zu there%s", count,
		search->found, has_uptime ? "" : ", the uptime refused");
	return is_good;
}

/* --- or all rows --- */

static bool take_name(
	const struct search *search, const struct snmp_cell *cell, struct failure *why)
{
	return cell->type == SNMP_OCTETS ||
		fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"the SNMP agent at %s gives no text as a service's name",
			server_of(search));
}

/* Of services that nobody asked about only the names matter. */
static bool visit(void *context, const struct snmp_cell *cells)
{
	struct search *search = context;
	search->rows++;
	if (!take_name(search, &cells[0], &search->why)) {
		search->is_odd = true;
		return false;
	}
	char *text = services_text(search->conversation, cells[0].octets);
	bool goes_on = !watch_has_name(&search->request->target->watch, text) ||
		take_state(search, &cells[1]);
	talloc_free(text);
	return goes_on;
}

static bool refuse_empty(const struct search *search, struct failure *why)
{
	return fail_at(why, FAIL_UNSUPPORTED, STAGE_SERVICE,
		"the SNMP agent at %s shows no services (svSvcTable): it needs the "
		"extension agent LAN Manager (lmmib2.dll), and a view of "
		"1.3.6.1.4.1.77.1.2.3",
		server_of(search));
}

static bool walk_table(struct search *search,
	bool (*visit_row)(void *context, const struct snmp_cell *cells), void *context,
	struct failure *why)
{
	const struct snmp_name columns[] = {services_names, services_states};
	return conversation_walk(search->conversation, columns, 2, SERVICES_MAX_ROWS,
		visit_row, context, why);
}

static bool walk_states(struct search *search, struct failure *why)
{
	bool is_whole = walk_table(search, visit, search, why);
	request_trace(search->request, "SNMP: %zu rows of svSvcTable%s, %zu there",
		search->rows, is_whole ? "" : ", then it broke off", search->found);
	if (!is_whole)
		return false;
	if (search->is_odd) {
		*why = search->why;
		return false;
	}
	return search->rows > 0 || refuse_empty(search, why);
}

/* --- the source --- */

static bool learn(struct search *search, struct failure *why)
{
	if (!conversation_open(search->evidence, search->request, SNMP_1,
		    &search->conversation, why))
		return false;
	bool is_good = get_states(search, why) &&
		(search->found > 0 || walk_states(search, why));
	TALLOC_FREE(search->conversation);
	if (!is_good)
		return false;
	struct service *service = &search->evidence->service;
	service->is_inferred = search->found == 0;
	service->state = service->is_inferred ? SERVICE_STOPPED : search->state;
	if (search->found > 1)
		request_trace(search->request,
			"SNMP: %zu rows are known names: the worst state counts",
			search->found);
	return true;
}

static void collect(const struct request *request, struct evidence *evidence)
{
	struct search search = {.request = request, .evidence = evidence};
	struct failure why;
	evidence->observed_at = request->now;
	if (learn(&search, &why))
		evidence_learned(evidence, PART_STATE);
	else
		evidence_failed(evidence, PART_STATE, &why);
}

/* --- the list of all --- */

struct listing {
	struct search search;
	void *parent;
	struct service_list *list;
};

static bool list_row(void *context, const struct snmp_cell *cells)
{
	struct listing *listing = context;
	struct search *search = &listing->search;
	struct service_list *list = listing->list;
	if (!take_name(search, &cells[0], &search->why)) {
		search->is_odd = true;
		return false;
	}
	struct listed_service service = {.state = SERVICE_UNKNOWN};
	services_state(&cells[1], server_of(search), &service.state, NULL);
	list->services = memory_resize(
		listing->parent, list->services, struct listed_service, list->count + 1);
	service.name = services_text(list->services, cells[0].octets);
	list->services[list->count++] = service;
	return true;
}

static bool list(void *parent, const struct request *request, struct service_list *ret,
	struct failure *why)
{
	struct listing listing = {{.request = request}, parent, ret};
	struct search *search = &listing.search;
	*ret = (struct service_list){.count = 0};
	if (!conversation_open(parent, request, SNMP_1, &search->conversation, why))
		return false;
	bool is_good = walk_table(search, list_row, &listing, why);
	TALLOC_FREE(search->conversation);
	if (is_good && search->is_odd)
		*why = search->why;
	if (!is_good || search->is_odd)
		return false;
	return ret->count > 0 || refuse_empty(search, why);
}

MODULE_EXPORTED extern const struct source imc_snmp_source;
MODULE_EXPORTED extern const unsigned imc_snmp_abi;

const unsigned imc_snmp_abi = MODULE_ABI;

const struct source imc_snmp_source = {
	.name = "snmp",
	.prepare = snmp_library_prepare,
	.collect = collect,
	.list = list,
};
