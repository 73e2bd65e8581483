/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <inttypes.h>
#include <stdio.h>

#include "trap/octets.h"
#include "trap/oid.h"

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static char *dotted(void *parent, const struct oid *oid)
{
	char *text = memory_copy(parent, oid->is_partial ? "?" : "");
	for (size_t i = 0; i < oid->count; i++)
		text = memory_format(parent, "%s.%" PRIu64, text, oid->parts[i]);
	return text;
}

static const struct spelling {
	const char *text,
		*numbers; /* NULL: it is no OID; "?": begins with a strange name */
} spellings[] = {
	{".1.3.6.1.4.1.311", ".1.3.6.1.4.1.311"},
	{"1.3.6.1.4.1.311", ".1.3.6.1.4.1.311"},
	{"iso.3.6.1.4.1.311", ".1.3.6.1.4.1.311"},
	{".iso.3.6.1.4.1.311", ".1.3.6.1.4.1.311"},
	{".iso.org.dod.internet.private.enterprises.311", ".1.3.6.1.4.1.311"},
	{"SNMPv2-SMI::enterprises.311", ".1.3.6.1.4.1.311"},
	{"RFC1155-SMI::enterprises.311", ".1.3.6.1.4.1.311"},
	{"enterprises.311", ".1.3.6.1.4.1.311"},
	{"SNMPv2-SMI::snmpModules.1.1.4.1.0", ".1.3.6.1.6.3.1.1.4.1.0"},
	{"SNMPv2-MIB::snmpTrapOID.0", ".1.3.6.1.6.3.1.1.4.1.0"},
	{"snmpTrapOID.0", ".1.3.6.1.6.3.1.1.4.1.0"},
	{".iso.org.dod.internet.snmpV2.snmpModules.snmpMIB.snmpMIBObjects.snmpTrap."
	 "snmpTrapOID.0",
		".1.3.6.1.6.3.1.1.4.1.0"},
	{"SNMP-COMMUNITY-MIB::snmpTrapAddress.0", ".1.3.6.1.6.3.18.1.3.0"},
	{".iso.org.dod.internet.snmpV2.snmpModules.snmpCommunityMIB."
	 "snmpCommunityMIBObjects.snmpTrapAddress.0",
		".1.3.6.1.6.3.18.1.3.0"},
	{"enterprises", ".1.3.6.1.4.1"},
	{"1.18446744072635813863", ".1.18446744072635813863"},
	{"1.18446744073709551615", ".1.18446744073709551615"},
	{"1.-1073737753", ".1.18446744072635813863"},
	{"1.-1", ".1.18446744073709551615"},
	{"MSFT-MIB::microsoft.1.13", "?.1.13"},
	{"IF-MIB::linkDown", "?"},
	{"iso.strange.5", "?.5"},
	{"Enterprises.311", "?.311"},
	{"", NULL},
	{".", NULL},
	{"..1", NULL},
	{"1.", NULL},
	{"1..3", NULL},
	{"1.3.", NULL},
	{"1.-1.3", NULL},
	{"1.--1", NULL},
	{"1.-", NULL},
	{"1.+1", NULL},
	{"1. 3", NULL},
	{"1.3 ", NULL},
	{"1.18446744073709551616", NULL},
	{"1.99999999999999999999", NULL},
	{"1.-9223372036854775809", NULL},
	{"1.3.iso", NULL},
	{"iso.3.enterprises.311", NULL},
	{"::enterprises.311", NULL},
	{"A B::enterprises.311", NULL},
	{"SNMPv2-SMI::", NULL},
	{"a::b::c", NULL},
	{"iso.3\"", NULL},
};

static void every_spelling_is_read(void **state)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct oid oid;
		test_row("%s", spellings[i].text);
		bool is_read = oid_parse(bytes_of(spellings[i].text), &oid);
		assert_int_equal(is_read, spellings[i].numbers != NULL);
		if (is_read)
			assert_string_equal(dotted(*state, &oid), spellings[i].numbers);
	}
	test_row("%s", "");
}

