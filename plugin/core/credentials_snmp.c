/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <strings.h>

#include "credentials.h"
#include "memory.h"
#include "text.h"

/* What SNMP asks for: a community, or version 3's user with what its level needs. */

enum {
	PASSWORD_MIN = 8,    /* RFC 3414, 11.2; net-snmp refuses shorter ones */
	USER_MAX = 32,       /* RFC 3414, 2.4: msgUserName */
	COMMUNITY_MAX = 255, /* net-snmp reads no longer one in an answer */
};

static const char *const level_names[] = {
	[SECURITY_NONE] = "noAuthNoPriv",
	[SECURITY_AUTH] = "authNoPriv",
	[SECURITY_PRIVACY] = "authPriv",
};

enum { LEVELS = sizeof(level_names) / sizeof(level_names[0]) };

/* The first of each is what is spoken where none is named. */
static const char *const auth_names[] = {
	"SHA", "MD5", "SHA-224", "SHA-256", "SHA-384", "SHA-512"};
static const char *const privacy_names[] = {"AES", "DES", "AES-192", "AES-256"};

enum {
	AUTHS = sizeof(auth_names) / sizeof(auth_names[0]),
	PRIVACIES = sizeof(privacy_names) / sizeof(privacy_names[0])
};

static bool is_name(const char *value)
{
	return value != NULL && value[0] != '\0';
}

bool credentials_has_user(const struct credentials *credentials)
{
	return credentials != NULL && is_name(credentials->security_name);
}

bool credentials_has_community(const struct credentials *credentials)
{
	return credentials != NULL && is_name(credentials->community);
}

/* The table's own spelling; NULL: it is not there. */
static const char *const *find_name(
	const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(names[i], name) == 0)
			return &names[i];
	}
	return NULL;
}

enum snmp_security credentials_snmp_security(const struct credentials *credentials)
{
	const char *level = credentials->security_level;
	const char *const *known =
		level == NULL ? NULL : find_name(level_names, LEVELS, level);
	if (known != NULL)
		return (enum snmp_security)(known - level_names);
	if (credentials->privacy_password != NULL)
		return SECURITY_PRIVACY;
	return credentials->auth_password != NULL ? SECURITY_AUTH : SECURITY_NONE;
}

static const char *find_protocol(const char *const *names, size_t count, const char *name)
{
	const char *const *known =
		name == NULL ? &names[0] : find_name(names, count, name);
	return known == NULL ? NULL : *known;
}

const char *credentials_auth_protocol(const struct credentials *credentials)
{
	return find_protocol(auth_names, AUTHS, credentials->auth_protocol);
}

const char *credentials_privacy_protocol(const struct credentials *credentials)
{
	return find_protocol(privacy_names, PRIVACIES, credentials->privacy_protocol);
}

/* Where it is not said, it follows from the rest. */
static bool check_choice(const char *value, const char *key, const char *const *names,
	size_t count, const char *file, struct failure *why)
{
	if (value == NULL || find_name(names, count, value) != NULL)
		return true;
	char *list = text_list(NULL, names, count);
	fail_at(why, FAIL_USAGE, STAGE_FILE,
		"credentials file %.200s: %s must be one of %s", file, key, list);
	talloc_free(list);
	return false;
}

static bool check_choices(
	const struct credentials *credentials, const char *file, struct failure *why)
{
	return check_choice(credentials->security_level, "security_level", level_names,
		       LEVELS, file, why) &&
		check_choice(credentials->auth_protocol, "auth_protocol", auth_names,
			AUTHS, file, why) &&
		check_choice(credentials->privacy_protocol, "privacy_protocol",
			privacy_names, PRIVACIES, file, why);
}

static bool check_password(const char *password, const char *key, const char *level,
	const char *file, struct failure *why)
{
	if (password == NULL)
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"credentials file %.200s lacks what the level %s asks for: write "
			"%s = PASSWORD into it",
			file, level, key);
	return strlen(password) >= PASSWORD_MIN ||
		fail_at(why, FAIL_USAGE, STAGE_FILE,
			"credentials file %.200s: %s is too short: SNMP version 3 wants "
			"%d characters at least",
			file, key, PASSWORD_MIN);
}

static bool check_user(
	const struct credentials *credentials, const char *file, struct failure *why)
{
	if (!check_choices(credentials, file, why))
		return false;
	enum snmp_security security = credentials_snmp_security(credentials);
	const char *level = level_names[security];
	if (security >= SECURITY_AUTH &&
		!check_password(
			credentials->auth_password, "auth_password", level, file, why))
		return false;
	return security < SECURITY_PRIVACY ||
		check_password(credentials->privacy_password, "privacy_password", level,
			file, why);
}

/* Left over from editing: what was meant nobody knows. */
static bool check_named(const char *value, size_t limit, const char *key,
	const char *file, struct failure *why)
{
	if (value == NULL)
		return true;
	if (!is_name(value))
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"credentials file %.200s: %s is empty: write a name behind it, "
			"or leave the line out",
			file, key);
	return strlen(value) <= limit ||
		fail_at(why, FAIL_USAGE, STAGE_FILE,
			"credentials file %.200s: %s must have at most %zu bytes", file,
			key, limit);
}

bool credentials_has_snmp(
	const struct credentials *credentials, const char *file, struct failure *why)
{
	const char *name = file != NULL ? file : "(none)";
	if (credentials != NULL &&
		(!check_named(credentials->security_name, USER_MAX, "security_name", name,
			 why) ||
			!check_named(credentials->community, COMMUNITY_MAX, "community",
				name, why)))
		return false;
	if (credentials_has_user(credentials))
		return check_user(credentials, name, why);
	return credentials_has_community(credentials) ||
		fail_at(why, FAIL_USAGE, STAGE_FILE,
			"credentials file %.200s lacks what SNMP asks for: write "
			"community = NAME, or for version 3 security_name = USER, into "
			"it",
			name);
}
