/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/credentials.h"

enum { STRANGER = 54321 }; /* a user and a group that run no test */

static bool parse(
	void *parent, const char *text, struct credentials **ret, struct failure *why)
{
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	return credentials_parse(parent, "creds", bytes, ret, why);
}

/* The first five rows agree with Samba 4.17, asked through Credentials.parse_file(). */
static void files_of_smbclient_are_read_as_it_does(void **state)
{
	static const struct {
		const char *text, *username, *password, *domain;
	} rows[] = {
		{"username = u\npassword =  p w  \ndomain = D", "u", "p w  ", "D"},
		{"username=u\r\npassword=p\r\ndomain=D\r\n", "u", "p", "D"},
		{"  username = u\nPassWord = x = y\n", "u", "x = y", NULL},
		{"username = DOM\\u\npassword=#x ; y\n", "u", "#x ; y", "DOM"},
		{"username = u\t \npassword=p\n", "u\t ", "p", NULL},
		{"# username = no\n\n\t# x\n \nusername\t=\tu\npassword=\n", "u", "",
			NULL},
		{"\xEF\xBB\xBFusername = u\npassword = p\n", "u", "p", NULL},
		{"username = u@R%x\n", "u@R%x", NULL, NULL},
		{"", NULL, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("row %zu", i);
		struct credentials *credentials;
		struct failure why = {.text = ""};
		if (!parse(*state, rows[i].text, &credentials, &why))
			fail_msg("%s", why.text);
		const char *want[] = {rows[i].username, rows[i].password, rows[i].domain};
		const char *have[] = {credentials->username, credentials->password,
			credentials->domain};
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(want[k] == NULL, have[k] == NULL);
			if (want[k] != NULL)
				assert_string_equal(want[k], have[k]);
		}
	}
	test_row("%s", "");
}

static void keys_for_snmp_are_read(void **state)
{
	struct credentials *credentials;
	assert_true(parse(*state,
		"community = c\nsecurity_name = n\nsecurity_level = authPriv\n"
		"auth_protocol = SHA\nauth_password = a\nprivacy_protocol = AES\n"
		"privacy_password = p\n",
		&credentials, NULL));
	assert_string_equal(credentials->community, "c");
	assert_string_equal(credentials->security_name, "n");
	assert_string_equal(credentials->security_level, "authPriv");
	assert_string_equal(credentials->auth_protocol, "SHA");
	assert_string_equal(credentials->auth_password, "a");
	assert_string_equal(credentials->privacy_protocol, "AES");
	assert_string_equal(credentials->privacy_password, "p");
}

static void bad_lines_are_named_by_number_and_not_shown(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"geheim\n", "creds:1: the line must be KEY = VALUE"},
		{"username = u\n\ngeheim = x\n", "creds:3: unknown key"},
		{"realm = geheim\n", "creds:1: unknown key"},
		{"pass word = geheim\n", "creds:1: unknown key"},
		{"= geheim\n", "creds:1: unknown key"},
		{"password = geheim\npassword = geheim2\n",
			"creds:2: password is there already"},
		{"username = A\\geheim\ndomain = geheim\n", "leave one of them out"},
		{"domain = geheim\nusername = A\\geheim\n", "leave one of them out"},
		{"username = u\n; geheim\n", "creds:2: the line must be"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct credentials *credentials = NULL;
		struct failure why = {.text = ""};
		test_row("%s", rows[i].text);
		assert_false(parse(*state, rows[i].text, &credentials, &why));
		assert_null(credentials);
		assert_int_equal(why.kind, FAIL_USAGE);
		if (strstr(why.text, rows[i].says) == NULL)
			fail_msg("message: %s", why.text);
		assert_null(strstr(why.text, "geheim"));
	}
	test_row("%s", "");
}

static void zero_bytes_are_refused(void **state)
{
	static const char text[] = "password = a\0b\n";
	struct credentials *credentials;
	struct failure why;
	assert_false(credentials_parse(*state, "creds",
		(struct bytes){(const uint8_t *)text, sizeof(text) - 1}, &credentials,
		&why));
	assert_string_equal(why.text,
		"credentials file creds:1: the line holds a zero byte: write plain text");
}

static bool was_wiped;

/* The strings are freed after the destructor of what they belong to. */
static int look_at(char *secret)
{
	size_t size = talloc_get_size(secret);
	was_wiped = true;
	for (size_t i = 0; i < size; i++)
		was_wiped = was_wiped && secret[i] == '\0';
	return 0;
}

static void secrets_are_wiped_when_freed(void **state)
{
	struct credentials *credentials;
	assert_true(parse(
		*state, "password = geheim\ncommunity = geheim\n", &credentials, NULL));
	was_wiped = false;
	talloc_set_destructor(credentials->password, look_at);
	talloc_free(credentials);
	assert_true(was_wiped);
}

