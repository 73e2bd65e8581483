/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_account.h"

#include <string.h>

#include <credentials.h>
#include <param.h>

#include "core/memory.h"
#include "source.h"

enum { SMB_PORT = 445 };

/* By enum smb_protocol and enum smb_signing. `auto` signs where the server can and wants
 * to, which Samba calls desired; what it calls auto does not sign over SMB1 at all. */
static const char *const protocols[SMB_PROTOCOLS] = {"NT1", "SMB2", "SMB3"};
static const char *const signings[SIGNINGS] = {"desired", "off", "required"};

unsigned rpc_account_port(const struct request *request)
{
	return request->target->port != 0 ? request->target->port : SMB_PORT;
}

struct loadparm_context *rpc_account_settings(
	void *parent, const struct request *request, bool uses_spnego)
{
	const struct target *target = request->target;
	struct loadparm_context *settings = memory_required(loadparm_init(parent));
	char *port = memory_format(settings, "%u", rpc_account_port(request));
	const char *const values[][2] = {
		{"log level", "all:-1"}, /* first: Samba writes to stderr else */
		{"smb ports", port},
		{"name resolve order", "host"},
		{"client ipc min protocol", protocols[target->smb_min]},
		{"client ipc max protocol", protocols[target->smb_max]},
		{"client ipc signing", signings[target->smb_signing]},
		{"client use spnego", uses_spnego ? "yes" : "no"},
		{"client NTLMv2 auth", target->allows_ntlmv1 ? "no" : "yes"},
	};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		lpcfg_set_cmdline(settings, values[i][0], values[i][1]);
	return settings;
}

struct cli_credentials *rpc_account_credentials(
	void *parent, const struct request *request)
{
	const struct credentials *given = request->credentials;
	struct cli_credentials *account = memory_required(cli_credentials_init(parent));
	cli_credentials_set_kerberos_state(
		account, CRED_USE_KERBEROS_DISABLED, CRED_SPECIFIED);
	cli_credentials_set_username(account, given->username, CRED_SPECIFIED);
	cli_credentials_set_domain(
		account, given->domain != NULL ? given->domain : "", CRED_SPECIFIED);
	cli_credentials_set_password(account, given->password, CRED_SPECIFIED);
	cli_credentials_set_workstation(account, RPC_ACCOUNT_WORKSTATION, CRED_SPECIFIED);
	return account;
}

void rpc_account_wipe(struct cli_credentials *account)
{
	const char *kept = cli_credentials_get_password(account);
	if (kept != NULL)
		explicit_bzero((char *)kept, strlen(kept));
}
