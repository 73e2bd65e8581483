/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/name.h"
#include "core/source_kind.h"

static struct target *target_at(
	void *parent, const char *source, const char *address, unsigned port)
{
	struct target *target = target_new(parent);
	target->source = source;
	target->address = memory_copy(target, address);
	target->port = port;
	return target;
}

static void a_server_goes_by_the_first_name_there_is(void **state)
{
	struct target *target = target_new(*state);
	assert_string_equal(name_of_server(target), "?");
	target->evt = memory_copy(target, "/logs/AppEvent.Evt");
	assert_string_equal(name_of_server(target), "AppEvent.Evt");
	target->evt = memory_copy(target, "AppEvent.Evt");
	assert_string_equal(name_of_server(target), "AppEvent.Evt");
	target->address = memory_copy(target, "192.0.2.1");
	assert_string_equal(name_of_server(target), "192.0.2.1");
	target->remote_server = memory_copy(target, "EXCH07");
	assert_string_equal(name_of_server(target), "EXCH07");
	target->server = memory_copy(target, "EXCH01");
	assert_string_equal(name_of_server(target), "EXCH01");
}

static void state_is_kept_under_server_port_and_source(void **state)
{
	static const struct {
		const char *source;
		unsigned port;
		const char *evt, *remote_server, *name;
	} rows[] = {
		{"rpc", 0, NULL, NULL, "exch01"},
		{NULL, 0, NULL, NULL, "exch01"},
		{"rpc", 1445, NULL, NULL, "exch01:1445"},
		{"snmp", 0, NULL, NULL, "exch01~snmp"},
		{"snmp", 1161, NULL, NULL, "exch01:1161~snmp"},
		{"agent", 0, NULL, NULL, "exch01~agent"},
		{"agent", 1161, NULL, NULL, "exch01:1161~agent"},
		{"agent", 1161, NULL, "EXCH07", "EXCH07:1161~agent"},
		{"evt", 0, "/a", NULL, "exch01~evt"},
		{"evt", 1445, "/a", NULL, "exch01~evt"},
		{NULL, 0, "/a", NULL, "exch01~evt"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct target *target =
			target_at(*state, rows[i].source, "exch01", rows[i].port);
		target->evt = (char *)rows[i].evt;
		target->remote_server = (char *)rows[i].remote_server;
		test_row("%s", rows[i].name);
		assert_string_equal(name_of_state(*state, target), rows[i].name);
	}
	test_row("%s", "");
}

/* Every source at every port of every server, as far as any of that differs. */
static void no_two_sources_ports_or_servers_share_a_state(void **state)
{
	static const char *const addresses[] = {
		"exch01", "exch01.example", "192.0.2.1", "snmp", "evt"};
	static const unsigned ports[] = {0, 1, 161, 445, 1161, 65535};
	enum { ADDRESSES = 5, PORTS = 6, MOST = 4 * ADDRESSES * PORTS };
	const char *names[MOST];
	size_t name_count = 0, kind_count;
	const struct source_kind *kinds = source_kinds(&kind_count);
	assert_int_equal(kind_count, 4);
	for (size_t k = 0; k < kind_count; k++)
		for (size_t a = 0; a < ADDRESSES; a++)
			for (size_t p = 0; p < PORTS; p++) {
				bool is_copy = kinds[k].transport == TRANSPORT_FILES;
				struct target *target = target_at(
					*state, kinds[k].name, addresses[a], ports[p]);
				if (is_copy)
					target->evt = memory_copy(target, "/a");
				if (!is_copy || p == 0)
					names[name_count++] =
						name_of_state(*state, target);
			}
	assert_int_equal(name_count, 3 * ADDRESSES * PORTS + ADDRESSES);
	for (size_t i = 0; i < name_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
}

/* What nobody can name a server: else it could be taken for another's source. */
static void no_name_or_address_can_end_like_a_source(void **state)
{
	struct target *target = target_new(*state);
	assert_false(target_setting("hostname")->set(target, "exch01~snmp", NULL));
	assert_false(target_setting("address")->set(target, "exch01~evt", NULL));
	assert_false(target_setting("remote-server")->set(target, "a~agent", NULL));
	assert_null(target->address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_server_goes_by_the_first_name_there_is),
		sentence(state_is_kept_under_server_port_and_source),
		sentence(no_two_sources_ports_or_servers_share_a_state),
		sentence(no_name_or_address_can_end_like_a_source),
	};
	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
