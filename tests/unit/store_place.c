/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "store_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int remove_folder(struct place *place)
{
	umount2(place->path, MNT_DETACH); /* where a test with a disk of its own failed */
	char *command = memory_format(
		NULL, "chmod -R u+rwx %s; rm -rf %s", place->folder, place->folder);
	int status = system(command);
	talloc_free(command);
	return status == 0 ? 0 : -1;
}

struct place *place_make(void *parent)
{
	struct place *place = memory_new(parent, struct place);
	/* where there is such a thing, in memory: each write is synced */
	bool has_memory = access("/dev/shm", W_OK) == 0;
	strcpy(place->folder,
		has_memory ? "/dev/shm/test_store.XXXXXX" : "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	talloc_set_destructor(place, remove_folder);
	place->path = memory_format(place, "%s/state", place->folder);
	assert_int_equal(mkdir(place->path, 0700), 0);
	return place;
}

struct store *place_open(struct place *place)
{
	struct store *store = NULL;
	struct failure why = {.text = ""};
	if (!store_open(place, place->path, &store, &why))
		fail_msg("%s", why.text);
	return store;
}

struct store_entry *place_lock(struct place *place, struct store *store)
{
	struct store_entry *entry = NULL;
	struct failure why = {.text = ""};
	if (!store_lock(place, store, "EXCH01", "state", PLACE_WAIT, &entry, &why))
		fail_msg("%s", why.text);
	return entry;
}

char *place_inside(struct place *place, const char *name)
{
	return memory_format(place, "%s/%s", place->path, name);
}

void place_put_file(const char *path, const char *text, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(file, mode), 0);
	close(file);
}

void assert_stored(struct store_entry *entry, const char *wanted)
{
	struct bytes text;
	bool exists = false;
	struct failure why = {.text = ""};
	if (!store_read(entry, PLACE_LIMIT, &text, &exists, &why))
		fail_msg("%s", why.text);
	assert_true(exists);
	assert_int_equal(text.length, strlen(wanted));
	assert_memory_equal(text.data, wanted, text.length);
}

void assert_stores(struct store_entry *entry, const char *text)
{
	struct failure why = {.text = ""};
	if (!store_write(entry, text, &why))
		fail_msg("%s", why.text);
}

int place_count_files(struct place *place)
{
	int count = 0;
	DIR *folder = opendir(place->path);
	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count - 2;
}

int child_status(pid_t child)
{
	int status = -1;
	while (waitpid(child, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return status;
}
