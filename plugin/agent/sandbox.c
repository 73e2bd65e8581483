/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <seccomp.h>

/*
 * A list of what is allowed, since nobody can list all that a kernel offers. What is on
 * none of these lists fails as if the kernel did not know it (ENOSYS): the C library then
 * falls back to an older call, and Samba goes on without, where killing the process would
 * make each new version of them an outage. An attempt to open a file fails as without
 * permission; whoever tries to execute something, or to debug, is no longer ours and
 * dies.
 */

/* Measured over all scenarios of the tests, and their near relatives on other machines
 * and in other versions of the C library. */
static const int allowed[] = {
	/* memory; mmap and mprotect have a rule of their own */
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	/* descriptors that are there */
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64),
	SCMP_SYS(fstat),
	SCMP_SYS(fstat64),
	SCMP_SYS(lseek),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(shutdown),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	/* time */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(nanosleep),
	SCMP_SYS(time),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_settime64),
	/* the process itself */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn),
	SCMP_SYS(uname),
};

/* A connection is made, and looked at. */
static const int allowed_with_network[] = {
	SCMP_SYS(connect),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
};

/* As net-snmp does it. */
static const int allowed_with_datagrams[] = {
	SCMP_SYS(_newselect),
	SCMP_SYS(bind),
	SCMP_SYS(pselect6),
	SCMP_SYS(pselect6_time64),
	SCMP_SYS(select),
};

static const int without_permission[] = {
	SCMP_SYS(creat),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
};

static const int deadly[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(ptrace),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int add_all(
	scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	int error = 0;
	for (size_t i = 0; i < count && error == 0; i++)
		error = seccomp_rule_add(filter, action, calls[i], 0);
	return error;
}

/* Memory for data, not for code. */
static int add_memory(scmp_filter_ctx filter)
{
	static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
	int error = 0;
	for (size_t i = 0; i < COUNT(calls) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return error;
}

/* fstat(), as some C libraries make it: of a descriptor, with an empty path. The path
 * itself cannot be looked at here: whether a file exists can still be found out. */
static int add_status(scmp_filter_ctx filter)
{
	enum { EMPTY_PATH = 0x1000 };
	static const int calls[] = {SCMP_SYS(newfstatat), SCMP_SYS(fstatat64)};
	int error = 0;
	for (size_t i = 0; i < COUNT(calls) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
			SCMP_A3(SCMP_CMP_MASKED_EQ, EMPTY_PATH, EMPTY_PATH));
	return error;
}

/*
 * But for SO_LINGER: with that, whoever is given the descriptor and closes it waits. A
 * filter cannot say "other than", but an option that differs does so in some bit.
 */
static int add_options(scmp_filter_ctx filter)
{
	int error = 0;
	for (unsigned bit = 0; bit < 32 && error == 0; bit++) {
		uint64_t mask = UINT64_C(1) << bit;
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, mask, ~(uint64_t)SO_LINGER & mask));
	}
	return error;
}

static int add_network(scmp_filter_ctx filter, int type)
{
	static const int families[] = {AF_INET, AF_INET6};
	const uint64_t flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int error = add_all(filter, SCMP_ACT_ALLOW, allowed_with_network,
		COUNT(allowed_with_network));
	if (error == 0)
		error = add_options(filter);
	for (size_t i = 0; i < COUNT(families) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
			SCMP_A0(SCMP_CMP_EQ, (uint64_t)families[i]),
			SCMP_A1(SCMP_CMP_MASKED_EQ, ~flags, (uint64_t)type));
	return error;
}

static int add_rules(scmp_filter_ctx filter, enum transport transport)
{
	int error = add_all(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	if (error == 0)
		error = add_memory(filter);
	if (error == 0)
		error = add_status(filter);
	if (error == 0 && transport != TRANSPORT_FILES)
		error = add_network(
			filter, transport == TRANSPORT_TCP ? SOCK_STREAM : SOCK_DGRAM);
	if (error == 0 && transport == TRANSPORT_UDP)
		error = add_all(filter, SCMP_ACT_ALLOW, allowed_with_datagrams,
			COUNT(allowed_with_datagrams));
	if (error == 0)
		error = add_all(filter, SCMP_ACT_ERRNO(EACCES), without_permission,
			COUNT(without_permission));
	if (error == 0)
		error = add_all(filter, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	return error;
}

static int load(enum transport transport)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (filter == NULL)
		return -ENOMEM;
	/* else it says ECANCELED, whatever the kernel said */
	seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	int error = add_rules(filter, transport);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

bool sandbox_close(enum transport transport, struct failure *why)
{
#ifdef __SANITIZE_ADDRESS__ /* which opens files, and looks for leaks as a debugger */
	(void)load;
	(void)transport;
	return fail(why, FAIL_UNSUPPORTED, "this build watches itself instead");
#else
	int error = load(transport);
	return error == 0 ||
		fail(why, FAIL_UNSUPPORTED, "the kernel takes no filter (seccomp): %s",
			strerror(-error));
#endif
}
