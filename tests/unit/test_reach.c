/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <errno.h>

#include "source/reach.h"

/* NT 4 refuses the port that all newer ones have: the message names its own. */
static void a_refused_smb_port_may_be_nt4(void **state)
{
	(void)state;
	static const struct {
		unsigned port;
		int error;
		bool may_be_nt4;
	} rows[] = {
		{SMB_PORT, ECONNREFUSED, true},
		{SMB_PORT, EHOSTUNREACH, false},
		{SMB_PORT, ENETUNREACH, false},
		{139, ECONNREFUSED, false},
		{161, ECONNREFUSED, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct failure why;
		test_row("port %u: %s", rows[i].port, strerror(rows[i].error));
		assert_false(reach_refused("exch01", rows[i].port, rows[i].error, &why));
		assert_int_equal(why.kind, FAIL_REFUSED);
		assert_int_equal(why.stage, STAGE_CONNECT);
		assert_non_null(strstr(why.text, strerror(rows[i].error)));
		assert_int_equal(strstr(why.text, "NT 4") != NULL, rows[i].may_be_nt4);
	}
	test_row("%s", "");
}

static void what_did_not_answer_is_said(void **state)
{
	(void)state;
	struct failure why;
	assert_false(reach_timed_out("exch01", STAGE_LOGON, "the logon", &why));
	assert_int_equal(why.kind, FAIL_TIMEOUT);
	assert_int_equal(why.stage, STAGE_LOGON);
	assert_string_equal(
		why.text, "exch01 gave no answer to the logon before the time ran out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_refused_smb_port_may_be_nt4),
		sentence(what_did_not_answer_is_said),
	};
	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
