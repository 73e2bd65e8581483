/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_place.h"

enum { NOBODY = 65534 };

static void file_that_is_not_there_reads_as_empty(void **state)
{
	struct place *place = place_make(*state);
	struct store_entry *entry = place_lock(place, place_open(place));
	struct bytes text = {NULL, 77};
	bool exists = true;
	assert_true(store_read(entry, PLACE_LIMIT, &text, &exists, NULL));
	assert_false(exists);
	assert_int_equal(text.length, 0);
}

static void what_is_written_is_read(void **state)
{
	struct place *place = place_make(*state);
	struct store_entry *entry = place_lock(place, place_open(place));
	char *large = memory_array(place, char, PLACE_LIMIT + 1);
	memset(large, 'x', PLACE_LIMIT);
	assert_stores(entry, "one\n");
	assert_stored(entry, "one\n");
	assert_stores(entry, large);
	assert_stored(entry, large);
	assert_stores(entry, "");
	assert_stored(entry, "");
	assert_int_equal(place_count_files(place), 2);
}

static void files_belong_to_their_owner_alone(void **state)
{
	struct place *place = place_make(*state);
	struct store_entry *entry = place_lock(place, place_open(place));
	struct stat status;
	assert_stores(entry, "one\n");
	assert_int_equal(stat(store_path(entry), &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	assert_int_equal(stat(place_inside(place, "EXCH01.state.lock"), &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
}

static char *path_of(struct place *place, struct store *store, const char *name)
{
	struct store_entry *entry = NULL;
	assert_true(store_lock(place, store, name, "backoff", 0, &entry, NULL));
	assert_stores(entry, "x");
	char *path = memory_copy(place, store_path(entry));
	assert_int_equal(access(path, F_OK), 0);
	talloc_free(entry);
	return path;
}

static void names_stay_inside_the_directory(void **state)
{
	struct place *place = place_make(*state);
	struct store *store = place_open(place);
	assert_string_equal(
		path_of(place, store, "EXCH01"), place_inside(place, "EXCH01.backoff"));
	assert_string_equal(path_of(place, store, "../a b"),
		place_inside(place, "..%2Fa%20b.backoff"));
	assert_string_equal(
		path_of(place, store, ".."), place_inside(place, "...backoff"));
}

static void long_names_are_shortened_and_stay_different(void **state)
{
	struct place *place = place_make(*state);
	struct store *store = place_open(place);
	char *name = memory_array(place, char, 4001);
	memset(name, 'n', 4000);
	char *first = path_of(place, store, name);
	name[3999] = 'o';
	char *second = path_of(place, store, name);
	assert_string_not_equal(first, second);
	assert_true(strlen(strrchr(first, '/') + 1) <= 200);
	name[200] = '\0';
	assert_null(strchr(path_of(place, store, name), '~'));
	name[200] = 'n';
	name[201] = '\0';
	assert_non_null(strchr(path_of(place, store, name), '~'));
}

static void assert_not_opened(const char *path, enum failure_kind kind, const char *hint)
{
	struct store *store = NULL;
	struct failure why = {.text = ""};
	assert_false(store_open(NULL, path, &store, &why));
	assert_null(store);
	assert_int_equal(why.kind, kind);
	assert_int_equal(why.stage, STAGE_FILE);
	assert_non_null(strstr(why.text, hint));
}

static void directory_that_others_can_write_is_refused(void **state)
{
	static const mode_t modes[] = {0777, 01777, 0702, 0770, 0720, 02775};
	struct place *place = place_make(*state);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		test_row("mode %o", modes[i]);
		assert_int_equal(chmod(place->path, modes[i]), 0);
		assert_not_opened(place->path, FAIL_USAGE,
			memory_format(place, "chmod go-w %s", place->path));
	}
	assert_int_equal(chmod(place->path, 0755), 0);
	place_open(place);
	test_row("%s", "");
}

static void directory_of_somebody_else_is_refused(void **state)
{
	struct place *place = place_make(*state);
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(place->path, NOBODY, NOBODY), 0);
	assert_not_opened(
		place->path, FAIL_USAGE, memory_format(place, "chown 0 %s", place->path));
}

static void what_is_no_directory_is_refused(void **state)
{
	struct place *place = place_make(*state);
	char *path = place_inside(place, "x");
	assert_not_opened(path, FAIL_ABSENT, "install -d -m 0700");
	place_put_file(path, "", 0600);
	assert_not_opened(path, FAIL_SYSTEM, strerror(ENOTDIR));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_not_opened(path, FAIL_SYSTEM, strerror(ENOTDIR));
}

/* Things that stand where a file should be. */
enum obstacle { LINK_TO_FILE, LINK_TO_NOTHING, FIFO, FOLDER, SHARED_FILE, OBSTACLES };

static void put_obstacle(struct place *place, enum obstacle obstacle, const char *path)
{
	char *target = memory_format(place, "%s/target", place->folder);
	switch (obstacle) {
	case LINK_TO_FILE:
		place_put_file(target, "target", 0600);
		assert_int_equal(symlink(target, path), 0);
		return;
	case LINK_TO_NOTHING:
		unlink(target);
		assert_int_equal(symlink(target, path), 0);
		return;
	case FIFO:
		assert_int_equal(mkfifo(path, 0600), 0);
		return;
	case FOLDER:
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	case SHARED_FILE:
		place_put_file(path, "shared", 0666);
		return;
	case OBSTACLES:
		return;
	}
}

static const char *hint_against(enum obstacle obstacle)
{
	return obstacle == SHARED_FILE ? "chmod go-w"
				       : "is not a regular file: remove it";
}

static void obstacle_in_place_of_the_file_is_refused(void **state)
{
	for (enum obstacle obstacle = 0; obstacle < OBSTACLES; obstacle++) {
		struct place *place = place_make(*state);
		struct store_entry *entry = place_lock(place, place_open(place));
		struct bytes text = {NULL, 77};
		bool exists;
		struct failure why = {.text = ""};
		test_row("obstacle %d", obstacle);
		put_obstacle(place, obstacle, store_path(entry));
		assert_false(store_read(entry, PLACE_LIMIT, &text, &exists, &why));
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_non_null(strstr(why.text, hint_against(obstacle)));
		assert_false(store_write(entry, "new", &why));
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_non_null(strstr(why.text, hint_against(obstacle)));
		assert_int_equal(place_count_files(place), 2);
	}
	test_row("%s", "");
}

static void obstacle_in_place_of_the_lock_is_refused(void **state)
{
	for (enum obstacle obstacle = 0; obstacle < OBSTACLES; obstacle++) {
		struct place *place = place_make(*state);
		struct store_entry *entry = NULL;
		struct failure why = {.text = ""};
		test_row("obstacle %d", obstacle);
		put_obstacle(place, obstacle, place_inside(place, "EXCH01.state.lock"));
		assert_false(store_lock(place, place_open(place), "EXCH01", "state",
			PLACE_WAIT, &entry, &why));
		assert_null(entry);
		assert_int_equal(why.kind, FAIL_USAGE);
		assert_non_null(strstr(why.text, hint_against(obstacle)));
	}
	test_row("%s", "");
}

static void left_over_temporary_file_is_replaced(void **state)
{
	for (enum obstacle obstacle = 0; obstacle < OBSTACLES; obstacle++) {
		struct place *place = place_make(*state);
		struct store_entry *entry = place_lock(place, place_open(place));
		test_row("obstacle %d", obstacle);
		assert_stores(entry, "old");
		put_obstacle(place, obstacle, place_inside(place, "EXCH01.state.tmp"));
		if (obstacle == FOLDER) {
			assert_false(store_write(entry, "new", NULL));
			assert_stored(entry, "old");
			continue;
		}
		assert_stores(entry, "new");
		assert_stored(entry, "new");
		assert_int_equal(place_count_files(place), 2);
	}
	test_row("%s", "");
}

static void file_of_somebody_else_is_refused(void **state)
{
	struct place *place = place_make(*state);
	struct store_entry *entry = place_lock(place, place_open(place));
	struct bytes text;
	bool exists;
	struct failure why = {.text = ""};
	if (geteuid() != 0)
		skip();
	assert_stores(entry, "old");
	assert_int_equal(chown(store_path(entry), NOBODY, NOBODY), 0);
	assert_false(store_read(entry, PLACE_LIMIT, &text, &exists, &why));
	assert_non_null(strstr(why.text, "chown 0 "));
	assert_false(store_write(entry, "new", &why));
	assert_non_null(strstr(why.text, "chown 0 "));
}

static void content_beyond_the_limit_is_refused(void **state)
{
	struct place *place = place_make(*state);
	struct store_entry *entry = place_lock(place, place_open(place));
	struct bytes text = {NULL, 77};
	bool exists;
	struct failure why = {.text = ""};
	assert_stores(entry, "12345");
	assert_true(store_read(entry, 5, &text, &exists, &why));
	assert_int_equal(text.length, 5);
	text.length = 77;
	assert_false(store_read(entry, 4, &text, &exists, &why));
	assert_int_equal(text.length, 77);
	assert_int_equal(why.kind, FAIL_DAMAGED);
	assert_non_null(strstr(why.text, "is 5 bytes long, but at most 4 "));
	assert_int_equal(truncate(store_path(entry), (off_t)1 << 40), 0);
	assert_false(store_read(entry, PLACE_LIMIT, &text, &exists, &why));
}

/* All of "new...": longer than a file may become, or than the disk has room for. */
static void assert_write_fails(struct place *place, struct store_entry *entry, int error)
{
	struct failure why = {.text = ""};
	char *text = memory_array(place, char, 100001);
	memset(text, 'n', 100000);
	assert_false(store_write(entry, text, &why));
	assert_int_equal(why.kind, FAIL_SYSTEM);
	assert_non_null(strstr(why.text, strerror(error)));
	assert_non_null(strstr(why.text, store_path(entry)));
}

static void failed_write_leaves_the_old_content(void **state)
{
	struct place *place = place_make(*state);
	struct store_entry *entry = place_lock(place, place_open(place));
	assert_stores(entry, "old");
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){5000, before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_write_fails(place, entry, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_stored(entry, "old");
	assert_int_equal(place_count_files(place), 2);
}

static void full_disk_leaves_the_old_content(void **state)
{
	struct place *place = place_make(*state);
	if (mount("tmpfs", place->path, "tmpfs", 0, "size=16k,mode=0700") < 0)
		skip();
	struct store *store = place_open(place);
	struct store_entry *entry = place_lock(place, store);
	assert_stores(entry, "old");
	assert_write_fails(place, entry, ENOSPC);
	assert_stored(entry, "old");
	assert_int_equal(place_count_files(place), 2);
	assert_stores(entry, "new");
	talloc_free(entry);
	talloc_free(store);
	assert_int_equal(umount(place->path), 0);
}

/* As a user whom permissions bind; 0: as it should be. */
static int try_read_only(struct place *place)
{
	struct store *store = NULL;
	struct store_entry *entry = NULL;
	struct failure why = {.text = ""};
	if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		return 1;
	if (!store_open(place, place->path, &store, &why))
		return 2;
	if (store_lock(place, store, "EXCH01", "state", 0, &entry, &why))
		return 3;
	return why.kind == FAIL_SYSTEM && strstr(why.text, "must own it") != NULL ? 0 : 4;
}

static void read_only_directory_is_said(void **state)
{
	struct place *place = place_make(*state);
	assert_int_equal(chmod(place->folder, 0711), 0);
	assert_int_equal(chmod(place->path, 0500), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(place->path, NOBODY, NOBODY), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(try_read_only(place));
	assert_int_equal(child_status(child), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(file_that_is_not_there_reads_as_empty),
		sentence(what_is_written_is_read),
		sentence(files_belong_to_their_owner_alone),
		sentence(names_stay_inside_the_directory),
		sentence(long_names_are_shortened_and_stay_different),
		sentence(directory_that_others_can_write_is_refused),
		sentence(directory_of_somebody_else_is_refused),
		sentence(what_is_no_directory_is_refused),
		sentence(obstacle_in_place_of_the_file_is_refused),
		sentence(obstacle_in_place_of_the_lock_is_refused),
		sentence(left_over_temporary_file_is_replaced),
		sentence(file_of_somebody_else_is_refused),
		sentence(content_beyond_the_limit_is_refused),
		sentence(failed_write_leaves_the_old_content),
		sentence(full_disk_leaves_the_old_content),
		sentence(read_only_directory_is_said),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
