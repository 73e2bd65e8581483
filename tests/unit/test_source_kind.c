/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "core/source_kind.h"
#include "source/source.h"

/* The options' page says which port is asked where none is given. */
static void ports_are_those_of_the_manual(void **state)
{
	struct bytes page = test_file(*state, "packaging/man/check_imc.1");
	char *text = memory_copy_bytes(*state, (const char *)page.data, page.length);
	const char *option = strstr(text, "\n.It Fl p , Fl -port");
	assert_non_null(option);
	const char *next = strstr(option + 1, "\n.It ");
	assert_non_null(next);
	char *words = memory_copy_bytes(*state, option, (size_t)(next - option));
	size_t count;
	const struct source_kind *kinds = source_kinds(&count);
	for (size_t i = 0; i < count; i++) {
		char *port = memory_format(*state, "%u", kinds[i].port);
		test_row("%s: %s", kinds[i].name, port);
		if (kinds[i].port != 0)
			assert_non_null(strstr(words, port));
	}
	test_row("%s", "");
}

/* What reads files needs neither a port nor a secret; what asks a server needs both. Who
 * logs on does so with what is in a file. */
static void each_kind_makes_sense(void **state)
{
	(void)state;
	size_t count;
	const struct source_kind *kinds = source_kinds(&count);
	for (size_t i = 0; i < count; i++) {
		bool asks = kinds[i].transport != TRANSPORT_FILES;
		test_row("%s", kinds[i].name);
		assert_int_equal(kinds[i].port != 0, asks);
		assert_int_equal(kinds[i].needs_credentials, asks);
		assert_true(kinds[i].needs_credentials || !kinds[i].logs_on);
	}
	test_row("%s", "");
}

/* A kind without code behind it would be offered and then be unknown. One in a module is
 * known where the module is not: the failure names it. */
static void each_kind_has_a_source(void **state)
{
	(void)state;
	size_t count;
	const struct source_kind *kinds = source_kinds(&count);
	for (size_t i = 0; i < count; i++) {
		const struct source *source = NULL;
		struct failure why = {.text = ""};
		test_row("%s", kinds[i].name);
		if (source_find(kinds[i].name, &source, &why)) {
			assert_string_equal(source->name, kinds[i].name);
			continue;
		}
		assert_int_equal(why.kind, FAIL_UNSUPPORTED);
		assert_non_null(strstr(why.text, kinds[i].name));
	}
	test_row("%s", "");
}

static void other_names_are_no_kinds(void **state)
{
	(void)state;
	static const char *const names[] = {
		"", "RPC", "Snmp", "rp", "rpcs", "snmp ", " evt", "agent,evt"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		test_row("\"%s\"", names[i]);
		assert_null(source_kind(names[i]));
	}
	test_row("%s", "");
}

static void list_names_each_kind_once(void **state)
{
	size_t count;
	const struct source_kind *kinds = source_kinds(&count);
	char *list = source_kind_list(*state), *rest = NULL;
	assert_ptr_equal(talloc_parent(list), *state);
	char *name = strtok_r(list, ", ", &rest);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(name);
		assert_string_equal(name, kinds[i].name);
		assert_ptr_equal(source_kind(name), &kinds[i]);
		name = strtok_r(NULL, ", ", &rest);
	}
	assert_null(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(ports_are_those_of_the_manual),
		sentence(each_kind_makes_sense),
		sentence(each_kind_has_a_source),
		sentence(other_names_are_no_kinds),
		sentence(list_names_each_kind_once),
	};
	return cmocka_run_group_tests_name("source_kind", tests, NULL, NULL);
}
