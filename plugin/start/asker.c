/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asker.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/memory.h"

enum { NUMBER_ROOM = 32 };

/* The user whom the session was opened for, whoever that became by su or sudo since
 * (audit(7)); false: nobody logged in, as for what the system itself starts. */
static bool login_user(uid_t *ret)
{
	char text[NUMBER_ROOM];
	int file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = read(file, text, sizeof(text) - 1);
	close(file);
	if (length <= 0)
		return false;
	text[length] = '\0';
	*ret = (uid_t)strtoul(text, NULL, 10);
	return *ret != (uid_t)-1;
}

static char *user_text(void *parent, uid_t user)
{
	const struct passwd *entry = getpwuid(user);
	return memory_format(
		parent, "%s(%u)", entry != NULL ? entry->pw_name : "", (unsigned)user);
}

static const char *find_user(void *parent)
{
	uid_t user = getuid(), login;
	char *text = user_text(parent, user);
	if (!login_user(&login) || login == user)
		return text;
	return memory_format(
		parent, "%s, logged in as %s", text, user_text(parent, login));
}

static const char *find_occasion(void *parent, const struct handler_call *call)
{
	if (!call->has_state)
		return "by hand";
	char *text = memory_format(parent, "%s %s", status_word(call->state),
		call->is_hard ? "HARD" : "SOFT");
	return call->attempt == 0 ? text
				  : memory_format(parent, "%s %u", text, call->attempt);
}

struct asker *asker_find(void *parent, const struct handler_call *call)
{
	struct asker *asker = memory_new(parent, struct asker);
	asker->call = *call;
	asker->user = find_user(asker);
	asker->occasion = find_occasion(asker, call);
	return asker;
}
