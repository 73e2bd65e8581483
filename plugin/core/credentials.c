/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* --- the text --- */

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

/* --- the file --- */

static bool is_own_group(gid_t group)
{
	if (group == getegid())
		return true;
	int count = getgroups(0, NULL);
	if (count <= 0)
		return false;
	gid_t *groups = memory_array(NULL, gid_t, (size_t)count);
	count = getgroups(count, groups);
	bool is_own = false;
	for (int i = 0; i < count; i++)
		is_own = is_own || groups[i] == group;
	talloc_free(groups);
	return is_own;
}

/* Is the file in the directory itself? No ".." is left to climb out with. */
static bool is_in_directory(const char *path, const char *directory)
{
	size_t length = directory == NULL ? 0 : strlen(directory);
	while (length > 0 && directory[length - 1] == '/')
		length--;
	return length > 0 && strncmp(path, directory, length) == 0 &&
		path[length] == '/' && path[length + 1] != '\0' &&
		strchr(path + length + 1, '/') == NULL;
}

/* Says which command makes an end of each thing that is wrong with the file. */
static bool check_status(
	const char *path, const struct stat *status, bool is_exempt, struct failure *why)
{
	if (!S_ISREG(status->st_mode))
		return fail(why, FAIL_USAGE,
			"credentials file %.150s is not a regular file", path);
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return fail(why, FAIL_USAGE,
			"credentials file %.150s belongs to user %u, neither root nor "
			"the caller: chown %u %.150s",
			path, (unsigned)status->st_uid, (unsigned)geteuid(), path);
	if ((status->st_mode & S_IRWXO) != 0)
		return fail(why, FAIL_USAGE,
			"credentials file %.150s is open to all users: chmod o= %.150s",
			path, path);
	if ((status->st_mode & S_IWGRP) != 0)
		return fail(why, FAIL_USAGE,
			"credentials file %.150s can be written by its group: chmod "
			"g-w %.150s",
			path, path);
	if ((status->st_mode & S_IRGRP) != 0 && !is_exempt &&
		!is_own_group(status->st_gid))
		return fail(why, FAIL_USAGE,
			"credentials file %.150s can be read by group %u, which this "
			"process is not in: chmod g= %.150s",
			path, (unsigned)status->st_gid, path);
	if (status->st_size > CREDENTIALS_MAX_BYTES)
		return fail(why, FAIL_USAGE,
			"credentials file %.150s is larger than %d bytes", path,
			CREDENTIALS_MAX_BYTES);
	return true;
}

static uint64_t identity_of(const struct stat *status)
{
	const uint64_t facts[] = {
		(uint64_t)status->st_dev,
		(uint64_t)status->st_ino,
		(uint64_t)status->st_size,
		(uint64_t)status->st_mtim.tv_sec,
		(uint64_t)status->st_mtim.tv_nsec,
	};
	return bytes_hash((struct bytes){(const uint8_t *)facts, sizeof(facts)});
}

static bool read_descriptor(int descriptor, uint8_t *buffer, size_t room, size_t *ret)
{
	size_t length = 0;
	while (length < room) {
		ssize_t got = read(descriptor, buffer + length, room - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*ret = length;
	return true;
}

static bool read_open(void *parent, int descriptor, const char *path, bool is_exempt,
	struct credentials **ret, struct failure *why)
{
	struct stat status;
	if (fstat(descriptor, &status) != 0)
		return fail(why, FAIL_USAGE, "cannot look at credentials file %.200s: %s",
			path, strerror(errno));
	if (!check_status(path, &status, is_exempt, why))
		return false;

	uint8_t buffer[CREDENTIALS_MAX_BYTES];
	size_t length = 0;
	bool is_good = read_descriptor(descriptor, buffer, sizeof(buffer), &length);
	if (is_good)
		is_good = credentials_parse(
			parent, path, (struct bytes){buffer, length}, ret, why);
	else
		fail(why, FAIL_USAGE, "cannot read credentials file %.200s: %s", path,
			strerror(errno));
	explicit_bzero(buffer, sizeof(buffer));
	/* a service manager makes the file anew at each start, whether it changed or not
	 */
	if (is_good)
		(*ret)->identity = is_exempt ? 0 : identity_of(&status);
	return is_good;
}

bool credentials_read(void *parent, const char *path, const char *exempt_directory,
	struct credentials **ret, struct failure *why)
{
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int descriptor =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0 && errno == ELOOP)
		return fail(why, FAIL_USAGE,
			"credentials file %.200s is a symbolic link: name the file "
			"itself",
			path);
	if (descriptor < 0)
		return fail(why, FAIL_USAGE, "cannot open credentials file %.200s: %s",
			path, strerror(errno));
	bool is_good = read_open(parent, descriptor, path,
		is_in_directory(path, exempt_directory), ret, why);
	close(descriptor);
	return is_good;
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
