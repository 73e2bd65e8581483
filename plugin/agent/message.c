/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message.h"

#include <limits.h>
#include <string.h>

#include "core/config.h"
#include "core/memory.h"
#include "core/state_text.h"

enum { NAME_LIMIT = 1024, SECRET_LIMIT = CREDENTIALS_MAX_BYTES, NAMES_LIMIT = 64 };

struct packet *message_begin(void *parent, enum message_type type)
{
	struct packet *packet = packet_new(parent);
	packet_u32(packet, 0);
	packet_u16(packet, (uint16_t)type);
	return packet;
}

void message_end(struct packet *packet)
{
	uint32_t length = (uint32_t)(packet->length - sizeof(length));
	for (size_t i = 0; i < sizeof(length); i++)
		packet->data[i] = (uint8_t)(length >> (8 * i));
}

struct packet *message_plain(void *parent, enum message_type type)
{
	struct packet *packet = message_begin(parent, type);
	message_end(packet);
	return packet;
}

/* Taken to the end, and nothing is left over. */
static bool is_whole(const struct cursor *cursor)
{
	return !cursor->failed && cursor->rest.length == 0;
}

/* --- between parent and keeper --- */

struct packet *message_put_config(void *parent, const struct message_config *config)
{
	struct packet *packet = message_begin(parent, MESSAGE_CONFIG);
	packet_u32(packet, config->generation);
	packet_text(packet, config->path);
	packet_bytes(packet, config->text);
	message_end(packet);
	return packet;
}

bool message_take_config(void *parent, struct bytes body, struct message_config *ret)
{
	struct cursor cursor = cursor_at(body);
	ret->generation = cursor_u32(&cursor);
	ret->path = take_text(parent, &cursor, PATH_MAX);
	ret->text = take_bytes(&cursor, CONFIG_MAX_BYTES);
	return is_whole(&cursor) && ret->path != NULL;
}

struct packet *message_put_state(void *parent, const struct message_state *state)
{
	struct packet *packet = message_begin(parent, MESSAGE_STATE);
	packet_text(packet, state->server);
	packet_bytes(packet, state->text);
	message_end(packet);
	return packet;
}

bool message_take_state(void *parent, struct bytes body, struct message_state *ret)
{
	struct cursor cursor = cursor_at(body);
	ret->server = take_text(parent, &cursor, NAME_LIMIT);
	ret->text = take_bytes(&cursor, STATE_MAX_BYTES);
	return is_whole(&cursor) && ret->server != NULL;
}

struct packet *message_put_result(void *parent, const struct message_result *result)
{
	struct packet *packet = message_begin(parent, MESSAGE_RESULT);
	packet_text(packet, result->server);
	packet_u32(packet, result->generation);
	packet_u8(packet, (uint8_t)result->end);
	packet_u8(packet, result->has_lost_worker);
	packet_u8(packet, result->is_extra);
	packet_u32(packet, result->took_ms);
	packet_i64(packet, result->next_poll);
	packet_i64(packet, result->backoff_until);
	packet_bytes(packet, result->evidence);
	message_end(packet);
	return packet;
}

bool message_take_result(void *parent, struct bytes body, struct message_result *ret)
{
	struct cursor cursor = cursor_at(body);
	ret->server = take_text(parent, &cursor, NAME_LIMIT);
	ret->generation = cursor_u32(&cursor);
	ret->end = take_choice(&cursor, POLL_ENDS);
	ret->has_lost_worker = take_flag(&cursor);
	ret->is_extra = take_flag(&cursor);
	ret->took_ms = cursor_u32(&cursor);
	ret->next_poll = take_i64(&cursor);
	ret->backoff_until = take_i64(&cursor);
	ret->evidence = take_bytes(&cursor, EVIDENCE_MAX_BYTES);
	return is_whole(&cursor) && ret->server != NULL;
}

/* The hint stands there as imc-trap wrote it. */
struct packet *message_put_hint(void *parent, const struct message_hint *hint)
{
	uint8_t datagram[HINT_BYTES];
	struct packet *packet = message_begin(parent, MESSAGE_HINT);
	hint_encode(&hint->hint, datagram);
	packet_u32(packet, hint->number);
	packet_bytes(packet, (struct bytes){datagram, sizeof(datagram)});
	message_end(packet);
	return packet;
}

