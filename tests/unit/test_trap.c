/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "trap/trap_event.h"

#define HEAD     "exch01\nUDP: [192.0.2.1]:1234->[192.0.2.9]:162\n"
#define UPTIME   "iso.3.6.1.2.1.1.3.0 0:0:00:08.91\n"
#define IDENTITY "iso.3.6.1.6.3.1.1.4.1.0 "
#define NEW      "iso.3.6.1.4.1.311.1.13.1"
#define OLD      "iso.3.6.1.4.1.311.1.4.1"
#define OCTETS   ".77.83.69.120.99.104.97.110.103.101.73.77.67"
#define IMC      ".13" OCTETS
#define EVENT    HEAD UPTIME IDENTITY NEW IMC ".0.4071\n"
#define COMPUTER NEW ".9999.3.0 "
#define ADDRESS  "iso.3.6.1.6.3.18.1.3.0 "

struct outcome {
	struct trap_event event;
	struct failure why;
	bool is_made;
};

static struct outcome read_cut(void *parent, const char *text, size_t length, bool is_cut,
	const char *configured)
{
	struct outcome ret = {.why = {.text = ""}};
	struct printed_trap trap;
	struct bases *bases;
	struct bytes bytes = {(const uint8_t *)text, length};
	assert_true(bases_new(parent, configured, &bases, &ret.why));
	ret.is_made = printed_trap_parse(parent, bytes, is_cut, &trap, &ret.why) &&
		trap_event_read(&trap, bases, &ret.event, &ret.why);
	return ret;
}

static struct outcome read_text(void *parent, const char *text)
{
	return read_cut(parent, text, strlen(text), false, "1.3.6.1.4.1.32473.7");
}

static const struct event {
	const char *text;
	uint32_t id;
	const char *sender, *agent, *computer;
} events[] = {
	{EVENT, 4071, "192.0.2.1", "", ""},
	{HEAD IDENTITY NEW IMC ".0.18446744072635813863\n", 0xC0000FE7, "192.0.2.1", "",
		""},
	{HEAD IDENTITY NEW IMC ".0.3221229543\n", 0xC0000FE7, "192.0.2.1", "", ""},
	{HEAD IDENTITY NEW IMC ".0.-1073737753\n", 0xC0000FE7, "192.0.2.1", "", ""},
	{HEAD IDENTITY NEW IMC ".3221229543\n", 0xC0000FE7, "192.0.2.1", "", ""},
	{HEAD IDENTITY NEW IMC ".0.0\n", 0, "192.0.2.1", "", ""},
	{HEAD IDENTITY OLD IMC ".0.4071\n", 4071, "192.0.2.1", "", ""},
	{HEAD IDENTITY "enterprises.32473.7" IMC ".0.4071\n", 4071, "192.0.2.1", "", ""},
	{HEAD IDENTITY NEW ".13.109.115.69.88.99.104.97.110.103.101.105.109.99.0.4071\n",
		4071, "192.0.2.1", "", ""},
	{HEAD IDENTITY "= " NEW IMC ".0.4071 \n", 4071, "192.0.2.1", "", ""},
	{HEAD "SNMPv2-MIB::snmpTrapOID.0 SNMPv2-SMI::enterprises.311.1.13.1" IMC
	      ".0.4071",
		4071, "192.0.2.1", "", ""},
	{EVENT ADDRESS "198.51.100.7\n" COMPUTER "\"EXCH01\"\n", 4071, "192.0.2.1",
		"198.51.100.7", "EXCH01"},
	{EVENT COMPUTER "= \"45 58 00 \"\n" ADDRESS "= 0.0.0.0\n", 4071, "192.0.2.1", "",
		"EX"},
	{EVENT OLD ".9999.3.0 EXCH02  \n", 4071, "192.0.2.1", "", "EXCH02"},
	{EVENT COMPUTER "\"ONE\"\n" COMPUTER "\"TWO\"\n", 4071, "192.0.2.1", "", "ONE"},
	{EVENT COMPUTER "\"42 C3 9C 20 \"\n", 4071, "192.0.2.1", "", "B\xC3\x9C"},
	{EVENT COMPUTER "\"42 DC \"\n", 4071, "192.0.2.1", "", ""},
	{EVENT COMPUTER "\"\"\n", 4071, "192.0.2.1", "", ""},
	{EVENT COMPUTER "\"EXCH01.\"\n", 4071, "192.0.2.1", "", "EXCH01"},
	{EVENT NEW ".9999.1.0 \"01 22 0A 31 20 22 41   [.\"\n1 \"A]\"\n" COMPUTER
		   "\"TRUE\"\n",
		4071, "192.0.2.1", "", "TRUE"},
	{EVENT NEW ".9999.1.0 \"a \\\"text\\\".\n" IDENTITY NEW
		   ".3.65.66.67.0.7\n" COMPUTER "\"FALSE\"\n\"\n" COMPUTER "\"TRUE\"\n",
		4071, "192.0.2.1", "", "TRUE"},
	{EVENT IDENTITY NEW ".3.65.66.67.0.7\n", 4071, "192.0.2.1", "", ""},
	{"<UNKNOWN>\nUDP/IPv6: [2001:DB8:0::1%eth0]:1\n" IDENTITY NEW IMC ".0.1\n", 1,
		"2001:db8::1", "", ""},
	{"x\nTCP/IPv6: [::ffff:192.0.2.5]:1\n" IDENTITY NEW IMC ".0.1\n", 1, "192.0.2.5",
		"", ""},
	{"x\nLocal IPC: /run/x\n" IDENTITY NEW IMC ".0.1\n", 1, "", "", ""},
	{"<UNKNOWN>\n<UNKNOWN>\n" IDENTITY NEW IMC ".0.1\n", 1, "", "", ""},
};

