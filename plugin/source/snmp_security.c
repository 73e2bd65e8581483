/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snmp_security.h"

#include <string.h>
#include <strings.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "core/memory.h"

struct snmp_login {
	netsnmp_session model;
};

/* In the order of enum snmp_version. */
static const long versions[SNMP_VERSIONS] = {[SNMP_1] = SNMP_VERSION_1,
	[SNMP_2C] = SNMP_VERSION_2c,
	[SNMP_3] = SNMP_VERSION_3};

static const struct level {
	enum snmp_security security;
	int number;
} levels[] = {
	{SECURITY_NONE, SNMP_SEC_LEVEL_NOAUTH},
	{SECURITY_AUTH, SNMP_SEC_LEVEL_AUTHNOPRIV},
	{SECURITY_PRIVACY, SNMP_SEC_LEVEL_AUTHPRIV},
};

static int wipe(struct snmp_login *login)
{
	explicit_bzero(&login->model, sizeof(login->model));
	return 0;
}

static bool unsupported(const char *file, const char *key, struct failure *why)
{
	return fail_at(why, FAIL_UNSUPPORTED, STAGE_FILE,
		"credentials file %.200s: this machine's net-snmp was built without the "
		"%s that it names",
		file, key);
}

/* A key from a password; with it, the hash or the cipher that it is for. */
static bool make_key(netsnmp_session *model, const char *password, u_char *key,
	size_t *length, const char *file, struct failure *why)
{
	return generate_Ku(model->securityAuthProto, (u_int)model->securityAuthProtoLen,
		       (const u_char *)password, strlen(password), key,
		       length) == SNMPERR_SUCCESS ||
		unsupported(file, "auth_protocol", why);
}

static bool set_auth(netsnmp_session *model, const struct credentials *credentials,
	const char *file, struct failure *why)
{
	int type = usm_lookup_auth_type(credentials_auth_protocol(credentials));
	model->securityAuthProto =
		type < 0 ? NULL : sc_get_auth_oid(type, &model->securityAuthProtoLen);
	if (model->securityAuthProto == NULL)
		return unsupported(file, "auth_protocol", why);
	model->securityAuthKeyLen = sizeof(model->securityAuthKey);
	return make_key(model, credentials->auth_password, model->securityAuthKey,
		&model->securityAuthKeyLen, file, why);
}

static bool set_privacy(netsnmp_session *model, const struct credentials *credentials,
	const char *file, struct failure *why)
{
	int type = usm_lookup_priv_type(credentials_privacy_protocol(credentials));
	model->securityPrivProto =
		type < 0 ? NULL : sc_get_priv_oid(type, &model->securityPrivProtoLen);
	if (model->securityPrivProto == NULL)
		return unsupported(file, "privacy_protocol", why);
	model->securityPrivKeyLen = sizeof(model->securityPrivKey);
	return make_key(model, credentials->privacy_password, model->securityPrivKey,
		&model->securityPrivKeyLen, file, why);
}

static bool set_user(netsnmp_session *model, const struct credentials *credentials,
	const char *file, struct failure *why)
{
	enum snmp_security security = credentials_snmp_security(credentials);
	model->securityModel = SNMP_SEC_MODEL_USM;
	model->securityName = credentials->security_name;
	model->securityNameLen = strlen(credentials->security_name);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i].security == security)
			model->securityLevel = levels[i].number;
	}
	if (security >= SECURITY_AUTH && !set_auth(model, credentials, file, why))
		return false;
	return security < SECURITY_PRIVACY || set_privacy(model, credentials, file, why);
}

static bool set_community(netsnmp_session *model, const struct credentials *credentials)
{
	model->community = (u_char *)credentials->community;
	model->community_len = strlen(credentials->community);
	return true;
}

bool snmp_security_read(void *parent, const struct credentials *credentials,
	const char *file, enum snmp_version version, struct snmp_login **ret,
	struct failure *why)
{
	if (!credentials_has_snmp(credentials, file, why))
		return false;
	if (version == SNMP_3 && !credentials_has_user(credentials))
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"credentials file %.200s names no user for SNMP version 3: write "
			"security_name = USER into it, or choose version 1 or 2c",
			file);
	if (version != SNMP_3 && !credentials_has_community(credentials))
		return fail_at(why, FAIL_USAGE, STAGE_FILE,
			"credentials file %.200s names no community for SNMP version %s: "
			"write community = NAME into it, or choose version 3",
			file, version == SNMP_1 ? "1" : "2c");
	struct snmp_login *login = memory_new(parent, struct snmp_login);
	talloc_set_destructor(login, wipe);
	snmp_sess_init(&login->model);
	login->model.version = versions[version];
	bool is_set = version == SNMP_3 ? set_user(&login->model, credentials, file, why)
					: set_community(&login->model, credentials);
	if (is_set)
		*ret = login;
	else
		talloc_free(login);
	return is_set;
}

const struct snmp_session *snmp_security_model(const struct snmp_login *login)
{
	return &login->model;
}
