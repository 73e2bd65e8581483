/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trap_writers.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

/* What the kernel says of every user and group that our user namespace has no number
 * for, "nobody" and "nogroup" by name: to trust it is to trust all of them. */
enum { OVERFLOW_ID = 65534 };

static bool is_number(const char *text, gid_t *ret)
{
	char *end;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	*ret = (gid_t)number;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
		number < (gid_t)-1;
}

/* Not more are asked for than there is room for, found or not: each may take long. */
static void find_members(const struct group *group, struct trap_writers *ret)
{
	for (size_t i = 0; i < TRAP_MEMBERS_MAX && group->gr_mem[i] != NULL; i++) {
		const struct passwd *user = getpwnam(group->gr_mem[i]);
		if (user != NULL)
			ret->members[ret->member_count++] = user->pw_uid;
	}
}

bool trap_writers_find(const char *group, struct trap_writers *ret, struct failure *why)
{
	gid_t number;
	*ret = (struct trap_writers){.has_group = false};
	if (group == NULL)
		return true;
	const struct group *found = getgrnam(group);
	if (found != NULL)
		number = found->gr_gid;
	else if (is_number(group, &number))
		found = getgrgid(number); /* it may do without a name */
	else
		return fail(why, FAIL_ABSENT,
			"there is no group %s: only root and our own user may hand over "
			"traps",
			group);
	if (number == OVERFLOW_ID)
		return fail(why, FAIL_USAGE,
			"group %s is what the kernel calls all groups that it cannot "
			"name: give snmptrapd another one; only root and our own user "
			"may hand over traps",
			group);
	ret->has_group = true;
	ret->group = number;
	if (found != NULL)
		find_members(found, ret);
	return true;
}

bool trap_writers_have(const struct trap_writers *writers, uid_t user, gid_t group)
{
	if (user == 0 || user == geteuid())
		return true;
	if (!writers->has_group || user == OVERFLOW_ID)
		return false;
	if (group == writers->group && group != OVERFLOW_ID)
		return true;
	for (size_t i = 0; i < writers->member_count; i++) {
		if (writers->members[i] == user)
			return true;
	}
	return false;
}
