/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/channel.h"
#include "agent/log.h"
#include "agent/role.h"
#include "agent/worker.h"
#include "core/name.h"
#include "core/state_text.h"
#include "evt_writer.h"
#include "source/deadline.h"

/* This program is what role_start() executes: the tests play the keeper, a worker is a
 * worker, and a keeper tells how it was started. */

enum { NOW = 1700000000, BOOTED = NOW - 3600, ENOUGH_MS = 20000, LAST_FILE = 255 };

static const struct made_event application[] = {
	{.number = 1, .time = BOOTED + 30, .id = 0x400003E8, .source = "MSExchangeIMC"},
	{.number = 2, .time = BOOTED + 60, .id = 0xC0000FE7, .source = "MSExchangeIMC"},
};
static const struct made_event system_log[] = {
	{.number = 1, .time = BOOTED, .id = 0x80001775, .source = "EventLog"},
};

/* --- how a child finds itself --- */

struct self {
	int open_files; /* above stdin, stdout and stderr */
	bool has_channel, can_be_dumped, can_gain, ignores_pipe, blocks_signals;
	bool hears_alarm, hears_hangup;
	int death_signal;
	uint64_t core_bytes;
};

static int tell_of_self(void)
{
	struct self self = {.open_files = 0};
	struct sigaction pipe, alarm, hangup;
	struct rlimit core;
	sigset_t blocked;
	for (int file = STDERR_FILENO + 1; file <= LAST_FILE; file++)
		self.open_files += fcntl(file, F_GETFD) >= 0;
	self.has_channel = fcntl(ROLE_SOCKET, F_GETFD) >= 0;
	self.can_be_dumped = prctl(PR_GET_DUMPABLE) != 0;
	self.can_gain = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
	prctl(PR_GET_PDEATHSIG, &self.death_signal);
	sigaction(SIGPIPE, NULL, &pipe);
	sigaction(SIGALRM, NULL, &alarm);
	sigaction(SIGHUP, NULL, &hangup);
	self.ignores_pipe = pipe.sa_handler == SIG_IGN;
	self.hears_alarm = alarm.sa_handler == SIG_DFL;
	self.hears_hangup = hangup.sa_handler != SIG_IGN;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	self.blocks_signals = sigismember(&blocked, SIGTERM) == 1;
	getrlimit(RLIMIT_CORE, &core);
	self.core_bytes = core.rlim_cur;
	return write(ROLE_SOCKET, &self, sizeof(self)) == sizeof(self) ? 0 : 1;
}

static void child_is_started_anew(void **state)
{
	(void)state;
	struct role_process child;
	struct self self = {0};
	struct failure why;
	sigset_t term, before;
	int status = -1, extra = dup(STDERR_FILENO);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	assert_true(role_start(ROLE_OF_KEEPER, &child, &why));
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(read(child.socket, &self, sizeof(self)), sizeof(self));
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	close(child.socket);
	close(extra);
	assert_int_equal(status, 0);
	assert_int_equal(self.open_files, 1);
	assert_true(self.has_channel && self.ignores_pipe && self.hears_alarm);
	assert_false(self.can_gain || self.blocks_signals || self.hears_hangup);
	assert_int_equal(self.death_signal, SIGKILL);
	assert_int_equal(self.core_bytes, 0);
#ifndef __SANITIZE_ADDRESS__
	assert_false(self.can_be_dumped);
#endif
}

static void child_that_cannot_be_started_is_told(void **state)
{
	(void)state;
	struct role_process child;
	struct failure why;
	struct rlimit before, none;
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){0, before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	bool is_started = role_start(ROLE_OF_WORKER, &child, &why);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_false(is_started);
	assert_int_equal(why.kind, FAIL_SYSTEM);
	assert_non_null(strstr(why.text, "worker"));
}

static void words_alone_make_no_child(void **state)
{
	(void)state;
	static char name[] = "imc-agentd", keeper[] = "--role=keeper",
		    other[] = "--role=other";
	char *words[] = {name, keeper, NULL}, *others[] = {name, other, NULL};
	int ends[2], kept = dup(ROLE_SOCKET);
	close(ROLE_SOCKET);
	assert_int_equal(role_of(2, words), ROLE_OF_PARENT);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	int far = dup(ends[1]);
	assert_int_equal(dup2(ends[0], ROLE_SOCKET), ROLE_SOCKET);
	assert_int_equal(role_of(2, words), ROLE_OF_KEEPER);
	assert_int_equal(role_of(1, words), ROLE_OF_PARENT);
	assert_int_equal(role_of(2, others), ROLE_OF_PARENT);
	close(ROLE_SOCKET);
	assert_int_equal(open("/dev/null", O_RDONLY), ROLE_SOCKET);
	assert_int_equal(role_of(2, words), ROLE_OF_PARENT);
	close(ends[0]);
	close(ends[1]);
	close(far);
	if (kept >= 0) {
		dup2(kept, ROLE_SOCKET);
		close(kept);
	}
}