static void every_string_is_wiped(void **state)
{
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++) {
		struct credentials *credentials = credentials_new(*state);
		char **field = credentials_field(credentials, i);
		test_row("string %zu", i);
		assert_null(*field);
		*field = memory_copy(credentials, "geheim");
		was_wiped = false;
		talloc_set_destructor(*field, look_at);
		talloc_free(credentials);
		assert_true(was_wiped);
	}
	test_row("%s", "");
}

static void strings_are_numbered_as_they_are_declared(void **state)
{
	struct credentials *it = credentials_new(*state);
	char **const all[] = {&it->username, &it->password, &it->domain, &it->community,
		&it->security_name, &it->security_level, &it->auth_protocol,
		&it->auth_password, &it->privacy_protocol, &it->privacy_password};
	assert_int_equal(sizeof(all) / sizeof(all[0]), CREDENTIALS_FIELDS);
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++) {
		size_t found = 0;
		for (size_t j = 0; j < CREDENTIALS_FIELDS; j++)
			found += credentials_field(it, j) == all[i];
		assert_int_equal(found, 1);
	}
}

/* --- the file --- */

struct place {
	char *folder, *file;
};

static int remove_place(struct place *place)
{
	unlink(place->file);
	rmdir(place->folder);
	return 0;
}

static struct place *place_with(void *parent, const char *text, mode_t mode)
{
	struct place *place = memory_new(parent, struct place);
	place->folder = memory_copy(place, "/tmp/imc-credentials-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	place->file = memory_format(place, "%s/creds", place->folder);
	talloc_set_destructor(place, remove_place);
	FILE *stream = fopen(place->file, "w");
	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	assert_int_equal(chmod(place->file, mode), 0);
	return place;
}

static void check(void *parent, const char *path, const char *exempt, const char *says)
{
	struct credentials *credentials = NULL;
	struct failure why = {.text = ""};
	bool is_good = credentials_read(parent, path, exempt, &credentials, &why);
	if (is_good != (says == NULL))
		fail_msg("%s: %s", path, why.text);
	if (is_good) {
		assert_string_equal(credentials->password, "geheim");
		return;
	}
	assert_null(credentials);
	assert_int_equal(why.kind, FAIL_USAGE);
	if (strstr(why.text, says) == NULL)
		fail_msg("message: %s", why.text);
	assert_null(strstr(why.text, "geheim"));
}

static void permissions_decide(void **state)
{
	static const struct {
		mode_t mode;
		const char *says; /* NULL: good */
	} rows[] = {
		{0600, NULL},
		{0400, NULL},
		{0640, NULL},
		{0440, NULL},
		{0604, ": chmod o= /tmp/imc"},
		{0602, ": chmod o= /tmp/imc"},
		{0601, ": chmod o= /tmp/imc"},
		{0666, ": chmod o= /tmp/imc"},
		{0644, ": chmod o= /tmp/imc"},
		{0660, ": chmod g-w /tmp/imc"},
		{0620, ": chmod g-w /tmp/imc"},
	};
	struct place *place = place_with(*state, "password = geheim\n", 0600);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("mode %o", (unsigned)rows[i].mode);
		assert_int_equal(chmod(place->file, rows[i].mode), 0);
		check(*state, place->file, NULL, rows[i].says);
		/* The exemption is from the rule about a reading group alone. */
		check(*state, place->file, place->folder, rows[i].says);
	}
	test_row("%s", "");
}

static void group_of_others_may_not_read_but_in_the_exempt_folder(void **state)
{
	if (geteuid() != 0)
		skip();
	struct place *place = place_with(*state, "password = geheim\n", 0600);
	assert_int_equal(chown(place->file, 0, STRANGER), 0);
	assert_int_equal(chmod(place->file, 0600), 0);
	check(*state, place->file, NULL, NULL);
	assert_int_equal(chmod(place->file, 0640), 0);
	check(*state, place->file, NULL,
		"read by group 54321, which this process is not in");
	check(*state, place->file, NULL, "run it as a user of that group");
	check(*state, place->file, place->folder, NULL);
	check(*state, place->file, memory_format(*state, "%s/", place->folder), NULL);
	check(*state, place->file, "/tmp", "which this process is not in");
	check(*state, place->file, "", "which this process is not in");
	check(*state, place->file, "/", "which this process is not in");
	char *prefix =
		memory_copy_bytes(*state, place->folder, strlen(place->folder) - 1);
	check(*state, place->file, prefix, "which this process is not in");
	char *climbing = memory_format(
		*state, "%s/../%s/creds", place->folder, strrchr(place->folder, '/') + 1);
	check(*state, climbing, place->folder, "which this process is not in");
}

