/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_status.h"

#include <errno.h>
#include <stdio.h>

#include <core/ntstatus.h>

#include "core/catalogue.h"
#include "reach.h"
#include "request.h"
#include "rpc_account.h"
#include "rpc_loop.h"

enum {
	ACCESS_DENIED = 0xC0000022,
	CONNECTION_DISCONNECTED = 0xC000020C,
	INVALID_NETWORK_RESPONSE = 0xC00000C3,
	IO_TIMEOUT = 0xC00000B5
};

struct meaning {
	uint32_t code;
	enum failure_kind kind;
	const char *text;
};

/* Why an account is refused ([MS-ERREF] 2.3); "EXCH01 refuses the account X: ...". */
static const struct meaning refusals[] = {
	{0xC000006D, FAIL_LOGON, "no such account, or the password is wrong"},
	{0xC000006A, FAIL_LOGON, "the password is wrong"},
	{0xC0000064, FAIL_LOGON, "there is no such account"},
	{0xC0000062, FAIL_LOGON, "its name is none that an account can have"},
	{0xC0000072, FAIL_LOGON, "it is disabled"},
	{0xC0000234, FAIL_LOGON, "it is locked out"},
	{0xC0000193, FAIL_LOGON, "it has expired"},
	{0xC0000071, FAIL_LOGON, "its password has expired"},
	{0xC0000224, FAIL_LOGON, "its password must be changed first"},
	{0xC000015B, FAIL_LOGON, "it has no right to log on over the network"},
	{0xC000006F, FAIL_LOGON, "it may not log on at this time of day"},
	{0xC0000070, FAIL_LOGON, "it may not log on from " RPC_ACCOUNT_WORKSTATION},
	{0xC000006E, FAIL_LOGON, "a restriction of it, such as an empty password"},
	{0xC0000199, FAIL_LOGON, "it is a computer's account"},
	{0xC000019A, FAIL_LOGON, "it is a server's account"},
	{0xC0000198, FAIL_LOGON, "it is a trusted domain's account"},
	{0xC000018C, FAIL_LOGON, "the server does not trust its domain"},
	{0xC000018D, FAIL_LOGON, "the trust between the server and its domain is broken"},
	{0xC000005E, FAIL_REFUSED, "no domain controller could be asked"},
};

/* Followed by what was tried: "access denied (the opening of IPC$)". */
static const struct meaning statuses[] = {
	{ACCESS_DENIED, FAIL_DENIED, "access denied"},
	{0xC0000034, FAIL_ABSENT,
		"it has no such pipe; is the service behind it running?"},
	{0xC00000AC, FAIL_ABSENT, "the pipe is not available"},
	{0xC00000AB, FAIL_REFUSED, "no instance of the pipe is free"},
	{0xC00000AE, FAIL_REFUSED, "the pipe is busy"},
	{0xC00000CC, FAIL_ABSENT, "it has no such share"},
	{0xC00000D0, FAIL_REFUSED, "it accepts no more connections"},
	{0xC00000CE, FAIL_REFUSED, "it accepts no more sessions"},
	{0xC0000205, FAIL_REFUSED, "it has no resources left"},
	{0xC000009A, FAIL_REFUSED, "it has no resources left"},
	{0xC0020026, FAIL_UNSUPPORTED, "the pipe does not speak this interface"},
	{0xC0020012, FAIL_UNSUPPORTED, "the pipe does not speak this interface"},
	{0xC002002E, FAIL_UNSUPPORTED, "it does not know this operation"},
	{0xC00000BB, FAIL_UNSUPPORTED, "it does not support that"},
	{0xC000018F, FAIL_REFUSED, "its event log service is not running"},
	{0xC000018E, FAIL_DAMAGED, "the log's file is corrupt"},
	{0xC0000197, FAIL_PROTOCOL, "the log changes with each reading"},
	{0xC0000008, FAIL_PROTOCOL, "it does not know its own handle any more"},
	{0xC002001D, FAIL_PROTOCOL, "its answer is malformed or longer than can be"},
	{INVALID_NETWORK_RESPONSE, FAIL_PROTOCOL, "its answer makes no sense"},
	{IO_TIMEOUT, FAIL_TIMEOUT, "no answer"},
};

