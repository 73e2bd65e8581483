/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store under more than one process: its lock, and what a killed writer leaves. */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_place.h"

static void nap(long milliseconds)
{
	const struct timespec time = {.tv_nsec = milliseconds * 1000000};
	nanosleep(&time, NULL);
}

static void lock_is_held_until_the_entry_is_freed(void **state)
{
	struct place *place = place_make(*state);
	struct store *store = place_open(place);
	struct store_entry *first = place_lock(place, store), *second = NULL;
	struct failure why = {.text = ""};
	assert_false(store_lock(place, store, "EXCH01", "state", 0, &second, &why));
	assert_int_equal(why.kind, FAIL_TIMEOUT);
	assert_false(store_lock(place, store, "EXCH01", "state", 20, &second, &why));
	assert_non_null(
		strstr(why.text, "EXCH01.state was in use by another process for 20"));
	assert_true(store_lock(place, store, "EXCH02", "state", 0, &second, &why));
	talloc_free(first);
	assert_true(store_lock(place, store, "EXCH01", "state", 0, &second, &why));
}

/* Locks, tells the parent, holds the lock for a while; then ends, which unlocks. */
static pid_t start_holder(struct place *place, const char *deletes)
{
	int ready[2];
	char byte = 0;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *store;
		struct store_entry *entry;
		if (!store_open(place, place->path, &store, NULL) ||
			!store_lock(place, store, "EXCH01", "state", 0, &entry, NULL) ||
			write(ready[1], "x", 1) != 1)
			_exit(1);
		nap(60);
		if (deletes != NULL)
			unlink(deletes);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void lock_is_waited_for(void **state)
{
	struct place *place = place_make(*state);
	struct store *store = place_open(place);
	struct store_entry *entry = NULL;
	pid_t child = start_holder(place, NULL);
	assert_false(store_lock(place, store, "EXCH01", "state", 0, &entry, NULL));
	entry = place_lock(place, store);
	assert_int_equal(child_status(child), 0);
}

static void lock_file_deleted_by_hand_is_not_what_is_locked(void **state)
{
	struct place *place = place_make(*state);
	struct store *store = place_open(place);
	struct store_entry *entry = NULL, *other = NULL;
	char *lock = place_inside(place, "EXCH01.state.lock");
	pid_t child = start_holder(place, lock);
	entry = place_lock(place, store);
	assert_int_equal(child_status(child), 0);
	assert_int_equal(access(lock, F_OK), 0);
	assert_false(store_lock(place, store, "EXCH01", "state", 0, &other, NULL));
	assert_stores(entry, "x");
}

/* Reads a number, adds one, writes it, `rounds` times; each under the lock. */
static int count_up(struct place *place, int rounds)
{
	struct store *store;
	if (!store_open(place, place->path, &store, NULL))
		return 1;
	for (int i = 0; i < rounds; i++) {
		struct store_entry *entry;
		struct bytes text;
		bool exists;
		if (!store_lock(
			    store, store, "EXCH01", "state", PLACE_WAIT, &entry, NULL))
			return 2;
		if (!store_read(entry, 20, &text, &exists, NULL))
			return 3;
		char *old =
			memory_copy_bytes(entry, (const char *)text.data, text.length);
		if (!store_write(entry, memory_format(entry, "%d", atoi(old) + 1), NULL))
			return 4;
		talloc_free(entry);
	}
	return 0;
}

static void writers_at_the_same_time_lose_nothing(void **state)
{
	enum { WRITERS = 8, ROUNDS = 50 };
	struct place *place = place_make(*state);
	pid_t children[WRITERS];
	struct store_entry *entry = place_lock(place, place_open(place));
	assert_stores(entry, "0");
	talloc_free(entry);
	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0)
			_exit(count_up(place, ROUNDS));
	}
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(child_status(children[i]), 0);
	assert_stored(place_lock(place, place_open(place)), "400");
}

enum { CONTENT = 100000 };

static _Noreturn void write_for_ever(struct place *place)
{
	struct store *store = NULL;
	struct store_entry *entry = NULL;
	char *text = memory_array(place, char, CONTENT + 1);
	if (!store_open(place, place->path, &store, NULL) ||
		!store_lock(place, store, "EXCH01", "state", PLACE_WAIT, &entry, NULL))
		_exit(1);
	for (char letter = 'a';; letter = letter == 'a' ? 'b' : 'a') {
		memset(text, letter, CONTENT);
		if (!store_write(entry, text, NULL))
			_exit(2);
	}
}

static void check_whole(struct place *place)
{
	struct bytes text = {NULL, 0};
	bool exists = false;
	struct store_entry *entry = place_lock(place, place_open(place));
	assert_true(store_read(entry, PLACE_LIMIT, &text, &exists, NULL));
	assert_true(exists);
	assert_int_equal(text.length, CONTENT);
	for (size_t i = 1; i < CONTENT; i++)
		assert_int_equal(text.data[i], text.data[0]);
	assert_stores(entry,
		(const char *)memory_copy_bytes(
			entry, (const char *)text.data, text.length));
	assert_int_equal(place_count_files(place), 2);
	talloc_free(entry);
}

static void writer_killed_at_any_moment_leaves_old_or_new_content(void **state)
{
	const char *given = getenv("IMC_SEED");
	unsigned seed =
		given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	print_message("seed %u (IMC_SEED)\n", seed);
	srandom(seed);
	struct place *place = place_make(*state);
	char *text = memory_array(place, char, CONTENT + 1);
	memset(text, 'a', CONTENT);
	struct store_entry *entry = place_lock(place, place_open(place));
	assert_stores(entry, text);
	talloc_free(entry);
	for (int i = 0; i < 30; i++) {
		test_row("round %d", i);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			write_for_ever(place);
		struct timespec moment = {.tv_nsec = random() % 15000000};
		nanosleep(&moment, NULL);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(WTERMSIG(child_status(child)), SIGKILL);
		check_whole(place);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(lock_is_held_until_the_entry_is_freed),
		sentence(lock_is_waited_for),
		sentence(lock_file_deleted_by_hand_is_not_what_is_locked),
		sentence(writers_at_the_same_time_lose_nothing),
		sentence(writer_killed_at_any_moment_leaves_old_or_new_content),
	};
	return cmocka_run_group_tests_name("store, several writers", tests, NULL, NULL);
}
