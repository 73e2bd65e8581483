/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_logs.h"

#include "core/harvest.h"
#include "core/memory.h"
#include "core/record.h"
#include "request.h"
#include "rpc_eventlog.h"

/* An answer carries the whole buffer that was asked for, so that the first is as small as
 * the records that are expected, and each next one four times as large. */
enum { RECORD_EXPECTED = 512, FIRST_MIN = 4096, FIRST_MAX = 65536, GROWTH = 4 };

/* A log that changes while it is read is read again, so many times in all. */
enum { ATTEMPTS = 4 };

/* One log, on its way from the newest record to the oldest. */
struct reading {
	const struct request *request;
	const struct harvest_plan *plan;
	const struct bookmark *foreign; /* newest record of another log, or NULL */
	struct eventlog log;
	struct harvest *harvest;
	uint32_t oldest, count;
	uint32_t next;      /* number of the record that is to come */
	uint32_t wanted;    /* bytes of the next answer */
	unsigned records;   /* taken */
	bool is_sequential; /* the server cannot seek in it */
	bool has_foreign;   /* that very record is in this log, too */
};

/* How far it went. */
enum outcome {
	GO_ON,
	DONE_ENOUGH, /* the harvest wants no more */
	DONE_OLDEST, /* there is no more */
	CHANGED,     /* what came does not follow what came before: begin again */
	CANNOT_SEEK, /* begin again, and do not seek */
	FAILED
};

static uint32_t newest_of(const struct reading *reading)
{
	return reading->oldest + reading->count - 1;
}

static uint32_t first_buffer(const struct reading *reading)
{
	const struct bookmark *bookmark = &reading->plan->bookmark;
	uint32_t newest = newest_of(reading), records = reading->count;
	if (reading->plan->stops_at_bookmark && bookmark->record <= newest &&
		newest - bookmark->record < records)
		records = newest - bookmark->record + 1;
	if (records > FIRST_MAX / RECORD_EXPECTED)
		return FIRST_MAX;
	return records * RECORD_EXPECTED > FIRST_MIN ? records * RECORD_EXPECTED
						     : FIRST_MIN;
}

/* Four times as large, but no larger than what is left asks for, by the mean of the
 * records that came: the server sends all of it, in fragments of 4 KB and a round trip
 * each. */
static void grow(struct reading *reading, size_t mean)
{
	uint64_t left = (uint64_t)(reading->next - reading->oldest + 1) * mean;
	uint64_t larger = (uint64_t)reading->wanted * GROWTH;
	left += left / 4 + FIRST_MIN / 2;
	larger = larger < EVENTLOG_MAX_READ ? larger : EVENTLOG_MAX_READ;
	reading->wanted = (uint32_t)(left < larger ? left : larger);
}

static bool is_foreign(const struct reading *reading, struct bytes record)
{
	const struct bookmark *foreign = reading->foreign;
	return foreign != NULL && foreign->is_set &&
		foreign->record == record_number(record) &&
		foreign->hash == bytes_hash(record);
}

/* Records follow each other without a gap. Where nobody can seek the first may be newer
 * than the newest was when the log was opened. */
static bool is_next(const struct reading *reading, uint32_t number)
{
	bool is_first = reading->records == 0 && reading->is_sequential;
	return is_first ? number >= reading->next : number == reading->next;
}

/* All records of an answer. */
static enum outcome take_records(
	struct reading *reading, struct bytes records, struct failure *why)
{
	size_t length = records.length, count = 0;
	for (; records.length > 0; count++) {
		struct bytes record;
		if (!wire_next_record(&records, &record, why)) {
			why->stage = reading->log.stage;
			return FAILED;
		}
		uint32_t number = record_number(record);
		if (!is_next(reading, number))
			return CHANGED;
		reading->records++;
		reading->has_foreign =
			reading->has_foreign || is_foreign(reading, record);
		if (!harvest_take(reading->harvest, record))
			return DONE_ENOUGH;
		if (number <= reading->oldest)
			return DONE_OLDEST;
		reading->next = number - 1;
	}
	grow(reading, count > 0 ? length / count : FIRST_MIN);
	return GO_ON;
}

/* The server says that there are no more, though the oldest did not come. */
static enum outcome end_early(struct reading *reading)
{
	if (reading->records == 0)
		return CHANGED;
	harvest_damage(reading->harvest);
	return DONE_OLDEST;
}

