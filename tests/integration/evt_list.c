/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evt_list FILE: every record that the evt source walks over, newest first: number, time
 * generated, id, source. Last line "damaged N". With --scan before FILE: what the
 * Application harvest keeps of the whole file instead, as a count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "core/record.h"
#include "core/text.h"
#include "source/deadline.h"
#include "source/evt_walk.h"

_Noreturn void out_of_memory(void)
{
	abort();
}

static struct bytes map(const char *path)
{
	int file = open(path, O_RDONLY);
	struct stat status;
	if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(1);
	}
	size_t size = (size_t)status.st_size;
	return (struct bytes){mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0), size};
}

static void print_record(void *parent, struct bytes bytes)
{
	struct record record;
	if (!record_decode(bytes, &record, NULL)) {
		printf("undecodable\n");
		return;
	}
	char *source = text_from_utf16(parent, record.source, 1000);
	printf("%u %lld 0x%08x %s\n", (unsigned)record.number,
		(long long)record.generated, (unsigned)record.id, source);
	talloc_free(source);
}

static void list(struct evt_walk *walk)
{
	unsigned damaged = 0;
	struct bytes record;
	enum evt_step step;
	while ((step = evt_walk_next(walk, &record)) != EVT_OLDEST) {
		if (step == EVT_RECORD)
			print_record(walk, record);
		else
			damaged++;
	}
	printf("damaged %u\n", damaged);
}

static void scan(struct evt_walk *walk)
{
	static const struct watch watch = {"MSExchangeIMC", NULL, 0};
	struct harvest_plan plan = {.kind = LOG_APPLICATION, .watch = &watch};
	struct harvest *harvest = harvest_new(walk, &plan);
	struct log log;
	harvest_finish(
		harvest, evt_walk_harvest(walk, deadline_in(60000), harvest), walk, &log);
	printf("%zu events, damaged %u\n", log.event_count, (unsigned)log.damaged);
}

int main(int argc, char **argv)
{
	bool is_scan = argc > 2 && strcmp(argv[1], "--scan") == 0;
	if (argc != (is_scan ? 3 : 2))
		return 3;
	const char *path = argv[argc - 1];
	struct evt_walk *walk;
	struct failure why;
	if (!evt_walk_new(NULL, map(path), &walk, &why)) {
		printf("%s %s\n", path, why.text);
		return 1;
	}
	if (is_scan)
		scan(walk);
	else
		list(walk);
	talloc_free(walk);
	return 0;
}
