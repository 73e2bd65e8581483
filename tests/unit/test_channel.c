/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tevent.h>

#include "agent/channel.h"

enum { ENDS = 2, MAX_HEARD = 64, PATIENCE = 20 /* seconds */ };

/* A channel at one end, the bare socket at the other, and what was heard. */
struct line {
	struct tevent_context *loop;
	struct channel *channel;
	int far;
	size_t taken, ended;
	enum message_type types[MAX_HEARD];
	size_t lengths[MAX_HEARD];
	uint64_t hashes[MAX_HEARD];
	size_t file_counts[MAX_HEARD];
	char why[128];
	bool keeps_files, frees_at_take, frees_at_end;
	int kept[LOGS];
};

static void take(
	void *context, const struct message *message, int *files, size_t file_count)
{
	struct line *line = context;
	size_t at = line->taken++;
	assert_true(at < MAX_HEARD);
	line->types[at] = message->type;
	line->lengths[at] = message->body.length;
	line->hashes[at] = bytes_hash(message->body);
	line->file_counts[at] = file_count;
	for (size_t i = 0; line->keeps_files && i < file_count; i++) {
		line->kept[i] = files[i];
		files[i] = -1;
	}
	if (line->frees_at_take)
		TALLOC_FREE(line->channel);
}

static void end(void *context, const char *why)
{
	struct line *line = context;
	line->ended++;
	strncpy(line->why, why, sizeof(line->why) - 1);
	if (line->frees_at_end)
		TALLOC_FREE(line->channel);
}

static const struct channel_hooks hooks = {take, end};

static int close_far(struct line *line)
{
	if (line->far >= 0)
		close(line->far);
	return 0;
}

static struct line *new_line(void *parent)
{
	int ends[ENDS];
	struct line *line = memory_new(parent, struct line);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	line->loop = tevent_context_init(line);
	line->far = ends[1];
	line->channel = channel_new(line, line->loop, ends[0], &hooks, line);
	talloc_set_destructor(line, close_far);
	return line;
}

static void lose_patience(struct tevent_context *loop, struct tevent_timer *timer,
	struct timeval now, void *is_over)
{
	(void)loop;
	(void)timer;
	(void)now;
	*(bool *)is_over = true;
}

/* Runs the loop until so many messages and ends were heard. */
static void hear(struct line *line, size_t taken, size_t ended)
{
	bool is_over = false;
	struct tevent_timer *timer = tevent_add_timer(line->loop, line,
		tevent_timeval_current_ofs(PATIENCE, 0), lose_patience, &is_over);
	while (!is_over && (line->taken < taken || line->ended < ended))
		tevent_loop_once(line->loop);
	talloc_free(timer);
	assert_int_equal(line->taken, taken);
	assert_int_equal(line->ended, ended);
}

static struct packet *new_message(void *parent, enum message_type type, size_t length)
{
	struct packet *packet = message_begin(parent, type);
	for (size_t i = 0; i < length; i++)
		packet_u8(packet, (uint8_t)(i * 7 + i / 256));
	message_end(packet);
	return packet;
}

static uint64_t hash_of(const struct packet *packet)
{
	return bytes_hash((struct bytes){
		packet->data + MESSAGE_HEAD, packet->length - MESSAGE_HEAD});
}

static void send_bytes(const struct line *line, const void *data, size_t length)
{
	assert_int_equal(send(line->far, data, length, MSG_NOSIGNAL), length);
}

static int some_file(void)
{
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(file >= 0);
	return file;
}

static bool is_null_device(int file)
{
	struct stat status, wanted;
	return fstat(file, &status) == 0 && stat("/dev/null", &wanted) == 0 &&
		status.st_rdev == wanted.st_rdev;
}

static int open_files(void)
{
	int count = 0;
	for (int file = 0; file < 256; file++)
		count += fcntl(file, F_GETFD) >= 0;
	return count;
}

/* Sent as another program could do it: with any number of files. */
static void send_with_files(
	const struct line *line, const struct packet *packet, size_t count)
{
	enum { MANY = 8 };
	int files[MANY];
	char control[CMSG_SPACE(sizeof(files))] = {0};
	struct iovec place = {packet->data, packet->length};
	struct msghdr head = {.msg_iov = &place,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&head);
	for (size_t i = 0; i < count; i++)
		files[i] = some_file();
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(rights), files, count * sizeof(int));
	assert_int_equal(sendmsg(line->far, &head, 0), packet->length);
	for (size_t i = 0; i < count; i++)
		close(files[i]);
}

/* --- receiving in a loop --- */