/* [MS-ERREF] 2.2. */
static const struct meaning win32_errors[] = {
	{5, FAIL_DENIED, "access denied"},
	{8, FAIL_REFUSED, "it has no memory left"},
	{120, FAIL_UNSUPPORTED, "it does not know this operation"},
	{123, FAIL_ABSENT, "that is no service's name"},
	{1060, FAIL_ABSENT, "there is no such service"},
	{1072, FAIL_ABSENT, "the service is about to be deleted"},
	{1115, FAIL_REFUSED, "it is shutting down"},
	{1450, FAIL_REFUSED, "it has no resources left"},
};

#define FIND(table, code) find(table, sizeof(table) / sizeof((table)[0]), code)

static const struct meaning *find(
	const struct meaning *table, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].code == code)
			return &table[i];
	}
	return NULL;
}

static enum stage stage_of(const struct rpc_scene *scene)
{
	static const enum stage stages[] = {
		[SMB_AT_CONNECT] = STAGE_CONNECT,
		[SMB_AT_NEGOTIATE] = STAGE_NEGOTIATE,
		[SMB_AT_LOGON] = STAGE_LOGON,
		[SMB_AT_TREE] = STAGE_LOGON,
		[SMB_AT_PIPE] = STAGE_PIPE,
		[SMB_AT_CALL] = STAGE_PIPE, /* the bind is part of it */
	};
	if (scene->stage != STAGE_NONE)
		return scene->stage;
	return stages[rpc_loop_progress(scene->loop)->step];
}

/* What the server was to do: "EXCH01 gave no answer to ...". */
static const char *what_of(const struct rpc_scene *scene, char *room, size_t size)
{
	const struct smb_progress *progress = rpc_loop_progress(scene->loop);
	switch (stage_of(scene)) {
	case STAGE_CONNECT:
		return REACH_CONNECTION;
	case STAGE_NEGOTIATE:
		return "the SMB negotiation";
	case STAGE_LOGON:
		return progress->step == SMB_AT_TREE ? "the opening of IPC$"
						     : "the logon";
	case STAGE_PIPE:
		snprintf(room, size, "the opening of \\PIPE\\%s", scene->pipe);
		return room;
	case STAGE_SERVICE:
		return "the query of the service";
	case STAGE_APPLICATION:
		return "the reading of the Application log";
	case STAGE_SYSTEM:
		return "the reading of the System log";
	case STAGE_CLOCK:
		return "the query of its clock";
	case STAGE_NONE:
	case STAGE_RESOLVE:
	case STAGE_FILE:
	case STAGES:
		break;
	}
	return "the request";
}

static const char *protocol_name(enum smb_protocol protocol)
{
	static const char *const names[SMB_PROTOCOLS] = {"NT1", "SMB2", "SMB3"};
	return names[protocol];
}

static bool fail_to_agree(const struct rpc_scene *scene, struct failure *why)
{
	const struct target *target = scene->request->target;
	return fail_at(why, FAIL_PROTOCOL, STAGE_NEGOTIATE,
		"%s does not answer as an SMB server, or speaks none of the protocols %s "
		"to %s "
		"(smb-protocol)",
		target->address, protocol_name(target->smb_min),
		protocol_name(target->smb_max));
}

/* NT 4 hangs up where none of the dialects is one of its own. */
static bool fail_to_stay(
	const struct rpc_scene *scene, const char *what, struct failure *why)
{
	const struct target *target = scene->request->target;
	enum stage stage = stage_of(scene);
	if (stage != STAGE_NEGOTIATE)
		return fail_at(why, FAIL_REFUSED, stage,
			"%s closed the connection during %s", target->address, what);
	return fail_at(why, FAIL_REFUSED, stage,
		"%s closed the connection during %s: does it speak none of %s to %s "
		"(smb-protocol)?",
		target->address, what, protocol_name(target->smb_min),
		protocol_name(target->smb_max));
}

/* Samba found the signatures wrong, missing or unwanted; the server itself denied
 * nothing. */
static bool fail_to_sign(const struct rpc_scene *scene, struct failure *why)
{
	static const char *const names[SIGNINGS] = {"auto", "off", "required"};
	const struct target *target = scene->request->target;
	return fail_at(why, FAIL_UNSUPPORTED, STAGE_LOGON,
		"what %s signs or asks to be signed does not go together with "
		"smb-signing = %s",
		target->address, names[target->smb_signing]);
}

