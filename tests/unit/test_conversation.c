/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "source/conversation.h"
#include "source/resolve.h"
#include "source/snmp_library.h"
#include "source/snmp_link.h"
#include "source/snmp_security.h"

/* --- net-snmp's side, played by what an address is called --- */

struct snmp_login {
	int nothing;
};

struct snmp_link {
	const char *address, *name;
};

void snmp_library_begin(void)
{
}

bool snmp_security_read(void *parent, const struct credentials *credentials,
	const char *file, enum snmp_version version, struct snmp_login **ret,
	struct failure *why)
{
	(void)credentials;
	(void)file;
	(void)why;
	assert_int_not_equal(version, SNMP_ANY);
	*ret = memory_new(parent, struct snmp_login);
	return true;
}

bool snmp_link_open(void *parent, const char *address, unsigned port, const char *name,
	const struct snmp_login *login, struct snmp_link **ret, struct failure *why)
{
	assert_non_null(login);
	assert_int_equal(port, 161);
	if (strcmp(address, "closed") == 0)
		return fail(why, FAIL_REFUSED, "no way to %s", name);
	*ret = memory_new(parent, struct snmp_link);
	(*ret)->address = address;
	(*ret)->name = memory_copy(*ret, name);
	return true;
}

bool snmp_link_ask(void *parent, struct snmp_link *link,
	const struct snmp_question *question, int64_t deadline_ms,
	struct snmp_answer *ret, struct failure *why)
{
	static const struct {
		const char *address;
		bool says_hello;
		enum failure_kind kind;
	} rows[] = {
		{"dead", false, FAIL_REFUSED},
		{"dies", true, FAIL_REFUSED},
		{"silent", false, FAIL_TIMEOUT},
		{"denies", false, FAIL_DENIED},
	};
	(void)deadline_ms;
	bool is_hello = question->verb == SNMP_HELLO;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(link->address, rows[i].address) == 0 &&
			!(is_hello && rows[i].says_hello))
			return fail(why, rows[i].kind, "asked %s", link->name);
	}
	*ret = (struct snmp_answer){.count = question->count};
	ret->cells = memory_array(parent, struct snmp_cell, question->count + 1);
	for (size_t i = 0; i < question->count; i++)
		ret->cells[i] = (struct snmp_cell){
			.name = question->names[i], .type = SNMP_INTEGER};
	if (strcmp(link->address, "chokes") == 0)
		ret->error = SNMP_GEN_ERR;
	return true;
}

/* --- */

static const struct {
	enum snmp_version version;
	const char *addresses[3];
	int kind; /* of the failure; -1: none */
	const char *text;
} rows[] = {
	{SNMP_1, {"answers"}, -1, NULL},
	{SNMP_1, {"closed", "answers"}, -1, NULL},
	{SNMP_1, {"dead", "answers"}, -1, NULL},
	{SNMP_1, {"closed", "dead", "answers"}, -1, NULL},
	{SNMP_3, {"dead", "answers"}, -1, NULL},
	/* which one it was, where there are several */
	{SNMP_1, {"closed"}, FAIL_REFUSED, "no way to exch01 (UDP port 161)"},
	{SNMP_1, {"dead", "silent"}, FAIL_TIMEOUT, "asked exch01 (silent, UDP port 161)"},
	{SNMP_1, {"dead", "closed"}, FAIL_REFUSED, "no way to exch01 (closed,"},
	{SNMP_1, {"closed", "dead"}, FAIL_REFUSED, "asked exch01 (dead,"},
	{SNMP_3, {"dead", "denies"}, FAIL_DENIED, "asked exch01 (denies,"},
	{SNMP_3, {"closed", "dead", "closed"}, FAIL_REFUSED, "no way to exch01 (closed,"},
	{SNMP_1, {"dead", "chokes"}, FAIL_PROTOCOL,
		"exch01 (chokes, UDP port 161) answers with error status 5 (genErr)"},
	/* who is there, or may be, is the one: the others are not asked */
	{SNMP_1, {"silent", "answers"}, FAIL_TIMEOUT, "asked exch01 (silent,"},
	{SNMP_3, {"denies", "answers"}, FAIL_DENIED, "asked exch01 (denies,"},
	{SNMP_3, {"dies", "answers"}, FAIL_REFUSED, "asked exch01 (dies,"},
	{SNMP_1, {NULL}, FAIL_REFUSED, "no address of exch01"},
};

static bool ask_twice(void *parent, size_t row, struct failure *why)
{
	struct addresses addresses = {.count = 0};
	for (size_t i = 0; i < 3 && rows[row].addresses[i] != NULL; i++)
		strcpy(addresses.text[addresses.count++], rows[row].addresses[i]);
	struct target *target = target_new(parent);
	target->source = "snmp";
	target->address = memory_copy(target, "exch01");
	target->snmp_version = rows[row].version;
	const struct request request = {.target = target, .addresses = &addresses};
	const struct snmp_name name = {2, {1, 3}};
	struct conversation *conversation;
	struct snmp_cell *cells;
	if (!conversation_open(parent, &request, SNMP_1, &conversation, why))
		return false;
	bool is_good = conversation_get(parent, conversation, &name, 1, &cells, why);
	struct failure again = {.text = ""};
	if (!is_good && why->kind != FAIL_PROTOCOL) {
		assert_false(
			conversation_get(parent, conversation, &name, 1, &cells, &again));
		assert_string_equal(again.text, why->text);
	}
	talloc_free(conversation);
	return is_good;
}

static void the_last_address_that_was_tried_is_told(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct failure why = {.text = ""};
		test_row("row %zu", i);
		bool is_good = ask_twice(*state, i, &why);
		assert_int_equal(is_good, rows[i].kind == -1);
		if (is_good)
			continue;
		if (strstr(why.text, rows[i].text) == NULL)
			fail_msg("message: %s", why.text);
		assert_int_equal(why.kind, rows[i].kind);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(the_last_address_that_was_tried_is_told),
	};
	return cmocka_run_group_tests_name("conversation", tests, NULL, NULL);
}
