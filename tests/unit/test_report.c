/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "check/report.h"
#include "made_verdict.h"

static const struct report_options usual = {.max_output = 1000};

static size_t lines_of(const char *text)
{
	size_t lines = 0;
	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

/* An independent reading of UTF-8 (Unicode 15, table 3-7), and of what may stand in a
 * line. */
static bool is_plain_utf8(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	while (*at != '\0') {
		int more = *at < 0x80 ? 0
			: *at < 0xC2  ? -1
			: *at < 0xE0  ? 1
			: *at < 0xF0  ? 2
				      : 3;
		if (more < 0 || *at > 0xF4 || *at == 0x7F || (*at < 0x20 && *at != '\n'))
			return false;
		if ((*at == 0xE0 && at[1] < 0xA0) || (*at == 0xED && at[1] > 0x9F) ||
			(*at == 0xF0 && at[1] < 0x90) || (*at == 0xF4 && at[1] > 0x8F))
			return false;
		if (*at == 0xC2 && at[1] < 0xA0) /* C1 */
			return false;
		if (*at == 0xE2 && at[1] == 0x80 &&
			(at[2] & 0xF8) == 0xA8) /* U+2028 to 202F */
			return false;
		for (at++; more > 0; more--, at++) {
			if ((*at & 0xC0) != 0x80)
				return false;
		}
	}
	return true;
}

/* The promises of any output: one `|` at most and on the first line, clean, ended,
 * bounded. */
static void assert_is_sound(const char *output, size_t limit)
{
	const char *first_end = strchr(output, '\n');
	assert_non_null(first_end);
	assert_int_equal(output[strlen(output) - 1], '\n');
	assert_true(strlen(output) <= limit);
	assert_true(is_plain_utf8(output));
	assert_null(strpbrk(output, "<>&\"'`$"));
	const char *bar = strchr(output, '|');
	assert_true(bar == NULL || (bar < first_end && strchr(bar + 1, '|') == NULL));
	size_t text =
		bar != NULL ? (size_t)(bar - output) - 1 : (size_t)(first_end - output);
	assert_true(text <= REPORT_FIRST_LINE);
	assert_null(strstr(output, "\n\n"));
}

static void the_first_line_stands_alone_with_perfdata_behind_it(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	const char *output = report(*state, &made->verdict, &usual);
	assert_string_equal(output,
		"IMC CRITICAL - EXCH01: service stopped, event 4071 at the automatic "
		"start 2h ago "
		"(2 in 7d) | status=2;;;0;3 service_state=1;;;1;8 events_4071=2;;;0 "
		"last_4071_age=7200s;;;0 state_age=7190s;;;0 evidence_age=1s;;;0 "
		"probe_time=0.123s;;;0\n"
		"set the administrator mailbox\n"
		"the Application log is short\n");
}

static void more_v_shows_more(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	static const char *const trace[] = {"connected in 2 ms"};
	struct failure why;
	fail_at(&why, FAIL_DENIED, STAGE_SERVICE, "access denied to the configuration");
	evidence_failed(made->evidence, PART_CONFIG, &why);
	static const struct {
		const char *word;
		unsigned from;
	} rows[] = {
		{"administrator mailbox", 0},
		{"log is short", 0},
		{"Boot: 2026-11-22T", 1},
		{"trigger automatic", 1},
		{"event 4071: 2 in the lookback", 1},
		{"access denied to the configuration", 1},
		{"(denied, stage service)", 1},
		{"Application log: read back to", 1},
		{"attempts seen: 3", 1},
		{"EXDOM/exsvc", 1},
		{"Exit codes: 1066", 1},
		{"failed, event 4071 (record 102), automatic", 2},
		{": started", 2},
		{"before the last boot", 2},
		{"connected in 2 ms", 3},
	};
	for (unsigned verbosity = 0; verbosity <= 3; verbosity++) {
		struct report_options options = {.verbosity = verbosity,
			.max_output = 8000,
			.trace = trace,
			.trace_count = 1};
		const char *output = report(*state, &made->verdict, &options);
		assert_is_sound(output, 8000);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			test_row("%s at %u", rows[i].word, verbosity);
			assert_int_equal(strstr(output, rows[i].word) != NULL,
				verbosity >= rows[i].from);
		}
	}
}

static void what_nobody_counted_is_no_zero(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	struct report_options options = {.verbosity = 1, .max_output = 8000};
	made->evidence->parts[PART_APPLICATION].knowledge = NOT_OFFERED;
	made->verdict.events_4071 = 0;
	const char *output = report(*state, &made->verdict, &options);
	assert_non_null(strstr(output, "event 4071: not counted"));
	assert_null(strstr(output, "in the lookback"));
	assert_null(strstr(output, "events_4071="));
}

static void the_newest_attempt_is_listed_first(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	struct report_options options = {.verbosity = 2, .max_output = 8000};
	const char *output = report(*state, &made->verdict, &options);
	assert_true(strstr(output, "record 102") < strstr(output, "record 100"));
}

static void perfdata_can_be_left_out(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	struct report_options options = {.no_perfdata = true, .max_output = 1000};
	assert_null(strchr(report(*state, &made->verdict, &options), '|'));
}

static void the_word_is_that_of_the_status(void **state)
{
	static const char *const starts[STATUSES] = {"IMC OK - EXCH01: ",
		"IMC WARNING - ", "IMC CRITICAL - ", "IMC UNKNOWN - "};
	struct made_verdict *made = made_verdict(*state);
	struct failure why;
	fail(&why, FAIL_USAGE, "no such option");
	for (int status = 0; status < STATUSES; status++) {
		test_row("%s", starts[status]);
		made->verdict.status = status;
		const char *output = report(*state, &made->verdict, &usual);
		assert_ptr_equal(strstr(output, starts[status]), output);
		char *metric = memory_format(*state, "| status=%d;", status);
		assert_non_null(strstr(output, metric));
		output = report_failure(*state, status, "EXCH01", &why, &usual);
		assert_ptr_equal(strstr(output, starts[status]), output);
	}
}