/* A file elsewhere that has the name of one that was handed over is another one. */
static void only_files_of_our_folder_are_handed_over(void **state)
{
	if (geteuid() != 0)
		skip();
	struct place *mine = place_with(*state, "password = geheim\n", 0600);
	struct place *handed = place_with(*state, "password = geheim\n", 0444);
	assert_int_equal(chmod(mine->folder, 0755), 0);
	assert_int_equal(chmod(handed->folder, 0755), 0);
	assert_int_equal(seteuid(STRANGER), 0);
	check(*state, mine->file, handed->folder, ": Permission denied");
	assert_int_equal(seteuid(0), 0);
}

static void owner_must_be_root_or_the_caller(void **state)
{
	if (geteuid() != 0)
		skip();
	struct place *place = place_with(*state, "password = geheim\n", 0600);
	assert_int_equal(chown(place->file, STRANGER, 0), 0);
	check(*state, place->file, NULL, "belongs to user 54321");
	check(*state, place->file, place->folder, ": chown 0 /tmp/imc");
}

static void links_and_other_things_are_not_opened(void **state)
{
	struct place *place = place_with(*state, "password = geheim\n", 0600);
	char *other = memory_format(*state, "%s/other", place->folder);
	assert_int_equal(symlink(place->file, other), 0);
	check(*state, other, NULL, "is a symbolic link");
	unlink(other);
	assert_int_equal(mkfifo(other, 0600), 0);
	check(*state, other, NULL, "not a regular file");
	unlink(other);
	check(*state, other, NULL, "No such file");
	check(*state, place->folder, NULL, "not a regular file");
	check(*state, "/dev/null", NULL, "not a regular file");
}

static void size_is_bounded(void **state)
{
	struct place *place = place_with(*state, "password = geheim\n#", 0600);
	assert_int_equal(truncate(place->file, CREDENTIALS_MAX_BYTES + 1), 0);
	check(*state, place->file, NULL, "larger than 4096 bytes");

	/* At the limit, full of comment. */
	FILE *stream = fopen(place->file, "w");
	assert_non_null(stream);
	int written = fprintf(stream, "password = geheim\n");
	for (; written < CREDENTIALS_MAX_BYTES; written++)
		fputc('#', stream);
	fclose(stream);
	check(*state, place->file, NULL, NULL);
}

static void identity_changes_with_the_file(void **state)
{
	struct place *place = place_with(*state, "password = geheim\n", 0600);
	struct credentials *first, *again, *later;
	assert_true(credentials_read(*state, place->file, NULL, &first, NULL));
	assert_true(credentials_read(*state, place->file, NULL, &again, NULL));
	assert_true(first->identity == again->identity);
	assert_true(first->identity != 0);
	const struct timespec times[2] = {
		{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 1}};
	assert_int_equal(utimensat(AT_FDCWD, place->file, times, 0), 0);
	assert_true(credentials_read(*state, place->file, NULL, &later, NULL));
	assert_true(first->identity != later->identity);
}

static void account_is_a_name_and_a_password(void **state)
{
	char name[] = "monitor", secret[] = "Secret-1";
	struct credentials *credentials = credentials_new(*state);
	struct failure why;
	assert_false(credentials_has_account(NULL, NULL, &why));
	assert_non_null(strstr(why.text, "credentials file (none) lacks an account"));
	credentials->username = memory_copy(credentials, name);
	assert_false(credentials_has_account(credentials, "/etc/secret", &why));
	assert_int_equal(why.kind, FAIL_USAGE);
	assert_int_equal(why.stage, STAGE_FILE);
	assert_non_null(strstr(why.text, "/etc/secret"));
	credentials->password = memory_copy(credentials, secret);
	assert_true(credentials_has_account(credentials, "/etc/secret", NULL));
}