bool message_take_hint(struct bytes body, struct message_hint *ret)
{
	struct cursor cursor = cursor_at(body);
	ret->number = cursor_u32(&cursor);
	struct bytes datagram = take_bytes(&cursor, HINT_BYTES);
	return is_whole(&cursor) && hint_decode(datagram, &ret->hint);
}

struct packet *message_put_hinted(void *parent, const struct message_hinted *hinted)
{
	struct packet *packet = message_begin(parent, MESSAGE_HINTED);
	packet_u32(packet, hinted->number);
	packet_text(packet, hinted->server);
	message_end(packet);
	return packet;
}

bool message_take_hinted(void *parent, struct bytes body, struct message_hinted *ret)
{
	struct cursor cursor = cursor_at(body);
	ret->number = cursor_u32(&cursor);
	ret->server = take_text(parent, &cursor, NAME_LIMIT);
	return is_whole(&cursor) && ret->server != NULL;
}

/* --- between keeper and worker --- */

struct packet *message_put_account(void *parent, const struct credentials *account)
{
	struct packet *packet = message_begin(parent, MESSAGE_ACCOUNT);
	packet_keep_secret(packet);
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++)
		packet_text(packet, *credentials_field((struct credentials *)account, i));
	message_end(packet);
	return packet;
}

bool message_take_account(void *parent, struct bytes body, struct credentials **ret)
{
	struct cursor cursor = cursor_at(body);
	struct credentials *account = credentials_new(parent);
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++)
		*credentials_field(account, i) =
			take_text(account, &cursor, SECRET_LIMIT);
	if (!is_whole(&cursor)) {
		talloc_free(account);
		return false;
	}
	*ret = account;
	return true;
}

/* What collecting needs of a target; how its evidence is judged is the parent's. */
static void put_target(struct packet *packet, const struct target *target)
{
	packet_text(packet, target->server);
	packet_text(packet, target->address);
	packet_text(packet, target->source);
	packet_u32(packet, target->port);
	packet_text(packet, target->credentials);
	packet_text(packet, target->evt);
	packet_text(packet, target->system_evt);
	packet_text(packet, target->remote_server);
	packet_u8(packet, (uint8_t)target->snmp_version);
	packet_text(packet, target->watch.service);
	packet_u32(packet, (uint32_t)target->watch.display_name_count);
	for (size_t i = 0; i < target->watch.display_name_count; i++)
		packet_text(packet, target->watch.display_names[i]);
	packet_u8(packet, (uint8_t)target->smb_min);
	packet_u8(packet, (uint8_t)target->smb_max);
	packet_u8(packet, (uint8_t)target->smb_signing);
	packet_u8(packet, target->allows_ntlmv1);
	packet_i64(packet, target->policy.lookback);
	packet_i64(packet, target->policy.boot_window);
}

static void take_watch(struct target *target, struct cursor *cursor)
{
	target->watch.service = take_text(target, cursor, NAME_LIMIT);
	uint32_t count = cursor_u32(cursor);
	if (count > NAMES_LIMIT || target->watch.service == NULL)
		cursor->failed = true;
	const char **names =
		memory_array(target, const char *, cursor->failed ? 0 : count);
	target->watch.display_names = names;
	for (uint32_t i = 0; i < count && !cursor->failed; i++) {
		names[i] = take_text(names, cursor, NAME_LIMIT);
		if (names[i] == NULL)
			cursor->failed = true;
	}
	target->watch.display_name_count = cursor->failed ? 0 : count;
}