static void events_are_recognised(void **state)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		test_row("%zu: %s", i, events[i].text);
		struct outcome found = read_text(*state, events[i].text);
		assert_string_equal(found.why.text, "");
		assert_true(found.is_made && found.event.is_watched);
		const struct hint *hint = &found.event.hint;
		assert_int_equal(hint->event_id, events[i].id);
		assert_string_equal(hint->sender, events[i].sender);
		assert_string_equal(hint->agent, events[i].agent);
		assert_string_equal(hint->computer, events[i].computer);
	}
	test_row("%s", "");
}

static const char *const foreign[] = {
	HEAD UPTIME IDENTITY NEW ".10.80.72.80.45.53.46.51.46.50.57.0.2147483651\n",
	HEAD IDENTITY NEW ".14" OCTETS ".83.0.4071\n",
	HEAD IDENTITY NEW ".13.77.83.69.120.99.104.97.110.103.101.77.84.65.0.4071\n",
	HEAD IDENTITY "SNMPv2-MIB::coldStart\n",
	HEAD IDENTITY ".1.3.6.1.6.3.1.1.5.1\n",
	HEAD IDENTITY "1.3.6.1.4.1.77777" IMC ".0.4071\n",
	HEAD IDENTITY "IF-MIB::linkDown\n" IDENTITY NEW IMC ".0.4071\n",
	HEAD IDENTITY NEW ".0.4071\n",
};

static void other_traps_are_left_alone(void **state)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		test_row("%zu: %s", i, foreign[i]);
		struct outcome found = read_text(*state, foreign[i]);
		assert_string_equal(found.why.text, "");
		assert_true(found.is_made && !found.event.is_watched);
	}
	test_row("%s", "");
}