/* --- a worker and its keeper --- */

static struct message hear(void *parent, const struct role_process *worker)
{
	struct message message = {0};
	int files[LOGS];
	size_t file_count = 0;
	assert_true(channel_read(worker->socket, parent, &message, files, &file_count));
	assert_int_equal(file_count, 0);
	return message;
}

static struct role_process new_worker(void *parent)
{
	struct role_process worker;
	struct failure why;
	assert_true(role_start(ROLE_OF_WORKER, &worker, &why));
	assert_int_equal(hear(parent, &worker).type, MESSAGE_READY);
	return worker;
}

/* Its exit status, once it has seen that nobody listens any more. */
static int dismiss(const struct role_process *worker)
{
	int status = -1;
	close(worker->socket);
	assert_int_equal(waitpid(worker->pid, &status, 0), worker->pid);
	return status;
}

/* True: it hung up by itself. */
static bool ends(void *parent, const struct role_process *worker)
{
	struct message message;
	int files[LOGS];
	size_t file_count = 0;
	bool is_over =
		!channel_read(worker->socket, parent, &message, files, &file_count);
	return dismiss(worker) == 0 && is_over;
}

static void tell(const struct role_process *worker, const struct packet *packet,
	const int *files, size_t file_count)
{
	char control[CMSG_SPACE(LOGS * sizeof(int))] = {0};
	struct iovec place = {packet->data, packet->length};
	struct msghdr head = {.msg_iov = &place, .msg_iovlen = 1};
	if (file_count > 0) {
		head.msg_control = control;
		head.msg_controllen = CMSG_SPACE(file_count * sizeof(int));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&head);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(file_count * sizeof(int));
		memcpy(CMSG_DATA(rights), files, file_count * sizeof(int));
	}
	assert_int_equal(sendmsg(worker->socket, &head, 0), packet->length);
}

static struct message_order new_order(void *parent, const char *source)
{
	struct target *target = target_new(parent);
	target->server = memory_copy(target, "EXCH01");
	target->source = memory_copy(target, source);
	target->evt = memory_copy(target, "/nowhere/AppEvent.Evt");
	target->system_evt = memory_copy(target, "/nowhere/SysEvent.Evt");
	return (struct message_order){.target = target,
		.has_file = {true, true},
		.now = NOW,
		.deadline_ms = deadline_in(ENOUGH_MS)};
}

/* An open file without a name, last changed at `modified`. */
static int new_file(struct bytes content, int64_t modified)
{
	char path[] = "/tmp/imc-test-XXXXXX";
	int file = mkstemp(path);
	struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
	assert_true(file >= 0);
	unlink(path);
	assert_int_equal(write(file, content.data, content.length), content.length);
	assert_int_equal(futimens(file, times), 0);
	return file;
}

struct logs {
	int files[LOGS];
};

static struct logs new_logs(void *parent)
{
	return (struct logs){{
		new_file(made_file(parent, MADE_DIRTY, application, 2).file, NOW - 10),
		new_file(made_file(parent, MADE_CLEAN, system_log, 1).file, NOW - 90),
	}};
}

static void close_logs(const struct logs *logs)
{
	close(logs->files[LOG_APPLICATION]);
	close(logs->files[LOG_SYSTEM]);
}

/* What the worker answers to an order. */
struct answer {
	struct message_done done;
	struct evidence *evidence;
};

static struct answer answer_of(void *parent, const struct role_process *worker)
{
	struct answer answer;
	struct message message = hear(parent, worker);
	assert_int_equal(message.type, MESSAGE_DONE);
	assert_true(message_take_done(message.body, &answer.done));
	assert_true(message_take_evidence(
		parent, "EXCH01", answer.done.evidence, &answer.evidence));
	return answer;
}

