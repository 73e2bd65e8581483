/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message between imc-agentd's roles: the first byte is its type, the rest its body.
 * Whatever is taken is the same after it was put again. A parent judges evidence that a
 * worker sent, and remembers it, whoever has taken the worker over.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/message.h"
#include "core/infer.h"
#include "core/judge.h"
#include "core/memory.h"
#include "core/state_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1795338000 };

static void expect_same(struct bytes wanted, const uint8_t *data, size_t length)
{
	if (length != wanted.length || memcmp(data, wanted.data, length) != 0)
		abort();
}

static void expect_body(struct bytes body, const struct packet *packet)
{
	expect_same(body, packet->data + MESSAGE_HEAD, packet->length - MESSAGE_HEAD);
}

static void judge_and_remember(void *parent, struct evidence *evidence)
{
	struct policy policy = policy_default();
	struct state *before = state_new(parent), *again;
	struct failure why;
	state_recall(before, evidence, NOW);
	infer_service_state(evidence, &policy, NOW + evidence->clock_skew);
	struct state *after = state_after(parent, before, evidence, &policy, NOW);
	char *text = state_format(parent, "EXCH01", after);
	struct bytes bytes = {(const uint8_t *)text, strlen(text)};
	if (!state_parse(parent, "fuzz.state", "EXCH01", bytes, &again, &why))
		abort();
	judge(parent, evidence, &policy, NOW);
}

static void take_evidence(void *parent, struct bytes bytes)
{
	struct evidence *evidence;
	if (!message_take_evidence(parent, "EXCH01", bytes, &evidence))
		return;
	struct packet *packet = packet_new(parent);
	message_put_evidence(packet, evidence);
	expect_same(bytes, packet->data, packet->length);
	judge_and_remember(parent, evidence);
}

static void take_config(void *parent, struct bytes body)
{
	struct message_config config;
	if (message_take_config(parent, body, &config))
		expect_body(body, message_put_config(parent, &config));
}

static void take_state(void *parent, struct bytes body)
{
	struct message_state state;
	if (message_take_state(parent, body, &state))
		expect_body(body, message_put_state(parent, &state));
}

static void take_result(void *parent, struct bytes body)
{
	struct message_result result;
	if (!message_take_result(parent, body, &result))
		return;
	expect_body(body, message_put_result(parent, &result));
	take_evidence(parent, result.evidence);
}

static void take_hint(void *parent, struct bytes body)
{
	struct message_hint hint;
	if (message_take_hint(body, &hint))
		expect_body(body, message_put_hint(parent, &hint));
}

static void take_hinted(void *parent, struct bytes body)
{
	struct message_hinted hinted;
	if (message_take_hinted(parent, body, &hinted))
		expect_body(body, message_put_hinted(parent, &hinted));
}

static void take_account(void *parent, struct bytes body)
{
	struct credentials *account;
	if (message_take_account(parent, body, &account))
		expect_body(body, message_put_account(parent, account));
}

static void take_order(void *parent, struct bytes body)
{
	struct message_order order;
	if (message_take_order(parent, body, &order))
		expect_body(body, message_put_order(parent, &order));
}

static void take_grant(void *parent, struct bytes body)
{
	bool is_granted;
	if (message_take_grant(body, &is_granted))
		expect_body(body, message_put_grant(parent, is_granted));
}

static void take_done(void *parent, struct bytes body)
{
	struct message_done done;
	if (!message_take_done(body, &done))
		return;
	expect_body(body, message_put_done(parent, &done));
	take_evidence(parent, done.evidence);
}

static void (*const takes[MESSAGE_TYPES])(void *parent, struct bytes body) = {
	[0] = take_evidence, /* which is no message of its own */
	[MESSAGE_CONFIG] = take_config,
	[MESSAGE_STATE] = take_state,
	[MESSAGE_RESULT] = take_result,
	[MESSAGE_HINT] = take_hint,
	[MESSAGE_HINTED] = take_hinted,
	[MESSAGE_ACCOUNT] = take_account,
	[MESSAGE_ORDER] = take_order,
	[MESSAGE_GRANT] = take_grant,
	[MESSAGE_DONE] = take_done,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || data[0] >= MESSAGE_TYPES || takes[data[0]] == NULL)
		return 0;
	void *parent = memory_required(talloc_new(NULL));
	takes[data[0]](parent, (struct bytes){data + 1, size - 1});
	talloc_free(parent);
	return 0;
}
