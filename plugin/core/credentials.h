/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_CREDENTIALS_H
#define IMC_CORE_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "failure.h"

/*
 * Secrets from a file in the format of smbclient's -A: "username = ...", "password =
 * ...", "domain = ..." (and for SNMP: community, v3 user and keys). Every string is wiped
 * when the object is freed.
 */
struct credentials {
	char *username, *password, *domain; /* NULL: not in the file */
	char *community;
	char *security_name, *security_level;
	char *auth_protocol, *auth_password, *privacy_protocol, *privacy_password;
	uint64_t identity; /* of the file: changes when it does; 0: no change is seen */
};

enum { CREDENTIALS_MAX_BYTES = 4096 };

/* Without any of them yet; strings that are put in must be talloc objects of it, and are
 * wiped with it. */
struct credentials *credentials_new(void *parent);

/* Every string of it, in a row: NULL where the file has none. */
enum { CREDENTIALS_FIELDS = 10 };
char **credentials_field(struct credentials *credentials, size_t number);

/* Where our own files are, which a service manager hands over by their names. */
#define CREDENTIALS_FOLDER IMC_SYSCONFDIR "/imc-monitor"

/*
 * Opens without following a link and refuses what is not a regular file of root or the
 * caller, what others can read or write or the group can write, what a group that is not
 * the process's own can read, and more than 4 KiB. Messages name file and line and the
 * command that mends it, never content.
 *
 * `handed_directory` is $CREDENTIALS_DIRECTORY (NULL: not set; systemd.exec(5)): its
 * files are exempt from the rule about a reading group, and where a file of
 * CREDENTIALS_FOLDER may not be opened, the one with its name there is read instead,
 * unless the file has changed since.
 */
bool credentials_read(void *parent, const char *path, const char *handed_directory,
	struct credentials **ret, struct failure *why);

/*
 * The text of such a file. As smbclient reads it: keys in any case, blanks around the key
 * and before the value do not count, blanks behind the value do, a line ends with LF or
 * CR LF, "DOMAIN\user" as username names both. Otherwise stricter: a line is empty, a
 * comment (# first), or a known key, once; the username is not split at % or @.
 */
bool credentials_parse(void *parent, const char *file, struct bytes text,
	struct credentials **ret, struct failure *why);

/* credentials_snmp.c. How version 3 protects what is said. */
enum snmp_security { SECURITY_NONE, SECURITY_AUTH, SECURITY_PRIVACY };

/* Does it name a user of version 3, a community? NULL and empty values name nothing. */
bool credentials_has_user(const struct credentials *credentials);
bool credentials_has_community(const struct credentials *credentials);

/* Is there what SNMP asks for: a community, or a user with what his level needs? Neither
 * may be there and empty. `why` says what to write into `file` (NULL: there is none). */
bool credentials_has_snmp(
	const struct credentials *credentials, const char *file, struct failure *why);
/* What is said, or follows from the passwords that are there; SHA and AES where no
 * protocol is named. NULL: a protocol that nobody knows. */
enum snmp_security credentials_snmp_security(const struct credentials *credentials);
const char *credentials_auth_protocol(const struct credentials *credentials);
const char *credentials_privacy_protocol(const struct credentials *credentials);

/* Does it name a user and a password? `why` says what to write into `file` (NULL: there
 * is none). */
bool credentials_has_account(
	const struct credentials *credentials, const char *file, struct failure *why);

#endif