static void oids_have_an_end(void **state)
{
	struct oid oid;
	char *text = memory_copy(*state, "1");
	for (int i = 1; i < OID_MAX_PARTS; i++)
		text = memory_format(*state, "%s.1", text);
	assert_true(oid_parse(bytes_of(text), &oid));
	assert_int_equal(oid.count, OID_MAX_PARTS);
	assert_false(oid_parse(bytes_of(memory_format(*state, "%s.1", text)), &oid));
}

static void beginnings_are_known(void **state)
{
	struct oid base, longer, strange;
	(void)state;
	assert_true(oid_parse(bytes_of("1.3.6"), &base));
	assert_true(oid_parse(bytes_of("1.3.6.1"), &longer));
	assert_true(oid_parse(bytes_of("strange.1.3.6.1"), &strange));
	assert_true(oid_begins(&longer, &base) && oid_begins(&base, &base));
	assert_false(oid_begins(&base, &longer) || oid_begins(&strange, &base));
	assert_true(oid_is(&base, &base));
	assert_false(oid_is(&longer, &base) || oid_is(&strange, &strange));
}

static const struct value {
	const char *printed, *octets;
	size_t length;
} values[] = {
	{"\"EXCH01\"", "EXCH01", 6},
	{"EXCH01", "EXCH01", 6},
	{"\"\"", "", 0},
	{"", "", 0},
	{"\"", "\"", 1},
	{"\"a \\\"b\\\" \\\\ c\"", "a \"b\" \\ c", 9},
	{"\"\\\\\"", "\\", 1},
	{"\"\\\"", "\\", 1},
	{"\"two\nlines\"", "two\nlines", 9},
	{"\"45 58 43 48 30 31 \"", "EXCH01", 6},
	{"\"42 DC 52 4F 00 \"", "B\xDCRO", 5},
	{"\"4F 4F 4F 4F 4F 4F 4F 4F 4F 4F 4F 4F 4F 4F 4F 4F \n41 \"", "OOOOOOOOOOOOOOOOA",
		17},
	{"\"45 58   [EX]\"", "EX", 2},
	{"\"22 5D 78 0A 5D   [\"]x\n]]\n41   [A]\"", "\"]x\n]A", 6},
	{"\"5D 0A 5D   []\n]]\n41   [A]\"", "]\n]A", 4},
	{"\"41   [AB]\"", "41   [AB]", 9},
	{"\"41   [\"", "41   [", 6},
	{"\"41 \n\"", "41 \n", 4},
	{"\"DC\"", "DC", 2},
	{"\"DC DD\"", "DC DD", 5},
	{"\"DC D \"", "DC D ", 5},
	{"\"dc dd \"", "dc dd ", 6},
};

static void octets_are_those_of_the_trap(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint8_t octets[32];
		size_t length = 99;
		test_row("%s", values[i].printed);
		assert_true(octets_read(
			bytes_of(values[i].printed), octets, sizeof(octets), &length));
		assert_int_equal(length, values[i].length);
		assert_memory_equal(octets, values[i].octets, length);
		if (length > 0)
			assert_false(octets_read(bytes_of(values[i].printed), octets,
				length - 1, &length));
	}
	test_row("%s", "");
}

static void quoted_texts_end_with_their_line(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} texts[] = {{"\"a\"\nrest", 3}, {"\"a\"", 3}, {"\"\"\n", 2},
		{"\"a \"b\" c\"\n", 9}, {"\"a\\\"\nb\"\n", 7}, {"\"a\\\\\"\nb\"\n", 5},
		{"\"a\nb\nc\"", 7}, {"\"", 0}, {"\"a\n", 0}, {"\"a\\\"\n", 0},
		{"\"a\" \n", 0}, {"\"22 0A 41   [\"\nA]\"\nrest", 18},
		{"\"22 0A 41   [\"\nA]\n42   [B]\"", 27}, {"\"41   [A\"\n", 9},
		{"\"41 42   [A\"\nb]\"", 12}};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		test_row("%s", texts[i].text);
		assert_int_equal(
			octets_quoted_length(bytes_of(texts[i].text)), texts[i].length);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(every_spelling_is_read),
		sentence(oids_have_an_end),
		sentence(beginnings_are_known),
		sentence(octets_are_those_of_the_trap),
		sentence(quoted_texts_end_with_their_line),
	};
	return cmocka_run_group_tests_name("trap_oid", tests, NULL, NULL);
}
