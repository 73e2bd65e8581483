/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smb_progress.h"

#include <string.h>

#include "core/memory.h"

/* Once a command was answered without an error, the session is at the next step
 * ([MS-CIFS] 2.2.2.1, [MS-SMB2] 2.2.1.2). */
struct transition {
	unsigned version;
	uint16_t command;
	enum smb_step next;
};

static const struct transition transitions[] = {
	{1, 0x72, SMB_AT_LOGON}, /* SMB_COM_NEGOTIATE */
	{1, 0x73, SMB_AT_TREE},  /* SMB_COM_SESSION_SETUP_ANDX */
	{1, 0x75, SMB_AT_PIPE},  /* SMB_COM_TREE_CONNECT_ANDX */
	{1, 0xA2, SMB_AT_CALL},  /* SMB_COM_NT_CREATE_ANDX */
	{2, 0, SMB_AT_LOGON},    /* NEGOTIATE */
	{2, 1, SMB_AT_TREE},     /* SESSION_SETUP */
	{2, 3, SMB_AT_PIPE},     /* TREE_CONNECT */
	{2, 5, SMB_AT_CALL},     /* CREATE */
};

enum {
	SMB1_NEGOTIATE = 0x72,
	SMB1_NO_DIALECT = 0xFFFF, /* none of those offered ([MS-CIFS] 2.2.4.52.2) */
	SMB2_NEGOTIATE = 0,
	SMB2_WILDCARD = 0x02FF, /* the server asks for a second negotiation */
	SMB1_FLAGS2_SIGNED = 0x0004,
	SMB2_FLAGS_SIGNED = 0x0008
};

struct dialect {
	uint16_t number;
	const char *name;
};

static const struct dialect dialects[] = {
	{0x0202, "SMB 2.0.2"},
	{0x0210, "SMB 2.1"},
	{0x0300, "SMB 3.0"},
	{0x0302, "SMB 3.0.2"},
	{0x0311, "SMB 3.1.1"},
};

/* The message begins at once, or behind the four bytes of its length. */
static struct cursor message_in(struct bytes head, uint8_t *ret_protocol)
{
	for (size_t offset = 0; offset <= 4; offset += 4) {
		struct bytes name;
		if (!bytes_slice(head, offset, 4, &name) ||
			memcmp(name.data + 1, "SMB", 3) != 0)
			continue;
		*ret_protocol = name.data[0];
		struct cursor cursor = cursor_at(head);
		cursor_skip(&cursor, offset + 4);
		return cursor;
	}
	return (struct cursor){.failed = true};
}

static void advance(struct smb_progress *progress, uint16_t command)
{
	if (progress->status != 0)
		return;
	for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++) {
		const struct transition *transition = &transitions[i];
		if (transition->version == progress->version &&
			transition->command == command &&
			transition->next > progress->step)
			progress->step = transition->next;
	}
}

static void see_smb1(struct smb_progress *progress, struct cursor cursor)
{
	struct bytes command = cursor_bytes(&cursor, 1);
	uint32_t status = cursor_u32(&cursor);
	cursor_skip(&cursor, 1);
	uint16_t flags2 = cursor_u16(&cursor);
	if (cursor.failed)
		return;
	progress->version = 1;
	progress->status = status;
	progress->is_signed = (flags2 & SMB1_FLAGS2_SIGNED) != 0;
	progress->is_encrypted = false;
	cursor_skip(&cursor, 32 - 12 + 1);
	bool is_none = command.data[0] == SMB1_NEGOTIATE &&
		cursor_u16(&cursor) == SMB1_NO_DIALECT && !cursor.failed;
	if (!is_none)
		advance(progress, command.data[0]);
}

static void see_smb2(struct smb_progress *progress, struct cursor cursor)
{
	cursor_skip(&cursor, 4);
	uint32_t status = cursor_u32(&cursor);
	uint16_t command = cursor_u16(&cursor);
	cursor_skip(&cursor, 2);
	uint32_t flags = cursor_u32(&cursor);
	if (cursor.failed)
		return;
	progress->version = 2;
	progress->status = status;
	progress->is_signed = (flags & SMB2_FLAGS_SIGNED) != 0;
	progress->is_encrypted = false;
	if (command == SMB2_NEGOTIATE) {
		cursor_skip(&cursor, 64 - 20 + 4);
		progress->dialect = cursor_u16(&cursor);
	}
	if (command != SMB2_NEGOTIATE || progress->dialect != SMB2_WILDCARD)
		advance(progress, command);
}

void smb_progress_see(struct smb_progress *progress, struct bytes head)
{
	uint8_t protocol = 0;
	struct cursor cursor = message_in(head, &protocol);
	switch (protocol) {
	case 0xFF:
		see_smb1(progress, cursor);
		break;
	case 0xFE:
		see_smb2(progress, cursor);
		break;
	case 0xFD: /* [MS-SMB2] 2.2.41: nothing inside can be seen */
		progress->is_encrypted = true;
		break;
	}
}

char *smb_progress_level(void *parent, const struct smb_progress *progress)
{
	const char *protection = progress->is_encrypted ? "encrypted"
		: progress->is_signed                   ? "signed"
							: "unsigned";
	const char *name = "SMB2";
	if (progress->version == 0)
		return NULL;
	if (progress->version == 1)
		return memory_format(parent, "SMB1 %s", protection);
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (dialects[i].number == progress->dialect)
			name = dialects[i].name;
	}
	return memory_format(parent, "%s %s", name, protection);
}
