/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "credentials.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "memory.h"
#include "text.h"

static const struct {
	const char *key;
	size_t offset; /* of the string in struct credentials */
} key_rows[] = {
	{"username", offsetof(struct credentials, username)},
	{"password", offsetof(struct credentials, password)},
	{"domain", offsetof(struct credentials, domain)},
	{"community", offsetof(struct credentials, community)},
	{"security_name", offsetof(struct credentials, security_name)},
	{"security_level", offsetof(struct credentials, security_level)},
	{"auth_protocol", offsetof(struct credentials, auth_protocol)},
	{"auth_password", offsetof(struct credentials, auth_password)},
	{"privacy_protocol", offsetof(struct credentials, privacy_protocol)},
	{"privacy_password", offsetof(struct credentials, privacy_password)},
};

_Static_assert(sizeof(key_rows) / sizeof(key_rows[0]) == CREDENTIALS_FIELDS,
	"a row for each string");

char **credentials_field(struct credentials *credentials, size_t number)
{
	return (char **)((char *)credentials + key_rows[number].offset);
}

static int wipe(struct credentials *credentials)
{
	for (size_t row = 0; row < CREDENTIALS_FIELDS; row++) {
		char *text = *credentials_field(credentials, row);
		if (text != NULL)
			explicit_bzero(text, talloc_get_size(text));
	}
	return 0;
}

struct credentials *credentials_new(void *parent)
{
	struct credentials *credentials = memory_new(parent, struct credentials);
	talloc_set_destructor(credentials, wipe);
	return credentials;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static void trim_start(struct bytes *text)
{
	while (text->length > 0 && is_blank(text->data[0])) {
		text->data++;
		text->length--;
	}
}

static bool find_row(struct bytes key, size_t *ret)
{
	for (size_t row = 0; row < CREDENTIALS_FIELDS; row++) {
		const char *name = key_rows[row].key;
		if (strlen(name) == key.length &&
			strncasecmp(name, (const char *)key.data, key.length) == 0) {
			*ret = row;
			return true;
		}
	}
	return false;
}

static bool refuse_key(const char *file, unsigned number, struct failure *why)
{
	const char *keys[CREDENTIALS_FIELDS];
	for (size_t row = 0; row < CREDENTIALS_FIELDS; row++)
		keys[row] = key_rows[row].key;
	char *list = text_list(NULL, keys, CREDENTIALS_FIELDS);
	fail(why, FAIL_USAGE,
		"credentials file %.200s:%u: unknown key: it must be one of %s", file,
		number, list);
	talloc_free(list);
	return false;
}

/* One line without its end. */
static bool take_line(struct credentials *credentials, const char *file, unsigned number,
	struct bytes line, struct failure *why)
{
	trim_start(&line);
	if (line.length == 0 || line.data[0] == '#')
		return true;
	if (memchr(line.data, '\0', line.length) != NULL)
		return fail(why, FAIL_USAGE,
			"credentials file %.200s:%u: the line holds a zero byte: write "
			"plain text",
			file, number);
	const uint8_t *equals = memchr(line.data, '=', line.length);
	if (equals == NULL)
		return fail(why, FAIL_USAGE,
			"credentials file %.200s:%u: the line must be KEY = VALUE or a "
			"# comment",
			file, number);
	struct bytes key = {line.data, (size_t)(equals - line.data)};
	struct bytes value = {equals + 1, line.length - key.length - 1};
	while (key.length > 0 && is_blank(key.data[key.length - 1]))
		key.length--;
	trim_start(&value);

	size_t row;
	if (!find_row(key, &row))
		return refuse_key(file, number, why);
	char **field = credentials_field(credentials, row);
	if (*field != NULL)
		return fail(why, FAIL_USAGE,
			"credentials file %.200s:%u: %s is there already: give it once",
			file, number, key_rows[row].key);
	*field = memory_copy_bytes(credentials, (const char *)value.data, value.length);
	return true;
}

/* "DOMAIN\user" is both, as for smbclient. */
static bool split_username(
	struct credentials *credentials, const char *file, struct failure *why)
{
	char *username = credentials->username;
	char *backslash = username == NULL ? NULL : strchr(username, '\\');
	if (backslash == NULL)
		return true;
	if (credentials->domain != NULL)
		return fail(why, FAIL_USAGE,
			"credentials file %.200s: the username names a domain and so "
			"does the key domain: leave one of them out",
			file);
	credentials->domain =
		memory_copy_bytes(credentials, username, (size_t)(backslash - username));
	credentials->username = memory_copy(credentials, backslash + 1);
	explicit_bzero(username, talloc_get_size(username));
	talloc_free(username);
	return true;
}

static bool take_all(struct credentials *credentials, const char *file, struct bytes text,
	struct failure *why)
{
	static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
	struct bytes rest = text;
	if (rest.length >= 3 && memcmp(rest.data, mark, 3) == 0)
		bytes_slice(rest, 3, rest.length - 3, &rest);
	for (unsigned number = 1; rest.length > 0; number++) {
		const uint8_t *end = memchr(rest.data, '\n', rest.length);
		struct bytes line = rest;
		if (end != NULL)
			line.length = (size_t)(end - rest.data);
		size_t used = line.length + (end != NULL ? 1 : 0);
		rest.data += used;
		rest.length -= used;
		if (line.length > 0 && line.data[line.length - 1] == '\r')
			line.length--;
		if (!take_line(credentials, file, number, line, why))
			return false;
	}
	return split_username(credentials, file, why);
}

bool credentials_parse(void *parent, const char *file, struct bytes text,
	struct credentials **ret, struct failure *why)
{
	struct credentials *credentials = credentials_new(parent);
	if (!take_all(credentials, file, text, why)) {
		talloc_free(credentials);
		return false;
	}
	*ret = credentials;
	return true;
}

bool credentials_has_account(
	const struct credentials *credentials, const char *file, struct failure *why)
{
	if (credentials != NULL && credentials->username != NULL &&
		credentials->password != NULL)
		return true;
	return fail_at(why, FAIL_USAGE, STAGE_FILE,
		"credentials file %.200s lacks an account: write username = NAME and "
		"password = PASSWORD into it",
		file != NULL ? file : "(none)");
}
