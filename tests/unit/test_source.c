/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evt_writer.h"
#include "source/deadline.h"
#include "source/source.h"

enum { NOW = 1700000000, BOOTED = NOW - 3600, DAY = 86400 };

static const struct made_event application[] = {
	{.number = 1, .time = BOOTED - 30 * DAY, .id = 1000, .source = "MSExchangeIMC"},
	{.number = 2, .time = BOOTED + 60, .id = 0xC0000FE7, .source = "MSExchangeIMC"},
};
static const struct made_event system_log[] = {
	{.number = 1, .time = BOOTED, .id = 0x80001775, .source = "EventLog"},
};

/* A folder that is removed with the test. */
static int remove_folder(char **path)
{
	char *command = memory_format(NULL, "rm -rf '%s'", *path);
	int status = system(command);
	talloc_free(command);
	return status == 0 ? 0 : -1;
}

static const char *new_folder(void *parent)
{
	char **path = memory_new(parent, char *);
	*path = memory_copy(path, "/tmp/imc-test-XXXXXX");
	assert_non_null(mkdtemp(*path));
	talloc_set_destructor(path, remove_folder);
	return *path;
}

/* Path of a new file with this content, last changed at `modified`. */
static char *new_file(
	const char *folder, const char *name, struct bytes content, int64_t modified)
{
	char *path = memory_format((void *)folder, "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(content.data, 1, content.length, file), content.length);
	fclose(file);
	struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	return path;
}

static struct evidence *collect(void *parent, char *evt, char *system_evt)
{
	struct target *target = target_new(parent);
	target->evt = evt;
	target->system_evt = system_evt;
	struct request request = {
		.target = target, .now = NOW, .deadline_ms = deadline_in(10000)};
	struct evidence *evidence = evidence_new(parent, "EXCH01", "evt");
	evt_source.collect(&request, evidence);
	return evidence;
}

static void both_logs_are_learned_as_old_as_the_older_file(void **state)
{
	const char *folder = new_folder(*state);
	struct evidence *evidence = collect(*state,
		new_file(folder, "App",
			made_file(*state, MADE_DIRTY, application, 2).file, NOW - 10),
		new_file(folder, "Sys", made_file(*state, MADE_CLEAN, system_log, 1).file,
			NOW - 90));
	assert_true(evidence_has(evidence, PART_APPLICATION));
	assert_true(evidence_has(evidence, PART_SYSTEM));
	assert_int_equal(evidence->parts[PART_STATE].knowledge, NOT_OFFERED);
	assert_int_equal(evidence->parts[PART_CONFIG].knowledge, NOT_OFFERED);
	assert_int_equal(evidence->parts[PART_CLOCK].knowledge, NOT_OFFERED);
	assert_int_equal(evidence->observed_at, NOW - 90);
	assert_int_equal(evidence->logs[LOG_APPLICATION].event_count, 2);
	assert_int_equal(log_last_boot(&evidence->logs[LOG_SYSTEM])->time, BOOTED);
}

static void a_system_log_is_not_offered_where_it_is_not_given(void **state)
{
	const char *folder = new_folder(*state);
	struct evidence *evidence = collect(*state,
		new_file(folder, "App",
			made_file(*state, MADE_CLEAN, application, 2).file, NOW),
		NULL);
	assert_true(evidence_has(evidence, PART_APPLICATION));
	assert_int_equal(evidence->parts[PART_SYSTEM].knowledge, NOT_OFFERED);
}

static void damage_inside_a_file_is_kept_with_the_log(void **state)
{
	struct bytes good = made_file(*state, MADE_CLEAN, application, 2).file;
	uint8_t *data = made_copy(*state, good);
	data[0x30 + 4] ^= 1;
	const char *folder = new_folder(*state);
	struct evidence *evidence = collect(*state,
		new_file(folder, "App", (struct bytes){data, good.length}, NOW), NULL);
	assert_true(evidence_has(evidence, PART_APPLICATION));
	assert_int_equal(evidence->logs[LOG_APPLICATION].damaged, 1);
	assert_int_equal(evidence->logs[LOG_APPLICATION].damage_time, BOOTED + 60);
}

static void what_cannot_be_a_log_is_said_and_never_waited_for(void **state)
{
	const char *folder = new_folder(*state);
	char *fifo = memory_format((void *)folder, "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	struct bytes nothing = {(const uint8_t *)"", 0},
		     text = {(const uint8_t *)"Hello\n", 6};
	struct bytes evtx = {(const uint8_t *)"ElfFile\0........", 16};
	const struct {
		const char *path;
		enum failure_kind kind;
		const char *says;
	} rows[] = {
		{"/nowhere/AppEvent.Evt", FAIL_SYSTEM, "cannot open"},
		{folder, FAIL_USAGE, "but a folder"},
		{fifo, FAIL_USAGE, "is not a file"},
		{"/dev/null", FAIL_USAGE, "is not a file"},
		{new_file(folder, "empty", nothing, NOW), FAIL_DAMAGED, "is empty"},
		{new_file(folder, "text", text, NOW), FAIL_USAGE, "no classic event log"},
		{new_file(folder, "evtx", evtx, NOW), FAIL_UNSUPPORTED, ".evtx"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].path);
		struct evidence *evidence = collect(*state, (char *)rows[i].path, NULL);
		const struct part_report *report = &evidence->parts[PART_APPLICATION];
		assert_int_equal(report->knowledge, NOT_LEARNED);
		assert_int_equal(report->why.kind, rows[i].kind);
		assert_int_equal(report->why.stage, STAGE_FILE);
		assert_non_null(strstr(report->why.text, rows[i].says));
		assert_non_null(strstr(report->why.text, rows[i].path));
	}
}

/* As a worker collects, which has descriptors only. */
static struct evidence *collect_files(
	void *parent, const int *files, const struct failure *failures)
{
	static char evt[] = "/nowhere/App", system_evt[] = "/nowhere/Sys";
	struct target *target = target_new(parent);
	target->evt = evt;
	target->system_evt = system_evt;
	struct request request = {.target = target,
		.now = NOW,
		.deadline_ms = deadline_in(10000),
		.files = files,
		.file_failures = failures};
	struct evidence *evidence = evidence_new(parent, "EXCH01", "evt");
	evt_source.collect(&request, evidence);
	return evidence;
}

static void files_that_are_open_are_read_and_stay_open(void **state)
{
	const char *folder = new_folder(*state);
	struct failure failures[LOGS] = {{.text = ""}};
	const char *path = new_file(folder, "App",
		made_file(*state, MADE_DIRTY, application, 2).file, NOW - 10);
	int files[LOGS] = {open(path, O_RDONLY), -1};
	fail_at(&failures[LOG_SYSTEM], FAIL_DENIED, STAGE_FILE, "not for us");
	struct evidence *evidence = collect_files(*state, files, failures);
	assert_true(evidence_has(evidence, PART_APPLICATION));
	assert_int_equal(evidence->logs[LOG_APPLICATION].event_count, 2);
	assert_int_equal(evidence->observed_at, NOW - 10);
	assert_int_equal(evidence->parts[PART_SYSTEM].why.kind, FAIL_DENIED);
	assert_string_equal(evidence->parts[PART_SYSTEM].why.text, "not for us");
	assert_int_equal(close(files[LOG_APPLICATION]), 0);
}

static void open_files_are_looked_at_before_they_are_read(void **state)
{
	const char *folder = new_folder(*state);
	struct bytes nothing = {(const uint8_t *)"", 0};
	int files[LOGS] = {open(folder, O_RDONLY),
		open(new_file(folder, "Sys", nothing, NOW), O_RDONLY)};
	struct evidence *evidence = collect_files(*state, files, NULL);
	const struct part_report *parts = evidence->parts;
	assert_non_null(strstr(parts[PART_APPLICATION].why.text,
		"/nowhere/App is not a file that holds an event log but a folder"));
	assert_non_null(strstr(parts[PART_SYSTEM].why.text, "/nowhere/Sys is empty"));
	close(files[LOG_APPLICATION]);
	close(files[LOG_SYSTEM]);
	files[LOG_APPLICATION] = open("/dev/null", O_RDONLY);
	files[LOG_SYSTEM] = 9999;
	evidence = collect_files(*state, files, NULL);
	assert_non_null(strstr(
		evidence->parts[PART_APPLICATION].why.text, "is not a file that holds"));
	assert_non_null(strstr(
		evidence->parts[PART_SYSTEM].why.text, "cannot read /nowhere/Sys"));
	close(files[LOG_APPLICATION]);
}

static void plans_reach_back_to_the_last_boot_or_the_lookback(void **state)
{
	struct target *target = target_new(*state);
	target->policy.lookback = 7 * DAY;
	target->policy.boot_window = 900;
	struct request request = {.target = target, .now = NOW};
	static const struct {
		enum log_kind kind;
		int64_t boot, cutoff;
	} rows[] = {
		{LOG_SYSTEM, NO_TIME, NOW - 7 * DAY - 900},
		{LOG_APPLICATION, NO_TIME, NOW - 7 * DAY - 900},
		{LOG_APPLICATION, NOW - DAY, NOW - 7 * DAY - 900},
		{LOG_APPLICATION, NOW - 40 * DAY, NOW - 40 * DAY - 900},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%zu", i);
		struct harvest_plan plan =
			request_plan(&request, rows[i].kind, NOW, rows[i].boot);
		assert_int_equal(plan.cutoff, rows[i].cutoff);
		assert_int_equal(plan.needs_boot, rows[i].kind == LOG_SYSTEM);
		assert_int_equal(plan.now, NOW);
		assert_false(plan.bookmark.is_set || plan.stops_at_bookmark);
	}
}

static void sources_are_found_by_name_or_refused_in_words(void **state)
{
	(void)state;
	const struct source *source;
	struct failure why;
	assert_true(source_find("evt", &source, &why));
	assert_ptr_equal(source, &evt_source);
	assert_false(source_find("carrier-pigeon", &source, &why));
	assert_int_equal(why.kind, FAIL_USAGE);
	assert_non_null(strstr(why.text, "\"carrier-pigeon\""));
	assert_non_null(strstr(why.text, "rpc, snmp, agent, evt"));
}

/* Its module may not be there: that is another thing to say. */
static void every_kind_has_a_source(void **state)
{
	(void)state;
	size_t count;
	const struct source_kind *kinds = source_kinds(&count);
	for (size_t i = 0; i < count; i++) {
		const struct source *source;
		struct failure why = {.text = ""};
		test_row("%s", kinds[i].name);
		if (source_find(kinds[i].name, &source, &why)) {
			assert_string_equal(source->name, kinds[i].name);
			assert_non_null(source->collect);
		} else {
			assert_int_equal(why.kind, FAIL_UNSUPPORTED);
			assert_non_null(strstr(why.text, kinds[i].name));
			assert_non_null(strstr(why.text, "install imc-monitor-"));
		}
	}
	test_row("%s", "");
}

static void count_line(void *context, const char *line)
{
	assert_string_equal(line, "7 bytes");
	++*(unsigned *)context;
}

static void a_trace_goes_to_who_listens(void **state)
{
	(void)state;
	unsigned lines = 0;
	struct request request = {.trace = count_line, .trace_context = &lines};
	request_trace(&request, "%d bytes", 7);
	assert_int_equal(lines, 1);
	request.trace = NULL;
	request_trace(&request, "%d bytes", 7);
	assert_int_equal(lines, 1);
}

/* Other display names find other events in what was read already. */
static void a_bookmark_serves_only_the_names_it_was_made_for(void **state)
{
	struct target *target = target_new(*state);
	struct state *memory = state_new(*state);
	struct log *log = &memory->logs[LOG_APPLICATION];
	log->newest = (struct bookmark){true, 7, NOW - DAY, 1};
	log->is_whole = true;
	memory->watched = watch_hash(&target->watch);
	struct request request = {.target = target, .state = memory, .now = NOW};
	assert_true(
		request_plan(&request, LOG_APPLICATION, NOW, NO_TIME).stops_at_bookmark);
	const struct setting *setting = target_setting("display-name");
	assert_true(setting->set(target, "Internet-Maildienst", NULL));
	assert_false(
		request_plan(&request, LOG_APPLICATION, NOW, NO_TIME).stops_at_bookmark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(both_logs_are_learned_as_old_as_the_older_file),
		sentence(a_system_log_is_not_offered_where_it_is_not_given),
		sentence(damage_inside_a_file_is_kept_with_the_log),
		sentence(what_cannot_be_a_log_is_said_and_never_waited_for),
		sentence(files_that_are_open_are_read_and_stay_open),
		sentence(open_files_are_looked_at_before_they_are_read),
		sentence(plans_reach_back_to_the_last_boot_or_the_lookback),
		sentence(a_bookmark_serves_only_the_names_it_was_made_for),
		sentence(sources_are_found_by_name_or_refused_in_words),
		sentence(every_kind_has_a_source),
		sentence(a_trace_goes_to_who_listens),
	};
	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
