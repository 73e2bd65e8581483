/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/sandbox.h"

/* Each attempt is made by a child that locks itself in first: 0, or its errno. */

enum { CANNOT_CLOSE = 200, DEADLY = -1 };

static int result_of(bool is_done)
{
	return is_done ? 0 : errno;
}

static int read_file(void)
{
	return result_of(open("/etc/passwd", O_RDONLY) >= 0);
}

static int write_file(void)
{
	return result_of(open("/tmp/imc-test-sandbox", O_WRONLY | O_CREAT, 0600) >= 0);
}

static int create_file(void)
{
	return result_of(creat("/tmp/imc-test-sandbox", 0600) >= 0);
}

static int open_beside_folder(void)
{
	return result_of(openat(STDIN_FILENO, "x", O_RDONLY) >= 0);
}

static int remove_file(void)
{
	return result_of(unlink("/tmp/imc-test-sandbox") == 0);
}

static int make_folder(void)
{
	return result_of(mkdir("/tmp/imc-test-sandbox", 0700) == 0);
}

static int look_at_path(void)
{
	struct stat status;
	return result_of(stat("/etc/passwd", &status) == 0);
}

static int execute(void)
{
	char name[] = "true", *argv[] = {name, NULL};
	return result_of(execv("/bin/true", argv) == 0);
}

static int execute_by_descriptor(void)
{
	char name[] = "true", *argv[] = {name, NULL};
	return result_of(fexecve(STDIN_FILENO, argv, environ) == 0);
}