static const struct refusal {
	const char *text, *says;
} refusals[] = {
	{"", "the input is empty"},
	{"exch01\n", "line 2: missing"},
	{"exch01\n\n", "line 2: \"\" must be"},
	{"exch01\nUDP: [192.0.2.300]:1\n", "line 2: \"UDP: [192.0.2.300]:1\" must be"},
	{"exch01\nUDP: [192.0.2.1\n", "line 2: "},
	{"exch01\nUDP: []:1\n", "line 2: "},
	{"exch01\nnonsense\n", "line 2: "},
	{UPTIME IDENTITY NEW IMC ".0.4071\n", "line 2: "},
	{HEAD, "no line of snmpTrapOID.0"},
	{HEAD UPTIME, "no line of snmpTrapOID.0"},
	{HEAD NEW IMC ".0.4071\n", "no line of snmpTrapOID.0"},
	{HEAD IDENTITY "\n", "line 3: snmpTrapOID.0 must be an OID of at most 128"},
	{HEAD IDENTITY "\"text\"\n", "line 3: snmpTrapOID.0 must be an OID"},
	{HEAD IDENTITY NEW IMC ".0.x\n", "line 3: snmpTrapOID.0 must be an OID"},
	{HEAD UPTIME IDENTITY NEW IMC ".0.18446744073709551616\n", "line 4: snmpTrapOID"},
	{HEAD IDENTITY NEW "\n", "line 3: the notification's OID ends inside"},
	{HEAD IDENTITY NEW ".13.77.83\n", "line 3: the notification's OID ends inside"},
	{HEAD IDENTITY NEW ".3.77.83.256.0.1\n", "line 3: a number above 255"},
	{HEAD IDENTITY NEW IMC "\n", "ends before the event's identifier"},
	{HEAD IDENTITY NEW IMC ".0\n", "ends before the event's identifier"},
	{HEAD IDENTITY NEW IMC ".0.1.2\n", "goes on behind the event's identifier"},
	{HEAD IDENTITY NEW IMC ".1.2\n", "goes on behind the event's identifier"},
	{HEAD IDENTITY NEW IMC ".0.68719480807\n", "has more than 32 bits"},
	{HEAD IDENTITY NEW IMC ".0.-2147483649\n", "has more than 32 bits"},
	{HEAD IDENTITY "MSFT-MIB::microsoft.1.13.1" IMC ".0.4071\n",
		"begins with an unknown name: give snmptrapd the option -On"},
	{EVENT ADDRESS "\n", "line 5: snmpTrapAddress.0 must be an IPv4 address"},
	{EVENT ADDRESS "192.0.2\n", "line 5: snmpTrapAddress.0 must be"},
	{EVENT ADDRESS "192.0.2.1000000000000000000\n", "line 5: snmpTrapAddress.0 must"},
	{EVENT COMPUTER "\"unfinished\n", "line 5: a text without its closing"},
	{EVENT COMPUTER "\"EX\\\"\n" UPTIME, "line 5: a text without its closing"},
	{EVENT COMPUTER "\"EX\x1B[31m\"\n", "line 5: a computer's name with control"},
	{EVENT COMPUTER "\"EX\nCH\"\n", "line 5: a computer's name with control"},
	{EVENT COMPUTER
		"\"0123456789012345678901234567890123456789012345678901234567890123\"\n",
		"line 5: a computer's name of more than 63 bytes"},
};

static void what_is_not_put_together_right_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		test_row("%zu: %s", i, refusals[i].text);
		struct outcome found = read_text(*state, refusals[i].text);
		assert_false(found.is_made);
		if (strstr(found.why.text, refusals[i].says) == NULL)
			fail_msg("%s", found.why.text);
	}
	test_row("%s", "");
}

static void zero_bytes_are_refused_with_their_line(void **state)
{
	static const char text[] = EVENT COMPUTER "\"EX\0CH\"\n";
	struct outcome found = read_cut(*state, text, sizeof(text) - 1, false, NULL);
	assert_false(found.is_made);
	assert_string_equal(found.why.text,
		"line 5: a zero byte: it must be text, as snmptrapd prints it");
}

/* 64 KiB of a longer one: what matters stands at the beginning, and what is not whole is
 * left out. */