static void a_failure_is_one_line_even_without_a_server(void **state)
{
	struct failure why;
	fail(&why, FAIL_USAGE, "no such | option");
	assert_string_equal(report_failure(*state, STATUS_UNKNOWN, NULL, &why, &usual),
		"IMC UNKNOWN - no such / option\n");
}

static void details_go_first_where_there_is_no_room(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	struct report_options options = {.verbosity = 2, .max_output = 100000};
	const char *whole = report(*state, &made->verdict, &options);
	size_t first = strcspn(whole, "\n"), text = strcspn(whole, "|") - 1;
	for (size_t limit = 0; limit <= strlen(whole) + 2; limit++) {
		test_row("limit %zu of %zu", limit, strlen(whole));
		options.max_output = limit;
		const char *output = report(*state, &made->verdict, &options);
		assert_is_sound(output, limit > 1 ? limit : 1);
		if (limit > text)
			assert_memory_equal(output, whole, text);
		if (limit > first)
			assert_memory_equal(output, whole, first);
		else
			assert_int_equal(lines_of(output), 1);
		if (limit >= strlen(whole))
			assert_string_equal(output, whole);
	}
}

static void metrics_are_dropped_whole_from_the_end(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	for (size_t limit = 20; limit < 260; limit++) {
		test_row("limit %zu", limit);
		struct report_options options = {.max_output = limit};
		const char *output = report(*state, &made->verdict, &options);
		const char *bar = strchr(output, '|');
		if (bar == NULL)
			continue;
		size_t count;
		char **metrics = report_perfdata(*state, &made->verdict, &count);
		const char *at = bar + 1;
		for (size_t i = 0; i < count && *at == ' '; i++) {
			assert_memory_equal(at + 1, metrics[i], strlen(metrics[i]));
			at += 1 + strlen(metrics[i]);
		}
		assert_int_equal(*at, '\n');
	}
}

static void a_long_text_ends_in_dots_at_160(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	made->verdict.text = made_long(*state,
		"sehr \xc3\xbc"
		"ble Sache ");
	const char *output = report(*state, &made->verdict, &usual);
	assert_is_sound(output, 1000);
	const char *bar = strstr(output, " |");
	assert_in_range(bar - output, REPORT_FIRST_LINE - 8, REPORT_FIRST_LINE);
	assert_memory_equal(bar - 3, "...", 3);
}

static void a_text_that_was_cut_stands_below(void **state)
{
	static const char text[] =
		"credentials file /etc/imc-monitor/servers/credentials-of-the-first-site "
		"is open to all users: chmod o= "
		"/etc/imc-monitor/servers/credentials-of-the-first-site";
	struct made_verdict *made = made_verdict(*state);
	struct failure why;
	fail(&why, FAIL_USAGE, "%s", text);
	made->verdict.text = memory_copy(made, text);
	const char *outputs[] = {
		report(*state, &made->verdict, &usual),
		report_failure(*state, STATUS_UNKNOWN, "EXCH01", &why, &usual),
	};
	for (size_t i = 0; i < 2; i++) {
		test_row("output %zu", i);
		assert_is_sound(outputs[i], 1000);
		assert_null(strstr(outputs[i],
			"chmod o= /etc/imc-monitor/servers/"
			"credentials-of-the-first-site |"));
		const char *below = strchr(outputs[i], '\n') + 1;
		assert_memory_equal(below, text, strlen(text));
	}
	made->verdict.text = memory_copy(made, "short");
	assert_null(strstr(report(*state, &made->verdict, &usual), "\nshort"));
}

static void hostile_texts_cannot_break_the_output(void **state)
{
	static const size_t limits[] = {200, 1000, 100000};
	for (size_t i = 0; i < HOSTILE_TEXTS; i++) {
		for (int is_long = 0; is_long <= 1; is_long++) {
			test_row("hostile text %zu, long %d", i, is_long);
			if (is_long && hostile_texts[i][0] == '\0')
				continue;
			struct made_verdict *made = made_verdict(*state);
			const char *text = is_long ? made_long(made, hostile_texts[i])
						   : hostile_texts[i];
			made_hostile(made, text);
			for (size_t j = 0; j < sizeof(limits) / sizeof(limits[0]); j++) {
				struct report_options options = {.verbosity = 3,
					.max_output = limits[j],
					.trace = &text,
					.trace_count = 1};
				const char *output =
					report(made, &made->verdict, &options);
				assert_is_sound(output, limits[j]);
				assert_ptr_equal(
					strstr(output, "IMC CRITICAL - "), output);
				assert_non_null(strstr(output, "| status=2;;;0;3"));
			}
			talloc_free(made);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(the_first_line_stands_alone_with_perfdata_behind_it),
		sentence(more_v_shows_more),
		sentence(what_nobody_counted_is_no_zero),
		sentence(the_newest_attempt_is_listed_first),
		sentence(perfdata_can_be_left_out),
		sentence(the_word_is_that_of_the_status),
		sentence(a_failure_is_one_line_even_without_a_server),
		sentence(details_go_first_where_there_is_no_room),
		sentence(metrics_are_dropped_whole_from_the_end),
		sentence(a_long_text_ends_in_dots_at_160),
		sentence(a_text_that_was_cut_stands_below),
		sentence(hostile_texts_cannot_break_the_output),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