/*
 * The record to come is not there. It may have been overwritten, and then all older ones
 * were; the log may have been cleared; or it is one of 2 MB and more on NT 3.5 to 4.0,
 * where no record can be sought (KB Q177199).
 */
static enum outcome explain_missing(struct reading *reading, struct failure *why)
{
	uint32_t oldest = 0, count = 0;
	if (!eventlog_extent(&reading->log, &oldest, &count, why))
		return FAILED;
	if (count == 0 || reading->next > oldest + count - 1)
		return CHANGED;
	if (reading->next < oldest)
		return reading->records > 0 ? DONE_OLDEST : CHANGED;
	return CANNOT_SEEK;
}

/* A record is larger than the buffer. */
static enum outcome make_room(
	struct reading *reading, uint32_t needed, struct failure *why)
{
	if (needed <= reading->wanted || needed > EVENTLOG_MAX_READ) {
		fail_at(why, FAIL_PROTOCOL, reading->log.stage,
			"%s has no room for a record of %u bytes in a buffer of %u",
			reading->request->target->address, (unsigned)needed,
			(unsigned)reading->wanted);
		return FAILED;
	}
	reading->wanted = needed;
	return GO_ON;
}

/* One question and its answer. */
static enum outcome advance(struct reading *reading, struct failure *why)
{
	void *scratch = talloc_new(reading->harvest);
	uint32_t way = reading->is_sequential ? EVENTLOG_SEQUENTIAL : EVENTLOG_SEEK;
	struct wire_read read;
	enum outcome outcome = FAILED;
	if (!eventlog_read(scratch, &reading->log, way | EVENTLOG_BACKWARDS,
		    reading->is_sequential ? 0 : reading->next, reading->wanted, &read,
		    why))
		outcome = FAILED;
	else if (read.status == EVENTLOG_OK && read.records.length > 0)
		outcome = take_records(reading, read.records, why);
	else if (read.status == EVENTLOG_OK || read.status == EVENTLOG_END_OF_FILE)
		outcome = end_early(reading);
	else if (read.status == EVENTLOG_BUFFER_TOO_SMALL)
		outcome = make_room(reading, read.needed, why);
	else if (read.status == EVENTLOG_NO_SUCH_RECORD && !reading->is_sequential)
		outcome = explain_missing(reading, why);
	else if (read.status == EVENTLOG_CHANGED)
		outcome = CHANGED;
	else
		eventlog_refuse(&reading->log, read.status, why);
	talloc_free(scratch);
	return outcome;
}

/* An empty log is a claim that costs one question to confirm. */
static enum outcome confirm_empty(struct reading *reading, struct failure *why)
{
	void *scratch = talloc_new(reading->harvest);
	struct wire_read read;
	enum outcome outcome = FAILED;
	if (!eventlog_read(scratch, &reading->log,
		    EVENTLOG_SEQUENTIAL | EVENTLOG_BACKWARDS, 0, FIRST_MIN, &read, why))
		outcome = FAILED;
	else if (read.status == EVENTLOG_END_OF_FILE ||
		(read.status == EVENTLOG_OK && read.records.length == 0))
		outcome = DONE_OLDEST;
	else if (read.status == EVENTLOG_OK || read.status == EVENTLOG_BUFFER_TOO_SMALL ||
		read.status == EVENTLOG_CHANGED)
		outcome = CHANGED;
	else
		eventlog_refuse(&reading->log, read.status, why);
	talloc_free(scratch);
	return outcome;
}

/* From the newest record on, with a handle of its own. */
static enum outcome read_from_newest(
	struct reading *reading, struct rpc_pipe *pipe, struct failure *why)
{
	enum outcome outcome = FAILED;
	if (!eventlog_open(pipe, reading->plan->kind, &reading->log, why))
		return FAILED;
	reading->records = 0;
	reading->has_foreign = false;
	if (!eventlog_extent(&reading->log, &reading->oldest, &reading->count, why)) {
		outcome = FAILED;
	} else if (reading->count == 0) {
		outcome = confirm_empty(reading, why);
	} else if (newest_of(reading) < reading->oldest) {
		fail_at(why, FAIL_PROTOCOL, reading->log.stage,
			"%s has %u records from number %u on, which cannot be",
			reading->request->target->address, (unsigned)reading->count,
			(unsigned)reading->oldest);
	} else {
		reading->next = newest_of(reading);
		reading->wanted = first_buffer(reading);
		do
			outcome = advance(reading, why);
		while (outcome == GO_ON);
	}
	eventlog_close(&reading->log);
	return outcome;
}