static void a_cut_text_is_good_for_what_it_has(void **state)
{
	static const struct {
		const char *text, *agent, *computer;
	} cuts[] = {
		{EVENT COMPUTER "\"EXCH01\"\n" NEW ".9999.1.0 \"so fa", "", "EXCH01"},
		{EVENT ADDRESS "198.51.100.7\n", "198.51.100.7", ""},
		{EVENT ADDRESS "198.51.100.7", "", ""},
		{EVENT COMPUTER "EXCH0", "", ""},
		{EVENT COMPUTER "\"EXCH0", "", ""},
		{EVENT COMPUTER "\"EXCH01\"", "", ""},
		{EVENT COMPUTER "\"EX\n" ADDRESS "198.51.100.7\n", "", ""},
	};
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		test_row("%zu: %s", i, cuts[i].text);
		struct outcome found =
			read_cut(*state, cuts[i].text, strlen(cuts[i].text), true, NULL);
		assert_string_equal(found.why.text, "");
		assert_true(found.is_made && found.event.is_watched);
		assert_int_equal(found.event.hint.event_id, 4071);
		assert_string_equal(found.event.hint.agent, cuts[i].agent);
		assert_string_equal(found.event.hint.computer, cuts[i].computer);
	}
	test_row("%s", "");
	for (size_t length = 0; length < strlen(EVENT); length++)
		assert_false(read_cut(*state, EVENT, length, true, NULL).is_made);
}

/* As -OT prints them with hexOutputLength 0 of snmp.conf(5): the text as it is. */
static char *hex_and_text(void *parent, const char *octets)
{
	char *hex = memory_copy(parent, "");
	for (const char *at = octets; *at != '\0'; at++)
		hex = memory_format(parent, "%s%02X ", hex, (unsigned char)*at);
	return memory_format(parent, "\"%s  [%s]\"\n", hex, octets);
}

static void a_text_cannot_look_like_a_binding(void **state)
{
	static const char *const texts[] = {
		"\"\n" COMPUTER "\"FALSE\"\n",
		"]\"\n" ADDRESS "198.51.100.9\n",
		"\"\n" COMPUTER "\"",
		"]\n42   [B]\"\n" COMPUTER "FALSE",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *printed = hex_and_text(*state, texts[i]);
		test_row("%zu: %s", i, texts[i]);
		struct outcome found = read_text(*state,
			memory_format(*state, EVENT "%s.9999.1.0 %s%s", NEW, printed,
				COMPUTER "\"TRUE\"\n" ADDRESS "198.51.100.7\n"));
		assert_string_equal(found.why.text, "");
		assert_string_equal(found.event.hint.computer, "TRUE");
		assert_string_equal(found.event.hint.agent, "198.51.100.7");
	}
	test_row("%s", "");
}

static void events_are_described_in_one_line(void **state)
{
	struct outcome found = read_text(*state, EVENT COMPUTER "\"EX|CH\"\n");
	assert_string_equal(trap_event_describe(*state, &found.event),
		"MSExchangeIMC event 4071 (identifier 0x00000FE7), sender 192.0.2.1, "
		"agent none, computer EX/CH");
	found = read_text(*state, HEAD IDENTITY "SNMPv2-MIB::coldStart\n");
	assert_string_equal(trap_event_describe(*state, &found.event),
		"no event of MSExchangeIMC: SNMPv2-MIB::coldStart");
}

static void bases_are_oids(void **state)
{
	static const char *const wrong[] = {"", ",", "1.3,", "1.3,x", "strange.1", "1.3 ",
		"iso.3", "1.-3", "1", "1.4294967296", "SNMPv2-SMI::enterprises.1"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct bases *bases;
		struct failure why;
		test_row("\"%s\"", wrong[i]);
		assert_false(bases_new(*state, wrong[i], &bases, &why));
		assert_non_null(strstr(why.text, "trap_bases: "));
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(events_are_recognised),
		sentence(other_traps_are_left_alone),
		sentence(what_is_not_put_together_right_is_refused),
		sentence(zero_bytes_are_refused_with_their_line),
		sentence(a_cut_text_is_good_for_what_it_has),
		sentence(a_text_cannot_look_like_a_binding),
		sentence(events_are_described_in_one_line),
		sentence(bases_are_oids),
	};
	return cmocka_run_group_tests_name("trap", tests, NULL, NULL);
}
