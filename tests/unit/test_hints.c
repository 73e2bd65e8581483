/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>

#include "agent/hints.h"

struct row {
	const char *name, *address, *remote; /* of the configuration */
	const char *resolved[2];
};

static struct hints *hints_of(void *parent, const struct row *rows, size_t count)
{
	struct hints_server *servers = memory_array(parent, struct hints_server, count);
	for (size_t i = 0; i < count; i++) {
		struct target *target = target_new(parent);
		target->server = memory_copy(target, rows[i].name);
		if (rows[i].address != NULL)
			target->address = memory_copy(target, rows[i].address);
		if (rows[i].remote != NULL)
			target->remote_server = memory_copy(target, rows[i].remote);
		servers[i] =
			(struct hints_server){target, (void *)(uintptr_t)rows[i].name};
	}
	return hints_new(parent, servers, count);
}

static struct hint hint_of(const char *sender, const char *agent, const char *computer)
{
	struct hint hint = {.event_id = 0xC0000FE7};
	snprintf(hint.sender, sizeof(hint.sender), "%s", sender);
	snprintf(hint.agent, sizeof(hint.agent), "%s", agent);
	snprintf(hint.computer, sizeof(hint.computer), "%s", computer);
	return hint;
}

static void assert_found(const struct hints *hints, const char *sender, const char *agent,
	const char *computer, const char *wanted)
{
	struct hint hint = hint_of(sender, agent, computer);
	const char *found = hints_find(hints, &hint);
	test_row("%s %s %s", sender, agent, computer);
	if (wanted == NULL)
		assert_null(found);
	else
		assert_string_equal(found != NULL ? found : "nobody", wanted);
	test_row("%s", "");
}

static const struct row servers[] = {
	{"EXCH01", "192.0.2.1", NULL, {NULL}},
	{"EXCH02", "mail.example.com", NULL, {"192.0.2.2", "2001:db8::2"}},
	{"EXCH03", "2001:DB8:0::3", NULL, {NULL}},
	{"north", "gate.example.com", "EXCH09", {"198.51.100.1"}},
	{"south", "gate.example.com", NULL, {"198.51.100.1"}},
	{"copy.example.org", NULL, NULL, {NULL}},
	{"twin.a", "192.0.2.7", NULL, {NULL}},
	{"twin.b", "192.0.2.7", NULL, {NULL}},
	{"zone", "fe80::1%eth0", NULL, {NULL}},
	{"mail", NULL, NULL, {NULL}},
	{"wins.example.net", NULL, NULL, {NULL}},
	{"other", "wins", NULL, {NULL}},
	{"10.1.1.1", NULL, NULL, {NULL}},
	{"lab", NULL, NULL, {NULL}},
	{"lab.site", "192.0.2.8", NULL, {NULL}},
	{"other.site", "192.0.2.8", NULL, {NULL}},
};

enum { SERVERS = sizeof(servers) / sizeof(servers[0]) };

static bool peek(void *context, const char *name, struct addresses *ret)
{
	unsigned *asked = context;
	++*asked;
	ret->count = 0;
	for (size_t i = 0; i < SERVERS && ret->count == 0; i++) {
		if (servers[i].address == NULL || strcmp(servers[i].address, name) != 0)
			continue;
		for (int j = 0; j < 2 && servers[i].resolved[j] != NULL; j++)
			strcpy(ret->text[ret->count++], servers[i].resolved[j]);
	}
	return ret->count > 0;
}