static void messages_arrive_whole_and_in_order(void **state)
{
	static const size_t lengths[] = {0, 1, 100, 65536, 3};
	enum { COUNT = sizeof(lengths) / sizeof(lengths[0]) };
	struct line *line = new_line(*state);
	for (size_t i = 0; i < COUNT; i++) {
		struct packet *packet = new_message(*state, MESSAGE_STATE, lengths[i]);
		send_bytes(line, packet->data, packet->length);
	}
	hear(line, COUNT, 0);
	for (size_t i = 0; i < COUNT; i++) {
		struct packet *packet = new_message(*state, MESSAGE_STATE, lengths[i]);
		assert_int_equal(line->types[i], MESSAGE_STATE);
		assert_int_equal(line->lengths[i], lengths[i]);
		assert_true(line->hashes[i] == hash_of(packet));
	}
}

static void message_in_pieces_is_one_message(void **state)
{
	struct line *line = new_line(*state);
	struct packet *packet = new_message(*state, MESSAGE_STATE, 20);
	for (size_t i = 0; i < packet->length; i++) {
		assert_int_equal(line->taken, 0);
		send_bytes(line, packet->data + i, 1);
		tevent_loop_once(line->loop);
	}
	hear(line, 1, 0);
	assert_true(line->hashes[0] == hash_of(packet));
}

static void what_is_no_message_ends_the_channel(void **state)
{
	static const uint8_t rows[][MESSAGE_HEAD] = {
		{0, 0, 0, 0, 0, 0},
		{1, 0, 0, 0, MESSAGE_READY, 0},
		{2, 0, 0, 0, 0, 0},
		{2, 0, 0, 0, MESSAGE_TYPES, 0},
		{2, 0, 0, 0, MESSAGE_READY, 1},
		{0xFF, 0xFF, 0xFF, 0xFF, MESSAGE_READY, 0},
		{0, 0, 0, 5, MESSAGE_READY, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("row %zu", i);
		struct line *line = new_line(*state);
		struct packet *good = message_plain(*state, MESSAGE_ALIVE);
		send_bytes(line, good->data, good->length);
		send_bytes(line, rows[i], MESSAGE_HEAD);
		send_bytes(line, good->data, good->length);
		hear(line, 1, 1);
		assert_non_null(strstr(line->why, "no message"));
	}
	test_row("%s", "");
}

static void end_of_the_other_side_is_told_once(void **state)
{
	struct line *line = new_line(*state);
	struct packet *good = message_plain(*state, MESSAGE_ALIVE);
	send_bytes(line, good->data, good->length);
	send_bytes(line, good->data, 3);
	shutdown(line->far, SHUT_RDWR);
	hear(line, 1, 1);
	channel_send(line->channel, message_plain(*state, MESSAGE_ALIVE), NULL, 0);
	assert_int_equal(line->ended, 1);
}

static void hook_may_free_the_channel(void **state)
{
	struct line *line = new_line(*state);
	struct packet *good = message_plain(*state, MESSAGE_ALIVE);
	line->frees_at_take = true;
	for (int i = 0; i < 3; i++)
		send_bytes(line, good->data, good->length);
	hear(line, 1, 0);
	line = new_line(*state);
	line->frees_at_end = true;
	send_bytes(line, "\xFF\xFF\xFF\xFF\xFF\xFF", MESSAGE_HEAD);
	hear(line, 0, 1);
	line = new_line(*state);
	line->frees_at_end = true;
	shutdown(line->far, SHUT_RDWR);
	hear(line, 0, 1);
}

static void files_come_beside_their_message(void **state)
{
	struct line *line = new_line(*state);
	line->keeps_files = true;
	send_with_files(line, new_message(*state, MESSAGE_ORDER, 10), 2);
	hear(line, 1, 0);
	assert_int_equal(line->file_counts[0], 2);
	for (size_t i = 0; i < LOGS; i++) {
		assert_true(is_null_device(line->kept[i]));
		close(line->kept[i]);
	}
	struct packet *good = message_plain(*state, MESSAGE_ALIVE);
	send_bytes(line, good->data, good->length);
	hear(line, 2, 0);
	assert_int_equal(line->file_counts[1], 0);
}

static void files_that_nobody_keeps_are_closed(void **state)
{
	int before = open_files();
	struct line *line = new_line(*state);
	int with_line = open_files();
	send_with_files(line, new_message(*state, MESSAGE_ORDER, 1), 1);
	send_with_files(line, new_message(*state, MESSAGE_ORDER, 1), 5);
	hear(line, 2, 0);
	assert_true(line->file_counts[1] <= LOGS);
	assert_int_equal(open_files(), with_line);
	send_with_files(line, new_message(*state, MESSAGE_ORDER, 1), 1);
	talloc_free(line);
	assert_int_equal(open_files(), before);
}

/* --- sending in a loop --- */

static void long_messages_wait_for_the_reader(void **state)
{
	enum { COUNT = 3, LENGTH = 2 * 1024 * 1024 };
	struct line *line = new_line(*state);
	struct line *reader = memory_new(*state, struct line);
	uint64_t wanted = 0;
	for (int i = 0; i < COUNT; i++) {
		struct packet *packet = new_message(*state, MESSAGE_RESULT, LENGTH);
		wanted = hash_of(packet);
		channel_send(line->channel, packet, NULL, 0);
	}
	reader->loop = line->loop;
	reader->far = -1;
	reader->channel = channel_new(reader, line->loop, dup(line->far), &hooks, reader);
	hear(reader, COUNT, 0);
	for (int i = 0; i < COUNT; i++)
		assert_true(reader->hashes[i] == wanted);
	TALLOC_FREE(reader->channel);
}

static void files_are_sent_and_taken_over(void **state)
{
	struct line *line = new_line(*state);
	struct message message;
	int before = open_files(), files[LOGS];
	int sent[LOGS] = {some_file(), some_file()};
	size_t count = 0;
	channel_send(line->channel, new_message(*state, MESSAGE_ORDER, 5), sent, 2);
	channel_send(line->channel, new_message(*state, MESSAGE_GRANT, 1), NULL, 0);
	while (fcntl(sent[0], F_GETFD) >= 0)
		tevent_loop_once(line->loop);
	assert_int_equal(open_files(), before);
	assert_true(channel_read(line->far, *state, &message, files, &count));
	assert_int_equal(message.type, MESSAGE_ORDER);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_true(is_null_device(files[i]));
		close(files[i]);
	}
	assert_true(channel_read(line->far, *state, &message, files, &count));
	assert_int_equal(message.type, MESSAGE_GRANT);
	assert_int_equal(count, 0);
}