/* What SNMP needs of a file; NULL: it has that. */
static const struct {
	const char *text, *lacks;
} snmp_rows[] = {
	{"", "community = NAME"},
	{"", "security_name = USER"},
	{"username = u\npassword = geheim\n", "community = NAME"},
	{"community = public\n", NULL},
	{"security_name = u\n", NULL},
	{"security_name = u\nsecurity_level = noAuthNoPriv\n", NULL},
	{"security_name = u\nsecurity_level = AUTHNOPRIV\nauth_password = geheim12\n",
		NULL},
	{"security_name = u\nauth_password = geheim12\nprivacy_password = geheim12\n",
		NULL},
	{"security_level = authPriv\nauth_password = geheim12\n", "security_name = USER"},
	{"security_name = u\nsecurity_level = authNoPriv\n", "auth_password = PASSWORD"},
	{"security_name = u\nsecurity_level = authPriv\nauth_password = geheim12\n",
		"privacy_password = PASSWORD"},
	{"security_name = u\nprivacy_password = geheim12\n", "auth_password = PASSWORD"},
	{"security_name = u\nauth_password = geheim1\n", "auth_password is too short"},
	{"security_name = u\nauth_password = geheim12\nprivacy_password = geheim1\n",
		"privacy_password is too short"},
	{"security_name = u\nsecurity_level = geheim\n",
		"security_level must be one of noAuthNoPriv, authNoPriv, authPriv"},
	{"security_name = u\nauth_protocol = geheim\n",
		"auth_protocol must be one of SHA, MD5, SHA-224, SHA-256, SHA-384, "
		"SHA-512"},
	{"security_name = u\nprivacy_protocol = geheim\n",
		"privacy_protocol must be one of AES, DES, AES-192, AES-256"},
	/* a user goes before a community, which cannot stand in for what he lacks */
	{"community = c\nsecurity_name = u\n", NULL},
	{"community = c\nsecurity_name = u\nsecurity_level = authNoPriv\n",
		"auth_password = PASSWORD"},
	/* what is empty names nobody, and does not let the other one in */
	{"community = public\nsecurity_name =\nsecurity_level = authPriv\n",
		"security_name is empty"},
	{"community =\nsecurity_name = u\n", "community is empty"},
	{"security_name =\n", "security_name is empty"},
	{"community = \n", "community is empty"},
	{"security_name = 0123456789012345678901234567890123\n", "at most 32 bytes"},
	{"security_name = u\nsecurity_level =\n", "security_level must be one of"},
	{"security_name = u\nauth_protocol =\n", "auth_protocol must be one of"},
	{"security_name = u\nprivacy_protocol =\n", "privacy_protocol must be one of"},
	{"security_name = u\nauth_password =\n", "auth_password is too short"},
};

static void snmp_asks_for_a_community_or_a_user(void **state)
{
	for (size_t i = 0; i < sizeof(snmp_rows) / sizeof(snmp_rows[0]); i++) {
		const char *lacks = snmp_rows[i].lacks;
		struct credentials *credentials;
		struct failure why = {.text = ""};
		test_row("%s", snmp_rows[i].text);
		assert_true(parse(*state, snmp_rows[i].text, &credentials, NULL));
		bool is_enough = credentials_has_snmp(credentials, "/etc/secret", &why);
		if (is_enough != (lacks == NULL))
			fail_msg("message: %s", why.text);
		if (is_enough)
			continue;
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_int_equal(why.stage, STAGE_FILE);
		assert_non_null(strstr(why.text, "credentials file /etc/secret"));
		if (strstr(why.text, lacks) == NULL)
			fail_msg("message: %s", why.text);
		assert_null(strstr(why.text, "geheim"));
	}
	test_row("%s", "");
	struct failure why = {.text = ""};
	assert_false(credentials_has_snmp(NULL, NULL, &why));
	assert_non_null(strstr(why.text, "credentials file (none) lacks"));
}

static void nobody_and_nothing_are_no_names(void **state)
{
	struct credentials *credentials;
	assert_false(credentials_has_user(NULL));
	assert_false(credentials_has_community(NULL));
	assert_true(parse(*state, "security_name =\ncommunity =\n", &credentials, NULL));
	assert_false(credentials_has_user(credentials));
	assert_false(credentials_has_community(credentials));
	assert_true(parse(*state, "security_name = u\n", &credentials, NULL));
	assert_true(credentials_has_user(credentials));
	assert_false(credentials_has_community(credentials));
	assert_true(parse(*state, "community = c\n", &credentials, NULL));
	assert_false(credentials_has_user(credentials));
	assert_true(credentials_has_community(credentials));
}

static void shipped_example_is_valid(void **state)
{
	struct credentials *credentials;
	struct failure why = {.text = ""};
	struct bytes text = test_file(*state, "packaging/credentials.example");
	if (!credentials_parse(*state, "credentials.example", text, &credentials, &why))
		fail_msg("%s", why.text);
	assert_string_equal(credentials->username, "monitor");
	assert_string_equal(credentials->domain, "EXAMPLE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(files_of_smbclient_are_read_as_it_does),
		sentence(keys_for_snmp_are_read),
		sentence(bad_lines_are_named_by_number_and_not_shown),
		sentence(zero_bytes_are_refused),
		sentence(secrets_are_wiped_when_freed),
		sentence(every_string_is_wiped),
		sentence(strings_are_numbered_as_they_are_declared),
		sentence(permissions_decide),
		sentence(group_of_others_may_not_read_but_in_the_exempt_folder),
		sentence(only_files_of_our_folder_are_handed_over),
		sentence(owner_must_be_root_or_the_caller),
		sentence(links_and_other_things_are_not_opened),
		sentence(size_is_bounded),
		sentence(identity_changes_with_the_file),
		sentence(account_is_a_name_and_a_password),
		sentence(snmp_asks_for_a_community_or_a_user),
		sentence(nobody_and_nothing_are_no_names),
		sentence(shipped_example_is_valid),
	};
	return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
