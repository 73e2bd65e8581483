/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oid.h"

#include <string.h>

/* What net-snmp prints for the beginning of the OIDs that matter here: which of these
 * depends on its MIB files and on its option -O. */
static const struct known {
	const char *name, *numbers;
} known[] = {
	{"iso", "1"},
	{"org", "1.3"},
	{"dod", "1.3.6"},
	{"internet", "1.3.6.1"},
	{"private", "1.3.6.1.4"},
	{"enterprises", "1.3.6.1.4.1"},
	{"snmpV2", "1.3.6.1.6"},
	{"snmpModules", "1.3.6.1.6.3"},
	{"snmpMIB", "1.3.6.1.6.3.1"},
	{"snmpMIBObjects", "1.3.6.1.6.3.1.1"},
	{"snmpTrap", "1.3.6.1.6.3.1.1.4"},
	{"snmpTrapOID", "1.3.6.1.6.3.1.1.4.1"},
	{"snmpCommunityMIB", "1.3.6.1.6.3.18"},
	{"snmpCommunityMIBObjects", "1.3.6.1.6.3.18.1"},
	{"snmpTrapAddress", "1.3.6.1.6.3.18.1.3"},
};

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_word(struct bytes label)
{
	if (label.length == 0 || !is_letter(label.data[0]))
		return false;
	for (size_t i = 0; i < label.length; i++) {
		uint8_t byte = label.data[i];
		if (!is_letter(byte) && !is_digit(byte) && byte != '-' && byte != '_')
			return false;
	}
	return true;
}

/* Up to the next dot, which is taken too; false: there is nothing left. */
static bool next_label(struct bytes *rest, struct bytes *ret)
{
	if (rest->data == NULL)
		return false;
	const uint8_t *dot = memchr(rest->data, '.', rest->length);
	*ret = *rest;
	if (dot == NULL) {
		*rest = (struct bytes){NULL, 0};
		return true;
	}
	ret->length = (size_t)(dot - rest->data);
	bytes_slice(*rest, ret->length + 1, rest->length - ret->length - 1, rest);
	return true;
}

static bool read_number(struct bytes label, uint64_t *ret)
{
	uint64_t value = 0;
	for (size_t i = 0; i < label.length; i++) {
		if (!is_digit(label.data[i]))
			return false;
		unsigned digit = label.data[i] - '0';
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return label.length > 0;
}

/* As net-snmp's unsigned long has it. */
static bool read_negative(struct bytes label, uint64_t *ret)
{
	uint64_t value;
	if (label.length == 0 || label.data[0] != '-' ||
		!bytes_slice(label, 1, label.length - 1, &label) ||
		!read_number(label, &value) || value > (uint64_t)INT64_MAX + 1)
		return false;
	*ret = -value;
	return true;
}

static bool add_numbers(struct bytes rest, struct oid *ret)
{
	struct bytes label;
	while (next_label(&rest, &label)) {
		uint64_t *part = &ret->parts[ret->count];
		if (ret->count == OID_MAX_PARTS)
			return false;
		bool is_last = rest.data == NULL;
		if (!read_number(label, part) &&
			(!is_last || !read_negative(label, part)))
			return false;
		ret->count++;
	}
	return true;
}

static bool add_known(struct bytes name, struct oid *ret)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *text = known[i].numbers;
		if (strlen(known[i].name) == name.length &&
			memcmp(known[i].name, name.data, name.length) == 0)
			return add_numbers(
				(struct bytes){(const uint8_t *)text, strlen(text)}, ret);
	}
	return false;
}

/* A name is the same in every module that net-snmp may have it from. */
static bool skip_module(struct bytes *text)
{
	const uint8_t *colons = memmem(text->data, text->length, "::", 2);
	if (colons == NULL)
		return true;
	struct bytes module = {text->data, (size_t)(colons - text->data)};
	bytes_slice(*text, module.length + 2, text->length - module.length - 2, text);
	return is_word(module);
}

/* The names at the beginning, of which the last one says all: the others lead to it. */
static struct bytes take_names(struct bytes *rest)
{
	struct bytes last = {NULL, 0}, after = *rest, label;
	while (next_label(&after, &label) && is_word(label)) {
		last = label;
		*rest = after;
	}
	return last;
}

bool oid_parse(struct bytes text, struct oid *ret)
{
	struct oid oid;
	oid.count = 0;
	if (text.length == 0 || !skip_module(&text))
		return false;
	if (text.length > 1 && text.data[0] == '.')
		bytes_slice(text, 1, text.length - 1, &text);
	struct bytes name = take_names(&text);
	oid.is_partial = name.data != NULL && !add_known(name, &oid);
	if (!add_numbers(text, &oid))
		return false;
	*ret = oid;
	return true;
}

bool oid_begins(const struct oid *oid, const struct oid *with)
{
	return !oid->is_partial && !with->is_partial && oid->count >= with->count &&
		memcmp(oid->parts, with->parts, with->count * sizeof(with->parts[0])) ==
		0;
}

bool oid_is(const struct oid *oid, const struct oid *other)
{
	return oid->count == other->count && oid_begins(oid, other);
}