static void files_of_a_freed_channel_are_closed(void **state)
{
	int before = open_files(), sent[LOGS] = {some_file(), some_file()};
	struct line *line = new_line(*state);
	channel_send(line->channel, message_plain(*state, MESSAGE_ORDER), sent, 2);
	talloc_free(line);
	assert_int_equal(open_files(), before);
}

/* --- without a loop --- */

static void who_waits_reads_what_was_written(void **state)
{
	int ends[ENDS], files[LOGS];
	struct message message;
	size_t count = 7;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	for (size_t length = 0; length < 3000; length += 977) {
		struct packet *packet = new_message(*state, MESSAGE_DONE, length);
		assert_true(channel_write(ends[0], packet));
		assert_true(channel_write(ends[0], packet));
		for (int i = 0; i < 2; i++) {
			assert_true(
				channel_read(ends[1], *state, &message, files, &count));
			assert_int_equal(message.type, MESSAGE_DONE);
			assert_int_equal(count, 0);
			assert_true(bytes_hash(message.body) == hash_of(packet));
		}
	}
	close(ends[0]);
	assert_false(channel_read(ends[1], *state, &message, files, &count));
	assert_false(channel_write(ends[1], message_plain(*state, MESSAGE_READY)));
	close(ends[1]);
}

static void each_message_read_has_its_own_files(void **state)
{
	struct line *line = new_line(*state);
	struct message message;
	int ends[ENDS], files[LOGS];
	size_t count = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(line->far);
	line->far = ends[0];
	for (size_t i = 1; i <= LOGS; i++)
		send_with_files(line, new_message(*state, MESSAGE_ORDER, 9), i);
	for (size_t i = 1; i <= LOGS; i++) {
		assert_true(channel_read(ends[1], *state, &message, files, &count));
		assert_int_equal(count, i);
		while (count > 0)
			close(files[--count]);
	}
	close(ends[1]);
}

static void who_waits_refuses_what_is_no_message(void **state)
{
	static const uint8_t rows[][MESSAGE_HEAD] = {
		{0, 0, 0, 0, 0, 0},
		{1, 0, 0, 0, MESSAGE_READY, 0},
		{2, 0, 0, 0, 0, 0},
		{2, 0, 0, 0, MESSAGE_TYPES, 0},
		{9, 0, 0, 0, MESSAGE_READY, 0},
		{0xFF, 0xFF, 0xFF, 0xFF, MESSAGE_READY, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("row %zu", i);
		struct message message;
		int ends[ENDS], files[LOGS];
		size_t count = 0;
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		assert_int_equal(write(ends[0], rows[i], MESSAGE_HEAD), MESSAGE_HEAD);
		close(ends[0]);
		assert_false(channel_read(ends[1], *state, &message, files, &count));
		close(ends[1]);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(messages_arrive_whole_and_in_order),
		sentence(message_in_pieces_is_one_message),
		sentence(what_is_no_message_ends_the_channel),
		sentence(end_of_the_other_side_is_told_once),
		sentence(hook_may_free_the_channel),
		sentence(files_come_beside_their_message),
		sentence(files_that_nobody_keeps_are_closed),
		sentence(long_messages_wait_for_the_reader),
		sentence(files_are_sent_and_taken_over),
		sentence(files_of_a_freed_channel_are_closed),
		sentence(who_waits_reads_what_was_written),
		sentence(each_message_read_has_its_own_files),
		sentence(who_waits_refuses_what_is_no_message),
	};
	talloc_free(tevent_context_init(NULL)); /* what tevent keeps is no leak */
	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
