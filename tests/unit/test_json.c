/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <jansson.h>

#include "check/report.h"
#include "made_verdict.h"

static const struct report_options as_json = {.json = true, .max_output = 50};

/* The schema that check_imc(1) promises, in its order. */
static const char *const schema[] = {"schema", "server", "source", "status", "exit_code",
	"keys", "condition", "trigger", "text", "advice", "cause", "service",
	"events_4071", "attempts", "boot_time", "clock_skew", "log_reaches_back_to",
	"log_cleared", "damaged_records", "failures", "observed_at", "probe_ms"};
static const char *const cause[] = {"event_id", "text"};
static const char *const service[] = {"state", "inferred", "start_type", "start_account",
	"win32_exit", "specific_exit", "dependencies"};
static const char *const events[] = {"count", "first", "last", "last_record"};
static const char *const attempt[] = {
	"time", "record", "event_id", "raw_id", "trigger", "outcome"};
static const char *const failure[] = {"part", "kind", "stage", "text"};
static const char *const dependency[] = {"name", "state"};

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

static void assert_members(json_t *object, const char *const *names, size_t count)
{
	assert_true(json_is_object(object));
	size_t i = 0;
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value)
	{
		assert_true(i < count);
		assert_string_equal(name, names[i++]);
	}
	assert_int_equal(i, count);
}

static void assert_list(json_t *list, const char *const *names, size_t count)
{
	assert_true(json_is_array(list));
	size_t i;
	json_t *value;
	json_array_foreach(list, i, value) assert_members(value, names, count);
}

/* Parsed back, with the whole schema in its order; to be given back with json_decref().
 */
static json_t *parsed(const char *output)
{
	assert_int_equal(output[strlen(output) - 1], '\n');
	assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
	json_error_t error;
	json_t *object = json_loads(output, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(object);
	assert_members(object, schema, ROWS(schema));
	assert_members(json_object_get(object, "cause"), cause, ROWS(cause));
	assert_members(json_object_get(object, "service"), service, ROWS(service));
	assert_members(json_object_get(object, "events_4071"), events, ROWS(events));
	assert_list(json_object_get(object, "attempts"), attempt, ROWS(attempt));
	assert_list(json_object_get(object, "failures"), failure, ROWS(failure));
	json_t *list =
		json_object_get(json_object_get(object, "service"), "dependencies");
	assert_list(list, dependency, ROWS(dependency));
	return object;
}

static void a_verdict_is_written_in_the_schema(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	const char *output = report(*state, &made->verdict, &as_json);
	json_decref(parsed(output));
	assert_string_equal(output,
		"{\"schema\":1,\"server\":\"EXCH01\",\"source\":\"rpc\",\"status\":"
		"\"critical\","
		"\"exit_code\":2,\"keys\":[\"active\"],\"condition\":\"active\","
		"\"trigger\":\"automatic\",\"text\":\"service stopped, event 4071 at the "
		"automatic start 2h ago (2 in 7d)\",\"advice\":\"set the administrator "
		"mailbox\","
		"\"cause\":{\"event_id\":4071,\"text\":\"the administrator mailbox is "
		"not set, is "
		"wrong, or cannot be reached\"},\"service\":{\"state\":\"stopped\","
		"\"inferred\":false,\"start_type\":\"automatic\",\"start_account\":"
		"\"EXDOM/exsvc\","
		"\"win32_exit\":1066,\"specific_exit\":2140,\"dependencies\":[{\"name\":"
		"\"MSExchangeIS\",\"state\":\"running\"}]},\"events_4071\":{\"count\":2,"
		"\"first\":\"2026-11-19T09:00:00Z\",\"last\":\"2026-11-22T07:00:00Z\","
		"\"last_record\":102},\"attempts\":[{\"time\":\"2026-11-19T09:00:00Z\","
		"\"record\":100,\"event_id\":4071,\"raw_id\":3221229543,\"trigger\":"
		"\"automatic\","
		"\"outcome\":\"failed\"},{\"time\":\"2026-11-20T09:00:00Z\",\"record\":"
		"101,"
		"\"event_id\":1000,\"raw_id\":null,\"trigger\":null,\"outcome\":"
		"\"started\"},"
		"{\"time\":\"2026-11-21T09:00:00Z\",\"record\":102,\"event_id\":4071,"
		"\"raw_id\":"
		"3221229543,\"trigger\":\"automatic\",\"outcome\":\"failed\"}],\"boot_"
		"time\":"
		"\"2026-11-22T06:58:20Z\",\"clock_skew\":-7,\"log_reaches_back_to\":"
		"\"2026-10-23T09:00:00Z\",\"log_cleared\":false,\"damaged_records\":0,"
		"\"failures\":[],\"observed_at\":\"2026-11-22T08:59:59Z\",\"probe_ms\":"
		"123}\n");
}

static void what_is_not_known_is_null(void **state)
{
	static const char *const paths[][2] = {{"boot_time", NULL}, {"clock_skew", NULL},
		{"log_reaches_back_to", NULL}, {"log_cleared", NULL},
		{"damaged_records", NULL}, {"advice", NULL}, {"cause", "event_id"},
		{"cause", "text"}, {"service", "state"}, {"service", "inferred"},
		{"service", "start_type"}, {"service", "start_account"},
		{"service", "win32_exit"}, {"service", "specific_exit"},
		{"events_4071", "count"}, {"events_4071", "first"},
		{"events_4071", "last"}, {"events_4071", "last_record"}};
	struct evidence *evidence = evidence_new(*state, "EXCH01", "rpc");
	struct policy policy = policy_default();
	struct failure why;
	fail_at(&why, FAIL_TIMEOUT, STAGE_CONNECT, "no answer");
	evidence_failed(evidence, PART_STATE, &why);
	struct verdict verdict = {.evidence = evidence,
		.policy = &policy,
		.status = STATUS_UNKNOWN,
		.text = "no answer",
		.first_4071 = NO_TIME,
		.last_4071 = NO_TIME,
		.boot_time = NO_TIME,
		.state_since = NO_TIME};
	json_t *object = parsed(report(*state, &verdict, &as_json));
	for (size_t i = 0; i < ROWS(paths); i++) {
		test_row("%s %s", paths[i][0], paths[i][1] != NULL ? paths[i][1] : "");
		json_t *value = json_object_get(object, paths[i][0]);
		if (paths[i][1] != NULL)
			value = json_object_get(value, paths[i][1]);
		assert_true(json_is_null(value));
	}
	json_t *first = json_array_get(json_object_get(object, "failures"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "part")), "state");
	assert_string_equal(json_string_value(json_object_get(first, "kind")), "timeout");
	assert_string_equal(
		json_string_value(json_object_get(first, "stage")), "connect");
	json_decref(object);
}