static int debug(void)
{
	return result_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static int start_process(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	return result_of(child > 0);
}

static int run_shell(void)
{
	return result_of(system("exit 0") == 0);
}

static int signal_parent(void)
{
	return result_of(kill(getppid(), 0) == 0);
}

static int become_nobody(void)
{
	return result_of(setuid(65534) == 0);
}

static int run_code(void)
{
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return result_of(code != MAP_FAILED);
}

static int make_code_of_data(void)
{
	void *data = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return data == MAP_FAILED
		? EFAULT
		: result_of(mprotect(data, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int make_socket(int family, int type)
{
	return result_of(socket(family, type, 0) >= 0);
}

static int connect_by_tcp(void)
{
	struct sockaddr_in nobody = {.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (file < 0)
		return errno;
	bool is_tried = connect(file, (struct sockaddr *)&nobody, sizeof(nobody)) == 0 ||
		errno == EINPROGRESS || errno == ECONNREFUSED;
	return result_of(is_tried);
}

static int socket_of_version_6(void)
{
	int error = make_socket(AF_INET6, SOCK_STREAM);
	return error == EAFNOSUPPORT ? 0 : error;
}

static int socket_of_udp(void)
{
	return make_socket(AF_INET, SOCK_DGRAM);
}

static int raw_socket(void)
{
	return make_socket(AF_INET, SOCK_RAW);
}

static int unix_socket(void)
{
	return make_socket(AF_UNIX, SOCK_STREAM);
}

static int netlink_socket(void)
{
	return make_socket(AF_NETLINK, SOCK_RAW);
}

static int datagrams_of_version_6(void)
{
	int error = make_socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
	return error == EAFNOSUPPORT ? 0 : error;
}

/* From a port of its own, and with the buffers that it wants: as net-snmp asks. */
static int ask_by_udp(void)
{
	struct sockaddr_in own = {
		.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in nobody = {.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	const int room = 65536;
	int file = socket(AF_INET, SOCK_DGRAM, 0);
	return result_of(file >= 0 &&
		setsockopt(file, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) == 0 &&
		bind(file, (struct sockaddr *)&own, sizeof(own)) == 0 &&
		sendto(file, "?", 1, 0, (struct sockaddr *)&nobody, sizeof(nobody)) == 1);
}

/* Of no descriptor, for no time. */
static int wait_by_select(void)
{
	struct timeval none = {0};
	return result_of(select(0, NULL, NULL, NULL, &none) == 0);
}

static int wait_by_pselect(void)
{
	const struct timespec none = {0};
	return result_of(pselect(0, NULL, NULL, NULL, &none, NULL) == 0);
}

/* Of a descriptor that is not there: where it is allowed, the kernel says so. */
static int name_socket(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	return result_of(bind(-1, (struct sockaddr *)&any, sizeof(any)) == 0);
}

/* On a socket that is there: the test's stdin. */
static int listen_to_all(void)
{
	return result_of(listen(STDIN_FILENO, 1) == 0);
}

static int accept_one(void)
{
	return result_of(accept(STDIN_FILENO, NULL, NULL) >= 0);
}

static int set_option(int type, int level, int option)
{
	int on = 1;
	int file = socket(AF_INET, type, 0);
	return result_of(
		file >= 0 && setsockopt(file, level, option, &on, sizeof(on)) == 0);
}

static int send_at_once(void)
{
	return set_option(SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY);
}

static int keep_alive(void)
{
	return set_option(SOCK_STREAM, SOL_SOCKET, SO_KEEPALIVE);
}

/* Whoever is given such a socket and closes it waits. */
static int linger_with(int type)
{
	const struct linger hour = {1, 3600};
	int file = socket(AF_INET, type, 0);
	return result_of(file >= 0 &&
		setsockopt(file, SOL_SOCKET, SO_LINGER, &hour, sizeof(hour)) == 0);
}

static int linger(void)
{
	return linger_with(SOCK_STREAM);
}

static int linger_with_datagrams(void)
{
	return linger_with(SOCK_DGRAM);
}

static int broadcast(void)
{
	return set_option(SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST);
}

/* What a poll does all the time. */
static int live_on(void)
{
	struct timespec now;
	struct stat status;
	size_t much = 64 * 1024 * 1024;
	char *memory = malloc(much);
	if (memory == NULL || fstat(STDOUT_FILENO, &status) != 0 ||
		clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return errno;
	memset(memory, 1, much);
	memory = realloc(memory, 2 * much);
	return result_of(memory != NULL && getpid() > 0);
}

static const struct {
	const char *name;
	int (*attempt)(void);
	int with[3]; /* what comes of it, by transport: files, TCP, UDP */
} rows[] = {
	{"read a file", read_file, {EACCES, EACCES, EACCES}},
	{"write a file", write_file, {EACCES, EACCES, EACCES}},
	{"create a file", create_file, {EACCES, EACCES, EACCES}},
	{"open beside a folder", open_beside_folder, {EACCES, EACCES, EACCES}},
	{"remove a file", remove_file, {ENOSYS, ENOSYS, ENOSYS}},
	{"make a folder", make_folder, {ENOSYS, ENOSYS, ENOSYS}},
	{"look at a path", look_at_path, {ENOSYS, ENOSYS, ENOSYS}},
	{"execute", execute, {DEADLY, DEADLY, DEADLY}},
	{"execute by descriptor", execute_by_descriptor, {DEADLY, DEADLY, DEADLY}},
	{"debug", debug, {DEADLY, DEADLY, DEADLY}},
	{"start a process", start_process, {ENOSYS, ENOSYS, ENOSYS}},
	{"run a shell", run_shell, {ENOSYS, ENOSYS, ENOSYS}},
	{"send a signal", signal_parent, {ENOSYS, ENOSYS, ENOSYS}},
	{"become nobody", become_nobody, {ENOSYS, ENOSYS, ENOSYS}},
	{"run code", run_code, {ENOSYS, ENOSYS, ENOSYS}},
	{"make code of data", make_code_of_data, {ENOSYS, ENOSYS, ENOSYS}},
	{"connect by TCP", connect_by_tcp, {ENOSYS, 0, ENOSYS}},
	{"socket of TCP, IPv6", socket_of_version_6, {ENOSYS, 0, ENOSYS}},
	{"socket of UDP", socket_of_udp, {ENOSYS, ENOSYS, 0}},
	{"socket of UDP, IPv6", datagrams_of_version_6, {ENOSYS, ENOSYS, 0}},
	{"ask by UDP", ask_by_udp, {ENOSYS, ENOSYS, 0}},
	{"wait by select", wait_by_select, {ENOSYS, ENOSYS, 0}},
	{"wait by pselect", wait_by_pselect, {ENOSYS, ENOSYS, 0}},
	{"raw socket", raw_socket, {ENOSYS, ENOSYS, ENOSYS}},
	{"Unix socket", unix_socket, {ENOSYS, ENOSYS, ENOSYS}},
	{"netlink socket", netlink_socket, {ENOSYS, ENOSYS, ENOSYS}},
	{"name a socket", name_socket, {ENOSYS, ENOSYS, EBADF}},
	{"listen", listen_to_all, {ENOSYS, ENOSYS, ENOSYS}},
	{"accept", accept_one, {ENOSYS, ENOSYS, ENOSYS}},
	{"send at once", send_at_once, {ENOSYS, 0, ENOSYS}},
	{"keep alive", keep_alive, {ENOSYS, 0, ENOSYS}},
	{"linger", linger, {ENOSYS, ENOSYS, ENOSYS}},
	{"linger with datagrams", linger_with_datagrams, {ENOSYS, ENOSYS, ENOSYS}},
	{"broadcast", broadcast, {ENOSYS, ENOSYS, 0}},
	{"live on", live_on, {0, 0, 0}},
};

/* What came of it: 0, an errno, DEADLY, or CANNOT_CLOSE. */
static int try_inside(enum transport transport, int (*attempt)(void))
{
	int status = 0;
	struct failure why;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (!sandbox_close(transport, &why))
			_exit(CANNOT_CLOSE);
		_exit(attempt());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return DEADLY;
	}
	return WEXITSTATUS(status);
}

/* A build with a sanitizer cannot be locked in, and says so. */
static int expected(int result)
{
#ifdef __SANITIZE_ADDRESS__
	(void)result;
	return CANNOT_CLOSE;
#else
	return result;
#endif
}

static void nothing_is_left_but_what_a_poll_needs(void **state)
{
	(void)state;
	static const enum transport transports[] = {
		TRANSPORT_FILES, TRANSPORT_TCP, TRANSPORT_UDP};
	static const char *const names[] = {"files", "TCP", "UDP"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t j = 0; j < sizeof(transports) / sizeof(transports[0]); j++) {
			test_row("%s, %s", names[j], rows[i].name);
			assert_int_equal(try_inside(transports[j], rows[i].attempt),
				expected(rows[i].with[j]));
		}
	test_row("%s", "");
}

/* Else the rows above would prove nothing. */
static void outside_of_it_files_are_opened_and_processes_started(void **state)
{
	(void)state;
	assert_int_equal(read_file(), 0);
	assert_int_equal(run_shell(), 0);
	assert_int_equal(unix_socket(), 0);
	assert_int_equal(ask_by_udp(), 0);
	assert_int_equal(linger_with_datagrams(), 0);
	assert_int_equal(name_socket(), EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(nothing_is_left_but_what_a_poll_needs),
		sentence(outside_of_it_files_are_opened_and_processes_started),
	};
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
