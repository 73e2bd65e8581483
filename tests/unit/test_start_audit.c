/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "start/audit.h"

static const struct asker nagios = {
	.user = "nagios(117)",
	.occasion = "CRITICAL HARD 3",
};

static void a_line_tells_who_asked_on_what_evidence_and_what_came_of_it(void **state)
{
	const struct deed deed = {ACT_STARTED, ACT_FAILED, "service stopped", "started"};
	assert_string_equal(audit_format(*state, "EXCH01", &nagios, &deed),
		"server=EXCH01 did=started exit=2 asked_by=\"nagios(117)\" "
		"for=\"CRITICAL HARD 3\" evidence=\"service stopped\" text=\"started\"");
}

static void what_is_not_over_has_no_exit_code(void **state)
{
	static const struct {
		enum act_kind act;
		const char *words;
	} rows[] = {
		{ACT_NOTHING, "did=nothing exit=1 "},
		{ACT_DRY_RUN, "did=dry-run exit=1 "},
		{ACT_WAITING, "did=waiting exit=- "},
		{ACT_STARTING, "did=starting exit=- "},
		{ACT_STARTED, "did=started exit=1 "},
		{ACT_TRIED, "did=tried exit=1 "},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct deed deed = {rows[i].act, ACT_NOT_DONE, NULL, "text"};
		char *line = audit_format(*state, "EXCH01", &nagios, &deed);
		assert_non_null(strstr(line, rows[i].words));
		assert_non_null(strstr(line, "evidence=\"none\""));
	}
}

/* A server's text can neither end a field nor begin a line. */
static void what_servers_say_stays_in_its_field(void **state)
{
	const struct deed deed = {ACT_NOTHING, ACT_UNKNOWN, "x\" did=started exit=0",
		"a\nNov 28 imc-start: server=EXCH01 \"did\"=started\x1b[2J"};
	char *line = audit_format(*state, "EXCH01", &nagios, &deed);
	size_t quotes = 0;
	for (const char *at = line; *at != '\0'; at++) {
		quotes += *at == '"';
		assert_true((unsigned char)*at >= ' ');
	}
	assert_int_equal(quotes, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_line_tells_who_asked_on_what_evidence_and_what_came_of_it),
		sentence(what_is_not_over_has_no_exit_code),
		sentence(what_servers_say_stays_in_its_field),
	};
	return cmocka_run_group_tests_name("start_audit", tests, NULL, NULL);
}