static struct answer poll_once(void *parent, const struct role_process *worker,
	const struct message_order *order)
{
	struct logs logs = new_logs(parent);
	size_t count = order->has_file[0] + order->has_file[1];
	const int *files = logs.files + (order->has_file[0] ? 0 : 1);
	tell(worker, message_put_order(parent, order), files, count);
	close_logs(&logs);
	return answer_of(parent, worker);
}

static void worker_is_ready_and_ends_with_its_keeper(void **state)
{
	struct role_process worker = new_worker(*state);
	assert_int_equal(dismiss(&worker), 0);
}

static void copied_logs_are_read_from_the_files_that_came(void **state)
{
	struct role_process worker = new_worker(*state);
	struct message_order order = new_order(*state, "evt");
	for (int round = 0; round < 3; round++) {
		test_row("round %d", round);
		struct answer answer = poll_once(*state, &worker, &order);
		const struct evidence *evidence = answer.evidence;
		assert_int_equal(answer.done.end, POLL_LEARNED);
		assert_int_equal(answer.done.logon, LOGON_NOT_TRIED);
		assert_string_equal(evidence->source, "evt");
		assert_true(evidence_has(evidence, PART_APPLICATION));
		assert_true(evidence_has(evidence, PART_SYSTEM));
		assert_int_equal(evidence->logs[LOG_APPLICATION].event_count, 2);
		assert_int_equal(
			log_last_boot(&evidence->logs[LOG_SYSTEM])->time, BOOTED);
		assert_int_equal(evidence->observed_at, NOW - 90);
		assert_true(evidence->watched == watch_hash(&order.target->watch));
	}
	test_row("%s", "");
	assert_int_equal(dismiss(&worker), 0);
}

static void file_that_could_not_be_opened_has_its_reason(void **state)
{
	struct role_process worker = new_worker(*state);
	struct message_order order = new_order(*state, "evt");
	struct failure *why = &order.file_failure[LOG_APPLICATION];
	order.has_file[LOG_APPLICATION] = false;
	order.has_file_failure[LOG_APPLICATION] = true;
	fail_at(why, FAIL_SYSTEM, STAGE_FILE, "it is not there");
	struct answer answer = poll_once(*state, &worker, &order);
	assert_int_equal(answer.done.end, POLL_LEARNED);
	assert_true(evidence_has(answer.evidence, PART_SYSTEM));
	assert_string_equal(answer.evidence->parts[PART_APPLICATION].why.text, why->text);
	order.has_file[LOG_SYSTEM] = false;
	order.has_file_failure[LOG_SYSTEM] = true;
	order.file_failure[LOG_SYSTEM] = *why;
	answer = poll_once(*state, &worker, &order);
	assert_int_equal(answer.done.end, POLL_FAILED);
	assert_int_equal(answer.evidence->observed_at, NOW);
	assert_int_equal(dismiss(&worker), 0);
}

