/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "source/smb_progress.h"

enum { ROOM = 128 };

/* Little-endian bytes, written one behind the other. */
struct writer {
	uint8_t bytes[ROOM];
	size_t length;
};

static void put(struct writer *writer, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size; i++)
		writer->bytes[writer->length++] = (uint8_t)(value >> (8 * i));
}

static struct bytes written(const struct writer *writer)
{
	return (struct bytes){writer->bytes, writer->length};
}

/* The first bytes of it, in a block of just that size, for the sanitizers. */
static struct bytes cut(void *parent, struct bytes whole, size_t length)
{
	uint8_t *copy = memory_required(talloc_memdup(parent, whole.data, length));
	return (struct bytes){copy, length};
}

static struct writer smb1(uint8_t command, uint32_t status, uint16_t flags2)
{
	struct writer head = {.length = 0};
	put(&head, 4, 0x23000000); /* the length before it */
	put(&head, 4, 0x424D53FF);
	put(&head, 1, command);
	put(&head, 4, status);
	put(&head, 1, 0x98);
	put(&head, 2, flags2);
	return head;
}

static struct writer smb2(
	uint16_t command, uint32_t status, uint32_t flags, uint16_t dialect)
{
	struct writer head = {.length = 0};
	put(&head, 4, 0x424D53FE);
	put(&head, 4, 64);
	put(&head, 4, status);
	put(&head, 2, command);
	put(&head, 2, 1);
	put(&head, 4, flags);
	while (head.length < 64)
		put(&head, 1, 0);
	put(&head, 4, 65);
	put(&head, 2, dialect);
	return head;
}

static void each_good_answer_is_a_step(void **state)
{
	static const struct {
		const char *name;
		unsigned version;
		uint16_t command;
		uint32_t status;
		enum smb_step from, to;
	} rows[] = {
		{"negotiated", 1, 0x72, 0, SMB_AT_NEGOTIATE, SMB_AT_LOGON},
		{"more of the logon", 1, 0x73, 0xC0000016, SMB_AT_LOGON, SMB_AT_LOGON},
		{"logged on", 1, 0x73, 0, SMB_AT_LOGON, SMB_AT_TREE},
		{"refused", 1, 0x73, 0xC000006D, SMB_AT_LOGON, SMB_AT_LOGON},
		{"IPC$", 1, 0x75, 0, SMB_AT_TREE, SMB_AT_PIPE},
		{"a pipe", 1, 0xA2, 0, SMB_AT_PIPE, SMB_AT_CALL},
		{"no such pipe", 1, 0xA2, 0xC0000034, SMB_AT_PIPE, SMB_AT_PIPE},
		{"another command", 1, 0x25, 0, SMB_AT_CALL, SMB_AT_CALL},
		{"an old step again", 1, 0x72, 0, SMB_AT_CALL, SMB_AT_CALL},
		{"negotiated", 2, 0, 0, SMB_AT_NEGOTIATE, SMB_AT_LOGON},
		{"logged on", 2, 1, 0, SMB_AT_LOGON, SMB_AT_TREE},
		{"IPC$", 2, 3, 0, SMB_AT_TREE, SMB_AT_PIPE},
		{"a pipe", 2, 5, 0, SMB_AT_PIPE, SMB_AT_CALL},
		{"a command of the other version", 2, 0x72, 0, SMB_AT_NEGOTIATE,
			SMB_AT_NEGOTIATE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smb_progress progress = {.step = rows[i].from};
		struct writer head = rows[i].version == 1
			? smb1((uint8_t)rows[i].command, rows[i].status, 0)
			: smb2(rows[i].command, rows[i].status, 0, 0x0210);
		test_row("SMB%u: %s", rows[i].version, rows[i].name);
		smb_progress_see(&progress, written(&head));
		assert_int_equal(progress.step, rows[i].to);
		assert_int_equal(progress.status, rows[i].status);
		assert_int_equal(progress.version, rows[i].version);
	}
}

static void a_wildcard_dialect_is_negotiated_again(void **state)
{
	struct smb_progress progress = {.step = SMB_AT_NEGOTIATE};
	struct writer first = smb2(0, 0, 0, 0x02FF), second = smb2(0, 0, 0, 0x0311);
	(void)state;
	smb_progress_see(&progress, written(&first));
	assert_int_equal(progress.step, SMB_AT_NEGOTIATE);
	smb_progress_see(&progress, written(&second));
	assert_int_equal(progress.step, SMB_AT_LOGON);
}

static void the_level_names_dialect_and_signing(void **state)
{
	struct smb_progress progress = {.step = SMB_AT_NEGOTIATE};
	assert_null(smb_progress_level(*state, &progress));
	struct writer head = smb1(0x72, 0, 0x0004);
	smb_progress_see(&progress, written(&head));
	assert_string_equal(smb_progress_level(*state, &progress), "SMB1 signed");
	head = smb1(0x72, 0, 0xC001);
	smb_progress_see(&progress, written(&head));
	assert_string_equal(smb_progress_level(*state, &progress), "SMB1 unsigned");

	struct smb_progress newer = {.step = SMB_AT_NEGOTIATE};
	head = smb2(0, 0, 0, 0x0311);
	smb_progress_see(&newer, written(&head));
	head = smb2(5, 0, 0x0008, 0);
	smb_progress_see(&newer, written(&head));
	assert_string_equal(smb_progress_level(*state, &newer), "SMB 3.1.1 signed");
	smb_progress_see(&newer, (struct bytes){(const uint8_t *)"\xFDSMB", 4});
	assert_string_equal(smb_progress_level(*state, &newer), "SMB 3.1.1 encrypted");
}

static void what_is_no_head_changes_nothing(void **state)
{
	struct writer whole = smb1(0x72, 0, 0);
	for (size_t length = 0; length < whole.length; length++) {
		struct smb_progress progress = {.step = SMB_AT_NEGOTIATE};
		test_row("%zu bytes", length);
		smb_progress_see(&progress, cut(*state, written(&whole), length));
		assert_int_equal(progress.step, SMB_AT_NEGOTIATE);
		assert_int_equal(progress.version, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(each_good_answer_is_a_step),
		sentence(a_wildcard_dialect_is_negotiated_again),
		sentence(the_level_names_dialect_and_signing),
		sentence(what_is_no_head_changes_nothing),
	};
	return cmocka_run_group_tests_name("smb_progress", tests, NULL, NULL);
}
