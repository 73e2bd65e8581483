/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "evt_walk.h"

/*
 * Copied event logs. They are mapped, not read: a file that another process cuts short
 * while it is being read ends this one (SIGBUS). Copy the log, then check the copy.
 */
struct log_file {
	const char *path;
	struct bytes bytes;
	int64_t modified;
};

static bool is_regular(
	const char *path, int file, struct stat *ret_status, struct failure *why)
{
	if (fstat(file, ret_status) != 0)
		return fail_at(why, FAIL_SYSTEM, STAGE_FILE, "cannot read %s: %s", path,
			strerror(errno));
	return S_ISREG(ret_status->st_mode) ||
		fail_at(why, FAIL_USAGE, STAGE_FILE,
			"%s is not a file that holds an event log%s", path,
			S_ISDIR(ret_status->st_mode) ? " but a folder" : "");
}

static bool map_file(
	const char *path, int file, struct log_file *ret, struct failure *why)
{
	struct stat status;
	if (!is_regular(path, file, &status, why))
		return false;
	bool is_usable = status.st_size > 0 && status.st_size <= EVT_MAX_BYTES;
	void *data = MAP_FAILED;
	if (is_usable)
		data = mmap(
			NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	int error = errno;
	if (status.st_size == 0)
		return fail_at(why, FAIL_DAMAGED, STAGE_FILE,
			"%s is empty; copy it again", path);
	if (!is_usable)
		return fail_at(why, FAIL_UNSUPPORTED, STAGE_FILE,
			"%s has %lld bytes; logs up to %d are read", path,
			(long long)status.st_size, EVT_MAX_BYTES);
	if (data == MAP_FAILED)
		return fail_at(why, FAIL_SYSTEM, STAGE_FILE, "cannot read %s: %s", path,
			strerror(error));
	*ret = (struct log_file){path, {data, (size_t)status.st_size}, status.st_mtime};
	return true;
}

/* Never waits for a FIFO or a device. */
bool evt_open(const char *path, int *ret_file, struct failure *why)
{
	int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return fail_at(why, FAIL_SYSTEM, STAGE_FILE, "cannot open %s: %s", path,
			strerror(errno));
	*ret_file = file;
	return true;
}

static bool open_and_map(const char *path, struct log_file *ret, struct failure *why)
{
	int file = -1;
	if (!evt_open(path, &file, why))
		return false;
	bool is_mapped = map_file(path, file, ret, why);
	close(file);
	return is_mapped;
}

static bool map_log(const struct request *request, const char *path, enum log_kind kind,
	struct log_file *ret, struct failure *why)
{
	if (request->files == NULL)
		return open_and_map(path, ret, why);
	if (request->files[kind] >= 0)
		return map_file(path, request->files[kind], ret, why);
	*why = request->file_failures[kind];
	return false;
}

static void unmap_log(const struct log_file *log)
{
	munmap((void *)log->bytes.data, log->bytes.length);
}

/* A log that was cleared begins anew with times of its own; an old copy has old ones, and
 * what it lacks is no reason to forget it. */
static bool is_older_copy(const struct log *log, const struct bookmark *bookmark)
{
	return log->was_cleared && log->newest.is_set && bookmark->is_set &&
		log->newest.record < bookmark->record &&
		log->newest.time <= bookmark->time;
}

static bool read_log(const struct request *request, const struct log_file *file,
	const struct harvest_plan *plan, struct evidence *evidence, struct failure *why)
{
	struct evt_walk *walk;
	struct failure refusal;
	if (!evt_walk_new(evidence, file->bytes, &walk, &refusal))
		return fail_at(
			why, refusal.kind, STAGE_FILE, "%s %s", file->path, refusal.text);
	struct log *log = &evidence->logs[plan->kind];
	struct harvest *harvest = harvest_new(evidence, plan);
	enum harvest_end end = evt_walk_harvest(walk, request->deadline_ms, harvest);
	harvest_finish(harvest, end, evidence, log);
	talloc_free(walk);
	request_trace(request, "%s: %zu bytes, relevant events: %zu, damaged records: %u",
		file->path, file->bytes.length, log->event_count, (unsigned)log->damaged);
	if (is_older_copy(log, &plan->bookmark)) {
		*log = (struct log){
			.newest = plan->bookmark,
			.is_cut = true,
			.reaches_back_to = NO_TIME,
			.damage_time = NO_TIME,
		};
		return fail_at(why, FAIL_DAMAGED, STAGE_FILE,
			"%s is an older copy than the one that was read before: its "
			"newest record is not as new",
			file->path);
	}
	if (end == HARVEST_CUT)
		return fail_at(why, FAIL_TIMEOUT, STAGE_FILE,
			"the time ran out before %s was read", file->path);
	return true;
}

/* The older of the files' times counts: that old is what is known at worst. */
static void observe(struct evidence *evidence, int64_t modified)
{
	if (evidence->observed_at == NO_TIME || modified < evidence->observed_at)
		evidence->observed_at = modified;
}

static void learn_log(const struct request *request, const char *path, enum log_kind kind,
	int64_t last_boot, struct evidence *evidence)
{
	struct log_file file = {0};
	struct failure why;
	struct harvest_plan plan = request_plan(request, kind, request->now, last_boot);
	if (!map_log(request, path, kind, &file, &why)) {
		evidence_failed(evidence, part_of_log(kind), &why);
		return;
	}
	observe(evidence, file.modified);
	if (read_log(request, &file, &plan, evidence, &why))
		evidence_learned(evidence, part_of_log(kind));
	else
		evidence_failed(evidence, part_of_log(kind), &why);
	unmap_log(&file);
}

/* The System log first: its boots say how far back the Application log matters. */
static void collect(const struct request *request, struct evidence *evidence)
{
	const struct target *target = request->target;
	if (target->system_evt != NULL)
		learn_log(request, target->system_evt, LOG_SYSTEM, NO_TIME, evidence);
	int64_t last_boot = request_last_boot(request, &evidence->logs[LOG_SYSTEM]);
	if (target->evt != NULL)
		learn_log(request, target->evt, LOG_APPLICATION, last_boot, evidence);
}

const struct source evt_source = {
	.name = "evt",
	.collect = collect,
};