/* Begins again where it has to. */
static enum outcome read_log(
	struct reading *reading, struct rpc_pipe *pipe, void *owner, struct failure *why)
{
	enum outcome outcome = FAILED;
	for (unsigned attempt = 0; attempt < ATTEMPTS;) {
		talloc_free(reading->harvest);
		reading->harvest = harvest_new(owner, reading->plan);
		outcome = read_from_newest(reading, pipe, why);
		if (outcome != CHANGED && outcome != CANNOT_SEEK)
			return outcome;
		request_trace(reading->request, "%s log: %s; again",
			log_name(reading->plan->kind),
			outcome == CHANGED ? "it changed" : "no record can be sought");
		if (outcome == CHANGED)
			attempt++;
		else
			reading->is_sequential = true;
	}
	eventlog_refuse(&reading->log, EVENTLOG_CHANGED, why);
	return FAILED;
}

static void trace(const struct reading *reading, const struct log *log)
{
	request_trace(reading->request,
		"%s log: %u records from number %u on, %u read, relevant events: %zu, "
		"damaged records: %u",
		log_name(reading->plan->kind), (unsigned)reading->count,
		(unsigned)reading->oldest, reading->records, log->event_count,
		(unsigned)log->damaged);
}

/* *ret_has_foreign: the log holds the record `foreign` too, and so is that other log. */
static void learn_log(struct rpc_pipe *pipe, const struct harvest_plan *plan,
	const struct bookmark *foreign, struct evidence *evidence, bool *ret_has_foreign)
{
	struct reading reading = {
		.request = rpc_request_of(pipe),
		.plan = plan,
		.foreign = foreign,
	};
	struct failure why;
	struct log *log = &evidence->logs[plan->kind];
	enum outcome outcome = read_log(&reading, pipe, evidence, &why);
	enum harvest_end end = outcome == DONE_ENOUGH ? HARVEST_ENOUGH
		: outcome == DONE_OLDEST              ? HARVEST_OLDEST
						      : HARVEST_CUT;
	harvest_finish(reading.harvest, end, evidence, log);
	*ret_has_foreign = reading.has_foreign;
	trace(&reading, log);
	if (end != HARVEST_CUT) {
		evidence_learned(evidence, part_of_log(plan->kind));
		return;
	}
	request_trace(reading.request, "%s log: %s", log_name(plan->kind), why.text);
	evidence_failed(evidence, part_of_log(plan->kind), &why);
}

/* [MS-EVEN] 3.1.4.3: where a server has no log of a name, it opens Application in
 * silence. */
static void disown_system(const struct request *request, struct evidence *evidence)
{
	struct failure why;
	struct log *system = &evidence->logs[LOG_SYSTEM];
	fail_at(&why, FAIL_ABSENT, STAGE_SYSTEM,
		"%s opened the Application log instead of the System log",
		request->target->address);
	*system = (struct log){
		.reaches_back_to = NO_TIME, .damage_time = NO_TIME, .is_cut = true};
	evidence_failed(evidence, PART_SYSTEM, &why);
}

void rpc_logs_learn(struct rpc *rpc, const struct request *request, int64_t server_now,
	struct evidence *evidence)
{
	struct rpc_pipe *pipe;
	struct failure why;
	bool is_application = false;
	if (!rpc_pipe_open(rpc, &eventlog_interface, &pipe, &why)) {
		evidence_failed(evidence, PART_SYSTEM, &why);
		evidence_failed(evidence, PART_APPLICATION, &why);
		return;
	}
	struct harvest_plan plan = request_plan(request, LOG_SYSTEM, server_now, NO_TIME);
	learn_log(pipe, &plan, NULL, evidence, &is_application);

	int64_t last_boot = request_last_boot(request, &evidence->logs[LOG_SYSTEM]);
	const struct bookmark *newest = evidence_has(evidence, PART_SYSTEM)
		? &evidence->logs[LOG_SYSTEM].newest
		: NULL;
	plan = request_plan(request, LOG_APPLICATION, server_now, last_boot);
	learn_log(pipe, &plan, newest, evidence, &is_application);
	if (is_application)
		disown_system(request, evidence);
	rpc_pipe_close(pipe);
}
