/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz target over files, and over the files of folders, without libFuzzer.
 * Linked with libFuzzer, which has a main of its own, it only gives out_of_memory(). */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void out_of_memory(void)
{
	abort();
}

#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
/* The input lies in a block of its own size: a sanitizer sees a read behind its end. */
static size_t replay_file(FILE *file)
{
	size_t room = 1 << 20, size = 0, got;
	uint8_t *data = memory_required(malloc(room));
	while ((got = fread(data + size, 1, room - size, file)) > 0) {
		size += got;
		if (size == room)
			data = memory_required(realloc(data, room *= 2));
	}
	fclose(file);
	uint8_t *input = memory_required(malloc(size > 0 ? size : 1));
	memcpy(input, data, size);
	free(data);
	LLVMFuzzerTestOneInput(input, size);
	free(input);
	return 1;
}

static size_t replay(const char *path)
{
	DIR *folder = opendir(path);
	FILE *file = folder == NULL ? fopen(path, "rb") : NULL;
	if (file != NULL)
		return replay_file(file);
	if (folder == NULL) {
		perror(path);
		exit(1);
	}
	size_t count = 0;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		char *inside = memory_format(NULL, "%s/%s", path, entry->d_name);
		count += replay(inside);
		talloc_free(inside);
	}
	closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%zu inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}
#endif