static const struct {
	const char *sender, *agent, *computer, *found; /* NULL: nobody */
} cases[] = {
	/* by the sender's address, whatever else is said */
	{"192.0.2.1", "", "", "EXCH01"},
	{"192.0.2.1", "192.0.2.2", "EXCH03", "EXCH01"},
	{"::ffff:192.0.2.1", "", "", "EXCH01"},
	{"192.0.2.2", "", "", "EXCH02"},
	{"2001:db8::2", "", "", "EXCH02"},
	{"2001:db8:0:0:0:0:0:3", "", "", "EXCH03"},
	{"fe80::1", "", "", "zone"},
	/* by the agent's */
	{"203.0.113.9", "192.0.2.1", "EXCH02", "EXCH01"},
	{"", "192.0.2.2", "", "EXCH02"},
	{"203.0.113.9", "0.0.0.0", "EXCH02", "EXCH02"},
	/* by the name */
	{"203.0.113.9", "", "EXCH01", "EXCH01"},
	{"203.0.113.9", "", "exch01", "EXCH01"},
	{"", "", "Mail.Example.Com", "EXCH02"},
	{"", "", "COPY", "copy.example.org"},
	{"", "", "copy.example.org", "copy.example.org"},
	{"", "", "EXCH09", "north"},
	/* the better name counts: a whole one, a host's, its first label */
	{"", "", "MAIL", "mail"},
	{"", "", "WINS", "other"},
	/* several have the address, the name decides among them */
	{"198.51.100.1", "", "SOUTH", "south"},
	{"198.51.100.1", "", "EXCH09", "north"},
	{"192.0.2.7", "", "TWIN.B", "twin.b"},
	{"192.0.2.8", "", "LAB", "lab.site"},
	{"203.0.113.9", "192.0.2.8", "LAB", "lab.site"},
	{"203.0.113.9", "", "LAB", "lab"},
	{"192.0.2.7", "192.0.2.1", "nobody", "EXCH01"},
	{"198.51.100.1", "", "EXCH01", "EXCH01"},
	/* nobody, or who knows who */
	{"192.0.2.7", "", "TWIN", NULL},
	{"198.51.100.1", "", "", NULL},
	{"198.51.100.1", "", "gate", NULL},
	{"", "", "twin", NULL},
	{"203.0.113.9", "203.0.113.8", "EXCH99", NULL},
	{"", "", "", NULL},
	{"", "", "10", NULL},
	{"no address", "neither", "EXC", NULL},
	{"192.0.2.1.", "", "", NULL},
};

static void address_comes_first_and_the_name_decides(void **state)
{
	unsigned asked = 0;
	struct hints *hints = hints_of(*state, servers, SERVERS);
	hints_locate(hints, peek, &asked);
	assert_true(asked > 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_found(hints, cases[i].sender, cases[i].agent, cases[i].computer,
			cases[i].found);
}

static void host_names_have_addresses_once_somebody_knows_them(void **state)
{
	unsigned asked = 0;
	struct hints *hints = hints_of(*state, servers, SERVERS);
	assert_found(hints, "192.0.2.1", "", "", "EXCH01");
	assert_found(hints, "192.0.2.2", "", "", NULL);
	hints_locate(hints, peek, &asked);
	assert_found(hints, "192.0.2.2", "", "", "EXCH02");
	hints_locate(hints, NULL, NULL);
	assert_found(hints, "192.0.2.2", "", "", NULL);
	assert_found(hints, "192.0.2.1", "", "", "EXCH01");
}

static void nobody_is_found_among_none(void **state)
{
	struct hints *hints = hints_of(*state, NULL, 0);
	assert_found(hints, "192.0.2.1", "192.0.2.1", "EXCH01", NULL);
}

/* Behind one gateway, too: looking up is no walk through all of them. */
static void many_servers_with_one_address_are_told_apart(void **state)
{
	enum { MANY = 10000, TIMES = 20000 };
	struct row *rows = memory_array(*state, struct row, MANY);
	for (size_t i = 0; i < MANY; i++) {
		rows[i].name = memory_format(rows, "S%zu.example.com", i);
		rows[i].address = "198.51.100.1";
	}
	struct hints *hints = hints_of(*state, rows, MANY);
	size_t size = talloc_total_size(*state);
	for (size_t i = 0; i < TIMES; i++) {
		char name[16];
		size_t wanted = i * 7919 % MANY;
		snprintf(name, sizeof(name), "s%zu", wanted);
		struct hint hint = hint_of("198.51.100.1", "", name);
		assert_ptr_equal(hints_find(hints, &hint), rows[wanted].name);
	}
	assert_int_equal(talloc_total_size(*state), size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(address_comes_first_and_the_name_decides),
		sentence(host_names_have_addresses_once_somebody_knows_them),
		sentence(nobody_is_found_among_none),
		sentence(many_servers_with_one_address_are_told_apart),
	};
	return cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
