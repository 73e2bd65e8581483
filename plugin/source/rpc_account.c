/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_account.h"

#include <string.h>

#include <credentials.h>
#include <param.h>

#include "core/memory.h"
#include "reach.h"
#include "rpc_loop.h"
#include "request.h"

/* By enum smb_protocol and enum smb_signing. `auto` signs where the server can and wants
 * to, which Samba calls desired; what it calls auto does not sign over SMB1 at all. */
static const char *const protocols[SMB_PROTOCOLS] = {"NT1", "SMB2", "SMB3"};
static const char *const signings[SIGNINGS] = {"desired", "off", "required"};

unsigned rpc_account_port(const struct request *request)
{
	return request->target->port != 0 ? request->target->port : SMB_PORT;
}

enum { SETTINGS = 8 };

/* Samba's table of settings is a third of the work of a poll: whoever polls again keeps
 * it, and changes what differs. */
struct settings {
	struct loadparm_context *context;
	const char *values[SETTINGS]; /* as they were set; NULL: not yet */
};

static struct settings *settings_for(void *parent, const struct request *request)
{
	struct settings *settings = request->kept != NULL ? *request->kept : NULL;
	if (settings != NULL)
		return settings;
	settings = memory_new(request->kept != NULL ? NULL : parent, struct settings);
	settings->context = memory_required(loadparm_init(settings));
	if (request->kept != NULL)
		*request->kept = settings;
	return settings;
}

static void set(struct settings *settings, size_t at, const char *name, const char *value)
{
	const char *before = settings->values[at];
	if (before != NULL && strcmp(before, value) == 0)
		return;
	lpcfg_set_cmdline(settings->context, name, value);
	talloc_free((void *)before);
	settings->values[at] = memory_copy(settings, value);
}

struct loadparm_context *rpc_account_settings(
	void *parent, const struct request *request, bool uses_spnego)
{
	const struct target *target = request->target;
	struct settings *settings = settings_for(parent, request);
	char *port = memory_format(settings, "%u", rpc_account_port(request));
	const char *const values[SETTINGS][2] = {
		{"log level", "all:-1"}, /* first: Samba writes to stderr else */
		{"smb ports", port},
		{"name resolve order", "host"},
		{"client ipc min protocol", protocols[target->smb_min]},
		{"client ipc max protocol", protocols[target->smb_max]},
		{"client ipc signing", signings[target->smb_signing]},
		{"client use spnego", uses_spnego ? "yes" : "no"},
		{"client NTLMv2 auth", target->allows_ntlmv1 ? "no" : "yes"},
	};
	for (size_t i = 0; i < SETTINGS; i++)
		set(settings, i, values[i][0], values[i][1]);
	talloc_free(port);
	return settings->context;
}

/* What is kept back until Samba asks for it. */
struct secret {
	const char *password;
	struct rpc_loop *loop;
	bool is_told;
};

/* As a password that was specified: a result of a callback Samba would ask for again
 * after a refusal, and log on with once more. */
static const char *tell_password(struct cli_credentials *account)
{
	struct secret *secret = cli_credentials_callback_data(account, struct secret);
	if (!rpc_loop_pass_gate(secret->loop))
		return NULL;
	secret->is_told = true;
	cli_credentials_set_password(account, secret->password, CRED_SPECIFIED);
	return cli_credentials_get_password(account);
}

struct cli_credentials *rpc_account_credentials(
	void *parent, const struct request *request, struct rpc_loop *loop)
{
	const struct credentials *given = request->credentials;
	struct cli_credentials *account = memory_required(cli_credentials_init(parent));
	cli_credentials_set_kerberos_state(
		account, CRED_USE_KERBEROS_DISABLED, CRED_SPECIFIED);
	cli_credentials_set_username(account, given->username, CRED_SPECIFIED);
	cli_credentials_set_domain(
		account, given->domain != NULL ? given->domain : "", CRED_SPECIFIED);
	struct secret *secret = memory_new(account, struct secret);
	*secret = (struct secret){given->password, loop, false};
	cli_credentials_set_callback_data(account, secret);
	cli_credentials_set_password_callback(account, tell_password);
	cli_credentials_set_workstation(account, RPC_ACCOUNT_WORKSTATION, CRED_SPECIFIED);
	return account;
}

void rpc_account_wipe(struct cli_credentials *account)
{
	const struct secret *secret =
		cli_credentials_callback_data(account, struct secret);
	const char *kept = secret->is_told ? cli_credentials_get_password(account) : NULL;
	if (kept != NULL)
		explicit_bzero((char *)kept, strlen(kept));
}
