/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdio.h>

#include "agent/names.h"

static struct addresses addresses_of(const char *const texts[static RESOLVE_MAX])
{
	struct addresses addresses = {.count = 0};
	for (; addresses.count < RESOLVE_MAX && texts[addresses.count] != NULL;
		addresses.count++)
		snprintf(addresses.text[addresses.count], RESOLVE_TEXT, "%s",
			texts[addresses.count]);
	return addresses;
}

static void addresses_are_a_set(void **state)
{
	static const struct {
		const char *a[RESOLVE_MAX], *b[RESOLVE_MAX];
		bool are_same;
	} rows[] = {
		{{"192.0.2.1"}, {"192.0.2.1"}, true},
		{{"192.0.2.1", "192.0.2.2", "2001:db8::1"},
			{"2001:db8::1", "192.0.2.1", "192.0.2.2"}, true},
		{{"192.0.2.1", "192.0.2.1"}, {"192.0.2.1"}, true},
		{{"192.0.2.1"}, {"192.0.2.2"}, false},
		{{"192.0.2.1", "192.0.2.2"}, {"192.0.2.1"}, false},
		{{"192.0.2.1", "192.0.2.1"}, {"192.0.2.1", "192.0.2.2"}, false},
		{{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"},
			{"192.0.2.4", "192.0.2.3", "192.0.2.2", "192.0.2.5"}, false},
		{{NULL}, {"192.0.2.1"}, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addresses a = addresses_of(rows[i].a);
		struct addresses b = addresses_of(rows[i].b);
		test_row("%zu", i);
		assert_int_equal(names_are_same(&a, &b), rows[i].are_same);
		assert_int_equal(names_are_same(&b, &a), rows[i].are_same);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {sentence(addresses_are_a_set)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