static bool fail_at_logon(
	const struct rpc_scene *scene, const struct meaning *refusal, struct failure *why)
{
	const struct credentials *account = scene->request->credentials;
	const char *domain = account->domain != NULL ? account->domain : "";
	return fail_at(why, refusal->kind, STAGE_LOGON,
		"%s refuses the account %s%s%s: %s", scene->request->target->address,
		domain, domain[0] != '\0' ? "\\" : "", account->username, refusal->text);
}

/* On the way to the pipe. */
static bool fail_on_the_way(const struct rpc_scene *scene, uint32_t status,
	const char *what, struct failure *why)
{
	const struct smb_progress *progress = rpc_loop_progress(scene->loop);
	const struct meaning *meaning = FIND(statuses, status);
	const struct meaning *refusal = FIND(refusals, status);
	bool is_logon = progress->step == SMB_AT_LOGON || progress->step == SMB_AT_TREE;
	if (progress->step == SMB_AT_NEGOTIATE &&
		(meaning == NULL || status == INVALID_NETWORK_RESPONSE))
		return fail_to_agree(scene, why);
	if (is_logon && refusal != NULL)
		return fail_at_logon(scene, refusal, why);
	if (is_logon && status == ACCESS_DENIED && progress->status == 0)
		return fail_to_sign(scene, why);
	if (meaning != NULL)
		return fail_at(why, meaning->kind, stage_of(scene), "%s (%s)",
			meaning->text, what);
	return fail_at(why, FAIL_PROTOCOL, stage_of(scene), "the server answered %s (%s)",
		nt_errstr(NT_STATUS(status)), what);
}

bool rpc_status_fail(const struct rpc_scene *scene, uint32_t status, struct failure *why)
{
	const struct target *target = scene->request->target;
	const struct failure *refusal = rpc_loop_refusal(scene->loop);
	int connect_error = rpc_loop_connect_error(scene->loop);
	const struct meaning *meaning = FIND(statuses, status);
	char room[64];
	const char *what = what_of(scene, room, sizeof(room));
	if (refusal != NULL) {
		*why = *refusal;
		return false;
	}
	if (connect_error == ECONNRESET)
		return fail_to_stay(scene, what, why);
	if (connect_error != 0)
		return reach_refused(target->address, rpc_account_port(scene->request),
			connect_error, why);
	if (rpc_loop_has_expired(scene->loop))
		return reach_timed_out(target->address, stage_of(scene), what, why);
	if (status == CONNECTION_DISCONNECTED)
		return fail_to_stay(scene, what, why);
	if (scene->stage == STAGE_NONE)
		return fail_on_the_way(scene, status, what, why);
	if (meaning != NULL)
		return fail_at(
			why, meaning->kind, scene->stage, "%s (%s)", meaning->text, what);
	return fail_at(why, FAIL_PROTOCOL, scene->stage, "the server answered %s (%s)",
		nt_errstr(NT_STATUS(status)), what);
}

bool rpc_win32_fail(const struct rpc_scene *scene, uint32_t error, const char *what,
	struct failure *why)
{
	const struct meaning *meaning = FIND(win32_errors, error);
	if (meaning != NULL)
		return fail_at(
			why, meaning->kind, scene->stage, "%s (%s)", meaning->text, what);
	const struct exit_code_entry *entry = exit_code_find(error);
	return fail_at(why, FAIL_PROTOCOL, scene->stage,
		"the server answered error %u%s%s (%s)", (unsigned)error,
		entry != NULL ? ", " : "", entry != NULL ? entry->meaning : "", what);
}

bool rpc_status_is_final(const struct rpc_scene *scene, uint32_t status)
{
	return rpc_loop_refusal(scene->loop) != NULL ||
		rpc_loop_has_expired(scene->loop) ||
		rpc_loop_connect_error(scene->loop) != 0 ||
		status == CONNECTION_DISCONNECTED || status == INVALID_NETWORK_RESPONSE ||
		(status == IO_TIMEOUT && scene->stage == STAGE_NONE) ||
		stage_of(scene) < STAGE_PIPE;
}