static void a_failure_without_a_verdict_has_the_same_schema(void **state)
{
	struct failure why;
	fail(&why, FAIL_USAGE, "no such option");
	json_t *object =
		parsed(report_failure(*state, STATUS_UNKNOWN, NULL, &why, &as_json));
	assert_true(json_is_null(json_object_get(object, "server")));
	assert_string_equal(
		json_string_value(json_object_get(object, "text")), "no such option");
	assert_int_equal(json_array_size(json_object_get(object, "failures")), 1);
	json_decref(object);
}

static void status_and_exit_code_agree(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	for (int status = 0; status < STATUSES; status++) {
		made->verdict.status = status;
		json_t *object = parsed(report(*state, &made->verdict, &as_json));
		assert_int_equal(
			json_integer_value(json_object_get(object, "exit_code")), status);
		assert_string_equal(json_string_value(json_object_get(object, "status")),
			status_name(status));
		json_decref(object);
	}
}

static void every_cause_has_words_or_null(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	for (int why = CAUSE_NONE; why <= CAUSE_UNKNOWN; why++) {
		test_row("cause %d", why);
		made->verdict.cause = why;
		json_t *object = parsed(report(*state, &made->verdict, &as_json));
		json_t *text = json_object_get(json_object_get(object, "cause"), "text");
		bool is_known = why != CAUSE_NONE && why != CAUSE_UNKNOWN;
		assert_int_equal(json_is_string(text), is_known);
		json_decref(object);
	}
}

static void hostile_texts_stay_inside_their_strings(void **state)
{
	for (size_t i = 0; i < HOSTILE_TEXTS; i++) {
		for (int is_long = 0; is_long <= 1; is_long++) {
			test_row("hostile text %zu, long %d", i, is_long);
			if (is_long && hostile_texts[i][0] == '\0')
				continue;
			struct made_verdict *made = made_verdict(*state);
			made_hostile(made,
				is_long ? made_long(made, hostile_texts[i])
					: hostile_texts[i]);
			json_t *object = parsed(report(made, &made->verdict, &as_json));
			assert_int_equal(
				json_integer_value(json_object_get(object, "exit_code")),
				2);
			const char *text =
				json_string_value(json_object_get(object, "text"));
			assert_true(strlen(text) <= REPORT_MAX_TEXT);
			assert_null(strpbrk(text, "|<>&\"'`$\n\x1b"));
			json_decref(object);
			talloc_free(made);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_verdict_is_written_in_the_schema),
		sentence(what_is_not_known_is_null),
		sentence(a_failure_without_a_verdict_has_the_same_schema),
		sentence(status_and_exit_code_agree),
		sentence(every_cause_has_words_or_null),
		sentence(hostile_texts_stay_inside_their_strings),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