static struct target *take_target(void *parent, struct cursor *cursor)
{
	struct target *target = memory_new(parent, struct target);
	target->policy = policy_default();
	target->server = take_text(target, cursor, NAME_LIMIT);
	target->address = take_text(target, cursor, NAME_LIMIT);
	target->source = take_text(target, cursor, NAME_LIMIT);
	target->port = cursor_u32(cursor);
	target->credentials = take_text(target, cursor, PATH_MAX);
	target->evt = take_text(target, cursor, PATH_MAX);
	target->system_evt = take_text(target, cursor, PATH_MAX);
	target->remote_server = take_text(target, cursor, NAME_LIMIT);
	target->snmp_version = take_choice(cursor, SNMP_VERSIONS);
	take_watch(target, cursor);
	target->smb_min = take_choice(cursor, SMB_PROTOCOLS);
	target->smb_max = take_choice(cursor, SMB_PROTOCOLS);
	target->smb_signing = take_choice(cursor, SIGNINGS);
	target->allows_ntlmv1 = take_flag(cursor);
	target->policy.lookback = take_i64(cursor);
	target->policy.boot_window = take_i64(cursor);
	if (target->server == NULL || target->source == NULL)
		cursor->failed = true;
	return target;
}

static void put_addresses(struct packet *packet, const struct addresses *addresses)
{
	packet_u8(packet, (uint8_t)addresses->count);
	for (size_t i = 0; i < addresses->count; i++)
		packet_text(packet, addresses->text[i]);
}

static void take_addresses(struct cursor *cursor, struct addresses *ret)
{
	*ret = (struct addresses){0};
	ret->count = take_choice(cursor, RESOLVE_MAX + 1);
	for (size_t i = 0; i < ret->count; i++) {
		char *text = take_text(NULL, cursor, RESOLVE_TEXT - 1);
		if (text == NULL)
			cursor->failed = true;
		else
			memcpy(ret->text[i], text, strlen(text) + 1);
		talloc_free(text);
	}
}

static void put_files(struct packet *packet, const struct message_order *order)
{
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		packet_u8(packet, order->has_file[kind]);
		packet_u8(packet, order->has_file_failure[kind]);
		if (order->has_file_failure[kind])
			message_put_failure(packet, &order->file_failure[kind]);
	}
}

static void take_files(struct cursor *cursor, struct message_order *ret)
{
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		ret->has_file[kind] = take_flag(cursor);
		ret->has_file_failure[kind] = take_flag(cursor);
		if (ret->has_file_failure[kind])
			message_take_failure(cursor, &ret->file_failure[kind]);
	}
}

struct packet *message_put_order(void *parent, const struct message_order *order)
{
	struct packet *packet = message_begin(parent, MESSAGE_ORDER);
	put_target(packet, order->target);
	put_addresses(packet, &order->addresses);
	put_files(packet, order);
	packet_bytes(packet, order->state);
	packet_i64(packet, order->now);
	packet_i64(packet, order->deadline_ms);
	message_end(packet);
	return packet;
}

bool message_take_order(void *parent, struct bytes body, struct message_order *ret)
{
	struct cursor cursor = cursor_at(body);
	*ret = (struct message_order){.target = take_target(parent, &cursor)};
	take_addresses(&cursor, &ret->addresses);
	take_files(&cursor, ret);
	ret->state = take_bytes(&cursor, STATE_MAX_BYTES);
	ret->now = take_i64(&cursor);
	ret->deadline_ms = take_i64(&cursor);
	return is_whole(&cursor);
}

struct packet *message_put_grant(void *parent, bool is_granted)
{
	struct packet *packet = message_begin(parent, MESSAGE_GRANT);
	packet_u8(packet, is_granted);
	message_end(packet);
	return packet;
}

bool message_take_grant(struct bytes body, bool *ret_is_granted)
{
	struct cursor cursor = cursor_at(body);
	*ret_is_granted = take_flag(&cursor);
	return is_whole(&cursor);
}

struct packet *message_put_done(void *parent, const struct message_done *done)
{
	struct packet *packet = message_begin(parent, MESSAGE_DONE);
	packet_u8(packet, (uint8_t)done->end);
	packet_u8(packet, (uint8_t)done->logon);
	packet_u8(packet, done->is_spent);
	packet_bytes(packet, done->evidence);
	message_end(packet);
	return packet;
}

bool message_take_done(struct bytes body, struct message_done *ret)
{
	struct cursor cursor = cursor_at(body);
	ret->end = take_choice(&cursor, POLL_ENDS);
	ret->logon = take_choice(&cursor, LOGON_ENDS);
	ret->is_spent = take_flag(&cursor);
	ret->evidence = take_bytes(&cursor, EVIDENCE_MAX_BYTES);
	return is_whole(&cursor);
}
