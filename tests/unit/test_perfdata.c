/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <stdlib.h>

#include "check/report.h"
#include "comma.h"
#include "core/range.h"
#include "core/told.h"
#include "made_verdict.h"

static char *joined(void *parent, const struct verdict *verdict)
{
	size_t count;
	char **metrics = report_perfdata(parent, verdict, &count);
	char *line = memory_copy(parent, "");
	for (size_t i = 0; i < count; i++)
		line = memory_format(
			parent, "%s%s%s", line, i > 0 ? " " : "", metrics[i]);
	return line;
}

/*
 * An independent reader after Icinga's rules (its perfdatavalue.cpp rejects these): a
 * label without quotes, blanks or "::"; a plain decimal number; a unit that it knows; at
 * most four numbers after it, of which none is "U"; ranges are let through for warn and
 * crit.
 */
static const char *take_number(const char *at)
{
	const char *start = at;
	if (*at == '-')
		at++;
	size_t digits = strspn(at, "0123456789");
	if (digits == 0)
		return NULL;
	at += digits;
	if (*at == '.') {
		digits = strspn(at + 1, "0123456789");
		if (digits == 0)
			return NULL;
		at += 1 + digits;
	}
	return at > start ? at : NULL;
}

static bool is_metric(const char *metric)
{
	size_t label = strspn(metric, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (label == 0 || label > 19 || metric[label] != '=')
		return false;
	const char *at = take_number(metric + label + 1);
	if (at == NULL)
		return false;
	if (*at == 's')
		at++;
	for (int field = 0; field < 4 && *at == ';'; field++) {
		const char *end = at + 1 + strcspn(at + 1, ";");
		const char *rest = at + 1;
		bool is_range = field < 2;
		rest += is_range && rest < end && *rest == '@';
		while (rest < end) {
			const char *number = take_number(rest);
			if (number != NULL)
				rest = number;
			else if (is_range && (*rest == ':' || *rest == '~'))
				rest++;
			else
				return false;
		}
		at = end;
	}
	return *at == '\0';
}

static void all_metrics_are_there_in_their_order(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	assert_string_equal(joined(*state, &made->verdict),
		"status=2;;;0;3 service_state=1;;;1;8 events_4071=2;;;0 "
		"last_4071_age=7200s;;;0 state_age=7190s;;;0 evidence_age=1s;;;0 "
		"probe_time=0.123s;;;0");
}

static void the_reader_refuses_what_icinga_refuses(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "a", "=1", "a=", "a=U", "a=1,5", "a=1e5",
		"a=nan", "a=inf", "a b=1", "a::b=1", "a=1;U", "a=1 ", "a=1.", "a=.5",
		"a=1x", "a=1;;;;;", "A=1", "'a'=1", "a=0x10", "a=1;2;3;4;5;6"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row("%s", bad[i]);
		assert_false(is_metric(bad[i]));
	}
	assert_true(is_metric("a=1"));
	assert_true(is_metric("a=-1.5s;@10:20;~:5;0;9"));
}

static void what_is_not_known_is_left_out(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	struct failure why;
	fail(&why, FAIL_TIMEOUT, "nothing came");
	for (int part = 0; part < PARTS; part++)
		evidence_failed(made->evidence, part, &why);
	made->evidence->service.state = SERVICE_UNKNOWN;
	made->verdict.status = STATUS_UNKNOWN;
	made->verdict.events_4071 = 0;
	made->verdict.last_4071 = made->verdict.state_since = NO_TIME;
	assert_string_equal(
		joined(*state, &made->verdict), "status=3;;;0;3 probe_time=0.123s;;;0");
}

static void age_that_nobody_told_is_left_out(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	struct told told = {.age = NO_TIME};
	made->evidence->told = &told;
	assert_null(strstr(joined(*state, &made->verdict), "evidence_age"));
	told.age = 1;
	assert_non_null(strstr(joined(*state, &made->verdict), "evidence_age=1s"));
	made->evidence->told = NULL;
}

static void thresholds_are_printed_as_they_were_given(void **state)
{
	static const struct {
		const char *warning, *critical, *expect;
	} rows[] = {
		{"0", "5", "events_4071=2;0;5;0"},
		{"0:3", "0:9", "events_4071=2;3;9;0"},
		{"@1:2", "10:", "events_4071=2;@1:2;10:;0"},
		{"~:4", "~:4", "events_4071=2;~:4;~:4;0"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("-w %s -c %s", rows[i].warning, rows[i].critical);
		struct made_verdict *made = made_verdict(*state);
		made->policy.has_warning = made->policy.has_critical = true;
		assert_true(range_parse(rows[i].warning, &made->policy.warning, NULL));
		assert_true(range_parse(rows[i].critical, &made->policy.critical, NULL));
		assert_non_null(strstr(joined(*state, &made->verdict), rows[i].expect));
	}
}

static void ages_ahead_of_the_clock_are_zero(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	made->verdict.last_4071 = MADE_NOW + 1000;
	made->verdict.state_since = MADE_NOW + 1;
	made->verdict.evidence_age = -5;
	const char *line = joined(*state, &made->verdict);
	assert_non_null(strstr(line, "last_4071_age=0s"));
	assert_non_null(strstr(line, "state_age=0s"));
	assert_non_null(strstr(line, "evidence_age=0s"));
}

static void every_metric_is_read_back_whatever_the_values(void **state)
{
	static const int64_t times[] = {NO_TIME, 0, 1, MADE_NOW, UINT32_MAX, -1};
	static const unsigned counts[] = {0, 1, 999, 1000, 1001, 59999, UINT32_MAX};
	struct made_verdict *made = made_verdict(*state);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++) {
			test_row("time %lld, count %u", (long long)times[i], counts[j]);
			made->verdict.last_4071 = made->verdict.state_since = times[i];
			made->verdict.events_4071 = made->evidence->probe_ms = counts[j];
			size_t count;
			char **metrics = report_perfdata(*state, &made->verdict, &count);
			for (size_t k = 0; k < count; k++)
				assert_true(is_metric(metrics[k]));
			assert_true(count >= 5);
		}
	}
}

static void a_locale_with_commas_changes_nothing(void **state)
{
	struct made_verdict *made = made_verdict(*state);
	const char *before = joined(*state, &made->verdict);
	if (!comma_begin(*state))
		skip();
	const char *after = joined(*state, &made->verdict);
	comma_end();
	assert_string_equal(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(all_metrics_are_there_in_their_order),
		sentence(the_reader_refuses_what_icinga_refuses),
		sentence(what_is_not_known_is_left_out),
		sentence(age_that_nobody_told_is_left_out),
		sentence(thresholds_are_printed_as_they_were_given),
		sentence(ages_ahead_of_the_clock_are_zero),
		sentence(every_metric_is_read_back_whatever_the_values),
		sentence(a_locale_with_commas_changes_nothing),
	};
	return cmocka_run_group_tests_name("perfdata", tests, NULL, NULL);
}