static void files_and_what_the_order_says_of_them_must_agree(void **state)
{
	static const struct {
		bool has_file[LOGS], has_failure[LOGS];
		size_t sent;
	} rows[] = {
		{{true, true}, {false, false}, 1},
		{{true, true}, {false, false}, 0},
		{{true, false}, {false, true}, 2},
		{{true, false}, {false, false}, 1},
		{{false, false}, {true, true}, 1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("row %zu", i);
		struct role_process worker = new_worker(*state);
		struct message_order order = new_order(*state, "evt");
		struct logs logs = new_logs(*state);
		memcpy(order.has_file, rows[i].has_file, sizeof(order.has_file));
		memcpy(order.has_file_failure, rows[i].has_failure,
			sizeof(order.has_file_failure));
		tell(&worker, message_put_order(*state, &order), logs.files,
			rows[i].sent);
		close_logs(&logs);
		assert_true(ends(*state, &worker));
	}
	test_row("%s", "");
}

/* What is remembered after this evidence. */
static char *remembered(
	void *parent, const struct target *target, const struct evidence *evidence)
{
	struct policy policy = policy_default();
	struct state *after =
		state_after(parent, state_new(parent), evidence, &policy, NOW);
	return state_format(parent, name_of_state(parent, target), after);
}

static void what_is_remembered_is_not_read_again(void **state)
{
	struct role_process worker = new_worker(*state);
	struct message_order order = new_order(*state, "evt");
	struct answer answer = poll_once(*state, &worker, &order);
	const char *text = remembered(*state, order.target, answer.evidence);
	order.state = (struct bytes){(const uint8_t *)text, strlen(text)};
	answer = poll_once(*state, &worker, &order);
	assert_true(answer.evidence->logs[LOG_APPLICATION].stopped_at_bookmark);
	assert_int_equal(dismiss(&worker), 0);
}

static void memory_that_cannot_be_read_is_done_without(void **state)
{
	struct role_process worker = new_worker(*state);
	struct message_order order = new_order(*state, "evt");
	order.state = (struct bytes){(const uint8_t *)"nonsense", 8};
	struct answer answer = poll_once(*state, &worker, &order);
	assert_int_equal(answer.done.end, POLL_LEARNED);
	assert_false(answer.evidence->logs[LOG_APPLICATION].stopped_at_bookmark);
	assert_int_equal(dismiss(&worker), 0);
}

/* And the worker says that it is of no more use. */
static void source_that_cannot_be_loaded_is_the_reason_of_each_part(void **state)
{
	struct role_process worker = new_worker(*state);
	struct message_order order = new_order(*state, "carrier-pigeon");
	struct answer answer = poll_once(*state, &worker, &order);
	assert_int_equal(answer.done.end, POLL_FAILED);
	assert_int_equal(answer.done.logon, LOGON_NOT_TRIED);
	assert_true(answer.done.is_spent);
	for (size_t i = 0; i < SERVER_PARTS; i++) {
		const struct part_report *report =
			&answer.evidence->parts[server_parts[i]];
		assert_int_equal(report->knowledge, NOT_LEARNED);
		assert_non_null(strstr(report->why.text, "carrier-pigeon"));
	}
	assert_int_equal(dismiss(&worker), 0);
}

static void worker_serves_one_source(void **state)
{
	struct role_process worker = new_worker(*state);
	struct message_order order = new_order(*state, "evt");
	poll_once(*state, &worker, &order);
	struct message_order other = new_order(*state, "rpc");
	other.has_file[0] = other.has_file[1] = false;
	other.target->evt = other.target->system_evt = NULL;
	tell(&worker, message_put_order(*state, &other), NULL, 0);
	assert_true(ends(*state, &worker));
}

static void grant_that_comes_too_late_is_nothing(void **state)
{
	struct role_process worker = new_worker(*state);
	struct message_order order = new_order(*state, "evt");
	poll_once(*state, &worker, &order);
	tell(&worker, message_put_grant(*state, true), NULL, 0);
	assert_int_equal(poll_once(*state, &worker, &order).done.end, POLL_LEARNED);
	assert_int_equal(dismiss(&worker), 0);
}

static void what_no_keeper_sends_ends_the_worker(void **state)
{
	static const enum message_type types[] = {MESSAGE_READY, MESSAGE_ALIVE,
		MESSAGE_DONE, MESSAGE_CONFIG, MESSAGE_ORDER, MESSAGE_ACCOUNT,
		MESSAGE_TYPES, 0};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		test_row("type %d", (int)types[i]);
		struct role_process worker = new_worker(*state);
		tell(&worker, message_plain(*state, types[i]), NULL, 0);
		assert_true(ends(*state, &worker));
	}
	test_row("%s", "");
}

static int work(void)
{
	struct logger *logger = log_open(NULL, "worker");
	int status = worker_run(logger, ROLE_SOCKET);
	talloc_free(logger);
	return status;
}

int main(int argc, char **argv)
{
	enum agent_role role = role_of(argc, argv);
	if (role != ROLE_OF_PARENT)
		role_protect(role);
	if (role == ROLE_OF_KEEPER)
		return tell_of_self();
	if (role == ROLE_OF_WORKER)
		return work();
	const struct CMUnitTest tests[] = {
		sentence(child_is_started_anew),
		sentence(child_that_cannot_be_started_is_told),
		sentence(words_alone_make_no_child),
		sentence(worker_is_ready_and_ends_with_its_keeper),
		sentence(copied_logs_are_read_from_the_files_that_came),
		sentence(file_that_could_not_be_opened_has_its_reason),
		sentence(files_and_what_the_order_says_of_them_must_agree),
		sentence(what_is_remembered_is_not_read_again),
		sentence(memory_that_cannot_be_read_is_done_without),
		sentence(source_that_cannot_be_loaded_is_the_reason_of_each_part),
		sentence(worker_serves_one_source),
		sentence(grant_that_comes_too_late_is_nothing),
		sentence(what_no_keeper_sends_ends_the_worker),
	};
	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
