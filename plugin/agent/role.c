/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/process.h"

static const char program_name[] = "imc-agentd";

/* By enum agent_role; the parent has an argument of nobody's. */
static const char *const arguments[] = {
	[ROLE_OF_PARENT] = NULL,
	[ROLE_OF_KEEPER] = "--role=keeper",
	[ROLE_OF_WORKER] = "--role=worker",
};

enum { ROLES = sizeof(arguments) / sizeof(arguments[0]) };

/* The child's end first: the number that it has here may be that of stdin. */
static int set_descriptors(posix_spawn_file_actions_t *actions, int theirs)
{
	int error = posix_spawn_file_actions_adddup2(actions, theirs, ROLE_SOCKET);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(
			actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(
			actions, ROLE_SOCKET + 1);
	return error;
}

/* No signal is blocked, and each does what it does by default. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	int error = posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (error == 0)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(attributes, &all);
	return error;
}

/* Returns 0, or an error number: also where the program could not be executed. The link
 * leads to this very program, even where an update has replaced its file. */
static int spawn(enum agent_role role, int theirs, pid_t *ret_pid)
{
	char *argv[] = {(char *)program_name, (char *)arguments[role], NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);
	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error == 0) {
		error = set_descriptors(&actions, theirs);
		if (error == 0)
			error = set_signals(&attributes);
		if (error == 0)
			error = posix_spawn(ret_pid, "/proc/self/exe", &actions,
				&attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

bool role_start(enum agent_role role, struct role_process *ret, struct failure *why)
{
	int ends[2];
	pid_t pid = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return fail(why, FAIL_SYSTEM, "no socket for a %s: %s",
			arguments[role] + strlen("--role="), strerror(errno));
	int error = spawn(role, ends[1], &pid);
	close(ends[1]);
	if (error == 0) {
		*ret = (struct role_process){pid, ends[0]};
		return true;
	}
	close(ends[0]);
	return fail(why, FAIL_SYSTEM, "no %s can be started: %s",
		arguments[role] + strlen("--role="), strerror(error));
}

static bool is_channel(int file)
{
	int domain = 0, type = 0;
	socklen_t domain_length = sizeof(domain), type_length = sizeof(type);
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	return getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &domain_length) == 0 &&
		getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &type_length) == 0 &&
		domain == AF_UNIX && type == SOCK_STREAM &&
		getpeername(file, (struct sockaddr *)&peer, &length) == 0;
}

enum agent_role role_of(int argc, char **argv)
{
	if (argc != 2 || !is_channel(ROLE_SOCKET))
		return ROLE_OF_PARENT;
	for (int role = ROLE_OF_KEEPER; role < ROLES; role++) {
		if (strcmp(argv[1], arguments[role]) == 0)
			return (enum agent_role)role;
	}
	return ROLE_OF_PARENT;
}

/* The parent may have ended before it was asked for; whoever made the socket is it. */
static bool is_orphan(void)
{
	struct ucred maker = {.pid = 0};
	socklen_t length = sizeof(maker);
	return getsockopt(ROLE_SOCKET, SOL_SOCKET, SO_PEERCRED, &maker, &length) != 0 ||
		maker.pid != getppid();
}

/* Where one of these cannot be had, the program goes on: each is a second line. */
void role_protect(enum agent_role role)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a file that may not grow is an error */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	process_hide_memory();
	if (role == ROLE_OF_PARENT)
		return;
	/* What is meant for the parent may be sent to all: by a terminal, or pkill. */
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGINT, &ignore, NULL);
	if (role == ROLE_OF_KEEPER) /* it ends when the parent does */
		sigaction(SIGTERM, &ignore, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (is_orphan())
		raise(SIGKILL);
}
