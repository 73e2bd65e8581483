/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/trap_place.h"

enum { OTHER_GROUP = 4711 };

/* A folder of its own, a socket's path in it and another file's. */
struct scene {
	char *folder, *path, *other;
	struct trap_place place;
	int file;
	struct failure why;
};

static struct scene *scene_in(void *parent)
{
	char folder[] = "/tmp/test_trap_place.XXXXXX";
	struct scene *scene = memory_new(parent, struct scene);
	assert_non_null(mkdtemp(folder));
	scene->folder = memory_copy(scene, folder);
	scene->path = memory_format(scene, "%s/trap.sock", folder);
	scene->other = memory_format(scene, "%s/other", folder);
	scene->file = -1;
	return scene;
}

static bool bind_it(struct scene *scene)
{
	return trap_place_bind(
		scene, scene->path, &scene->file, &scene->place, &scene->why);
}

static void close_it(struct scene *scene)
{
	if (scene->file >= 0)
		close(scene->file);
	scene->file = -1;
}

static size_t entries_of(const struct scene *scene)
{
	size_t count = 0;
	DIR *folder = opendir(scene->folder);
	assert_non_null(folder);
	for (const struct dirent *at; (at = readdir(folder)) != NULL;)
		count += at->d_name[0] != '.' || strlen(at->d_name) > 2;
	closedir(folder);
	return count;
}

static void end(struct scene *scene)
{
	close_it(scene);
	unlink(scene->path);
	unlink(scene->other);
	assert_int_equal(rmdir(scene->folder), 0);
}

static unsigned mode_of(const char *path)
{
	struct stat status;
	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static void write_file(const char *path, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	assert_true(file >= 0);
	assert_int_equal(write(file, "precious", 8), 8);
	close(file);
}

/* --- making it --- */

static void it_is_ours_alone_until_it_is_given(void **state)
{
	struct scene *scene = scene_in(*state);
	const gid_t group = geteuid() == 0 ? OTHER_GROUP : getegid();
	struct stat status;
	mode_t before = umask(0);
	assert_true(bind_it(scene));
	assert_int_equal(umask(before), 0);
	assert_int_equal(mode_of(scene->path), 0600);
	assert_int_equal(entries_of(scene), 1);
	assert_true(trap_place_is_at(&scene->place, scene->path));
	assert_true(trap_place_give(&scene->place, &group, &scene->why));
	assert_int_equal(mode_of(scene->path), 0660);
	assert_int_equal(stat(scene->path, &status), 0);
	assert_int_equal(status.st_gid, group);
	assert_true(trap_place_give(&scene->place, NULL, &scene->why));
	assert_int_equal(mode_of(scene->path), 0600);
	trap_place_remove(&scene->place);
	assert_int_equal(entries_of(scene), 0);
	end(scene);
}

/* What a process left that died between two steps, too. */
static void what_is_left_over_is_replaced(void **state)
{
	struct scene *scene = scene_in(*state);
	char *half =
		memory_format(scene, "%s/.imc-trap.%d", scene->folder, (int)getpid());
	assert_true(bind_it(scene));
	close_it(scene);
	struct trap_place before = scene->place;
	write_file(half, 0600);
	assert_true(bind_it(scene));
	assert_int_equal(entries_of(scene), 1);
	assert_false(trap_place_is_at(&before, scene->path));
	trap_place_remove(&before);
	assert_true(trap_place_is_at(&scene->place, scene->path));
	end(scene);
}

static void what_is_not_ours_is_left_alone(void **state)
{
	struct scene *scene = scene_in(*state);
	assert_true(bind_it(scene));
	int first = scene->file;
	struct trap_place place = scene->place;
	assert_false(bind_it(scene));
	assert_non_null(strstr(scene->why.text, "another process listens at"));
	assert_true(trap_place_is_at(&place, scene->path));
	close(first);
	scene->file = -1;
	assert_int_equal(unlink(scene->path), 0);
	write_file(scene->path, 0600);
	assert_false(bind_it(scene));
	assert_non_null(strstr(scene->why.text, "is no socket, and left alone"));
	assert_int_equal(entries_of(scene), 1);
	end(scene);
}

/* The path may be as long as an address can be: what it is made under is no longer. */
static void a_long_path_is_a_path(void **state)
{
	struct scene *scene = scene_in(*state);
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)] = {0};
	memset(name, 'x', sizeof(name) - 1 - strlen(scene->folder) - 1);
	scene->path = memory_format(scene, "%s/%s", scene->folder, name);
	assert_true(bind_it(scene));
	assert_true(trap_place_is_at(&scene->place, scene->path));
	assert_false(trap_place_bind(
		scene, scene->path, &scene->file, &scene->place, &scene->why));
	assert_non_null(strstr(scene->why.text, "another process listens at"));
	end(scene);
}

static void a_name_that_cannot_be_taken_leaves_nothing(void **state)
{
	struct scene *scene = scene_in(*state);
	char *path = memory_format(scene, "%s/", scene->folder);
	assert_false(
		trap_place_bind(scene, path, &scene->file, &scene->place, &scene->why));
	assert_int_equal(entries_of(scene), 0);
	path = memory_format(scene, "%s/none/trap.sock", scene->folder);
	assert_false(
		trap_place_bind(scene, path, &scene->file, &scene->place, &scene->why));
	assert_non_null(strstr(scene->why.text, "cannot listen at"));
	end(scene);
}

/* --- others --- */

static void a_folder_of_others_is_refused(void **state)
{
	static const struct {
		mode_t mode;
		bool is_safe;
	} rows[] = {{0700, true}, {0755, true}, {0775, false}, {0777, false},
		{0702, false}, {01777, true}, {01770, true}};
	struct scene *scene = scene_in(*state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%o", (unsigned)rows[i].mode);
		assert_int_equal(chmod(scene->folder, rows[i].mode), 0);
		assert_int_equal(bind_it(scene), rows[i].is_safe);
		assert_int_equal(entries_of(scene), rows[i].is_safe);
		close_it(scene);
		unlink(scene->path);
	}
	test_row("%s", "");
	assert_int_equal(chmod(scene->folder, 0755), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(scene->folder, OTHER_GROUP, 0), 0);
		assert_false(bind_it(scene));
		assert_non_null(strstr(scene->why.text, "must be root's or our own"));
	}
	end(scene);
}

/* Another file's rights stay what they were, whatever is put there instead. */
static void a_link_is_not_followed(void **state)
{
	struct scene *scene = scene_in(*state);
	const gid_t group = getegid();
	write_file(scene->other, 0600);
	assert_true(bind_it(scene));
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(symlink(scene->other, scene->path), 0);
	assert_false(trap_place_give(&scene->place, &group, &scene->why));
	assert_non_null(strstr(scene->why.text, "somebody removed it"));
	assert_false(trap_place_give(&scene->place, NULL, &scene->why));
	assert_int_equal(mode_of(scene->other), 0600);
	assert_false(trap_place_is_at(&scene->place, scene->path));
	trap_place_remove(&scene->place);
	assert_int_equal(entries_of(scene), 2);
	close_it(scene);
	assert_false(bind_it(scene));
	assert_non_null(strstr(scene->why.text, "is no socket"));
	end(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(it_is_ours_alone_until_it_is_given),
		sentence(what_is_left_over_is_replaced),
		sentence(what_is_not_ours_is_left_alone),
		sentence(a_long_path_is_a_path),
		sentence(a_name_that_cannot_be_taken_leaves_nothing),
		sentence(a_folder_of_others_is_refused),
		sentence(a_link_is_not_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
