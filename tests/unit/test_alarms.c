/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/alarms.h"

enum { NOW = 1795338000 };

static uint32_t suppressed;

static void look(struct alarms *alarms, bool is_raised, int64_t at)
{
	alarms_look(alarms, ALARM_SERVICE, is_raised, at, &suppressed);
}

/* Hands over all that is due; how many. The last one is in *ret. */
static unsigned tell(struct alarms *alarms, int64_t now, struct notice *ret)
{
	enum alarm_pair pair;
	unsigned count = 0;
	while (alarms_due(alarms, now, &pair, ret)) {
		alarms_told(alarms, pair, now);
		count++;
	}
	return count;
}

/* What the process before left: `raised`, and whether it was sure that it was told. */
static struct alarms left(bool is_raised, bool is_unsure)
{
	struct alarms alarms = alarms_none();
	struct alarm *alarm = &alarms.pairs[ALARM_SERVICE];
	alarm->is_known = true;
	alarm->is_raised = alarm->told_raised = is_raised;
	alarm->must_repeat = is_unsure;
	return alarms;
}

static void a_server_that_is_well_at_first_is_not_told_of(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	look(&alarms, false, NOW);
	assert_int_equal(tell(&alarms, NOW, &notice), 0);
	assert_false(alarms_are_pending(&alarms));
}

static void a_change_is_told_once_with_its_time(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	look(&alarms, false, NOW);
	look(&alarms, true, NOW + 10);
	look(&alarms, true, NOW + 20);
	assert_int_equal(tell(&alarms, NOW + 20, &notice), 1);
	assert_int_equal(notice.kind, NOTICE_SERVICE_DOWN);
	assert_int_equal(notice.reason, REASON_CHANGE);
	assert_int_equal(notice.event_time, NOW + 10);
	look(&alarms, false, NOW + 30);
	assert_int_equal(tell(&alarms, NOW + 30, &notice), 1);
	assert_int_equal(notice.kind, NOTICE_SERVICE_UP);
}

static void what_is_raised_at_the_first_look_of_all_is_a_change(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	look(&alarms, true, NOW);
	assert_int_equal(tell(&alarms, NOW, &notice), 1);
	assert_int_equal(notice.reason, REASON_CHANGE);
}

/* What a process before left, what this one finds, and what it tells. */
static const struct {
	const char *label;
	bool was_raised, was_unsure, is_raised;
	unsigned count;
	enum notice_kind kind;
	enum notice_reason reason;
} restarts[] = {
	{"still raised", true, false, true, 1, NOTICE_SERVICE_DOWN, REASON_RESENT},
	{"raised, not sure", true, true, true, 1, NOTICE_SERVICE_DOWN, REASON_RESENT},
	{"raised, cleared since", true, false, false, 1, NOTICE_SERVICE_UP,
		REASON_CHANGE},
	{"raised unsure, cleared since", true, true, false, 1, NOTICE_SERVICE_UP,
		REASON_CHANGE},
	{"cleared, sure", false, false, false, 0, 0, 0},
	{"cleared, not sure", false, true, false, 1, NOTICE_SERVICE_UP, REASON_RESENT},
	{"cleared, raised since", false, false, true, 1, NOTICE_SERVICE_DOWN,
		REASON_CHANGE},
	{"cleared unsure, raised since", false, true, true, 1, NOTICE_SERVICE_DOWN,
		REASON_CHANGE},
};

static void a_restart_repeats_what_may_not_have_arrived(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(restarts) / sizeof(restarts[0]); i++) {
		test_row("%s", restarts[i].label);
		struct alarms alarms =
			left(restarts[i].was_raised, restarts[i].was_unsure);
		struct notice notice;
		assert_false(alarms_are_pending(&alarms)); /* before the first look */
		look(&alarms, restarts[i].is_raised, NOW);
		assert_int_equal(tell(&alarms, NOW, &notice), restarts[i].count);
		if (restarts[i].count == 0)
			continue;
		assert_int_equal(notice.kind, restarts[i].kind);
		assert_int_equal(notice.reason, restarts[i].reason);
	}
}

static void without_a_memory_what_is_raised_at_first_counts_as_a_repeat(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	alarms.is_forgetful = true;
	look(&alarms, true, NOW);
	assert_int_equal(tell(&alarms, NOW, &notice), 1);
	assert_int_equal(notice.reason, REASON_RESENT);
	look(&alarms, false, NOW + 10);
	look(&alarms, true, NOW + 20);
	assert_int_equal(tell(&alarms, NOW + 30, &notice), 0); /* as it was told */
	look(&alarms, false, NOW + 40);
	assert_int_equal(tell(&alarms, NOW + 40, &notice), 1);
	assert_int_equal(notice.reason, REASON_AFTER_SUPPRESSION);
}

/* 100 changes in a minute, as no poll would find them, and one look a second at what is
 * due: few notifications, and the last one tells how it ended. */
static void a_flapping_service_is_bounded_and_its_last_state_told(void **state)
{
	(void)state;
	for (int last = 0; last < 2; last++) {
		struct alarms alarms = alarms_none();
		struct notice notice = {0};
		unsigned sent = 0;
		suppressed = 0;
		look(&alarms, false, NOW);
		for (int i = 0; i < 100 + last; i++) {
			look(&alarms, i % 2 == 0, NOW + i * 60 / 100);
			sent += tell(&alarms, NOW + i * 60 / 100, &notice);
		}
		for (int i = 0; i < 2 * ALARM_BURST_SECONDS; i++)
			sent += tell(&alarms, NOW + 60 + i, &notice);
		assert_true(sent <= ALARM_BURST + 2);
		assert_true(sent >= 2);
		assert_int_equal(sent + suppressed, 100 + last);
		assert_int_equal(
			notice.kind, last == 1 ? NOTICE_SERVICE_DOWN : NOTICE_SERVICE_UP);
		assert_false(alarms_are_pending(&alarms));
	}
}

static void the_same_kind_keeps_a_distance(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	look(&alarms, true, NOW);
	assert_int_equal(tell(&alarms, NOW, &notice), 1);
	look(&alarms, false, NOW + 1);
	assert_int_equal(tell(&alarms, NOW + 1, &notice), 1); /* another kind */
	look(&alarms, true, NOW + 2);
	assert_int_equal(tell(&alarms, NOW + 4, &notice), 0);
	assert_true(alarms_are_pending(&alarms));
	assert_int_equal(tell(&alarms, NOW + 5, &notice), 1);
	assert_int_equal(notice.kind, NOTICE_SERVICE_DOWN);
}

static void a_clock_that_is_set_back_holds_nothing_up(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	look(&alarms, true, NOW);
	assert_int_equal(tell(&alarms, NOW, &notice), 1);
	look(&alarms, false, NOW - 3600);
	assert_int_equal(tell(&alarms, NOW - 3600, &notice), 1);
	look(&alarms, true, NOW - 3599);
	assert_int_equal(tell(&alarms, NOW - 3599, &notice), 1);
}

static void a_master_that_was_away_is_told_again(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	look(&alarms, true, NOW);
	assert_int_equal(tell(&alarms, NOW, &notice), 1);
	alarms_repeat(&alarms, NOW + 3000); /* raised: whenever it was told */
	assert_int_equal(tell(&alarms, NOW + 3010, &notice), 1);
	assert_int_equal(notice.reason, REASON_RESENT);
	look(&alarms, false, NOW + 4000);
	assert_int_equal(tell(&alarms, NOW + 4000, &notice), 1);
	alarms_repeat(&alarms, NOW + 4059); /* the clearing may have been on its way */
	assert_int_equal(tell(&alarms, NOW + 4060, &notice), 1);
	assert_int_equal(notice.kind, NOTICE_SERVICE_UP);
	assert_int_equal(notice.reason, REASON_RESENT);
	alarms_repeat(&alarms, NOW + 9000);
	assert_int_equal(tell(&alarms, NOW + 9000, &notice), 0);
}

static void pairs_do_not_mix(void **state)
{
	(void)state;
	struct alarms alarms = alarms_none();
	struct notice notice;
	unsigned seen = 0;
	enum alarm_pair pair;
	for (int i = 0; i < ALARM_PAIRS; i++)
		alarms_look(&alarms, i, true, NOW + i, &suppressed);
	while (alarms_due(&alarms, NOW + 9, &pair, &notice)) {
		assert_int_equal(notice.event_time, NOW + (int)pair);
		seen |= 1U << notice.kind;
		alarms_told(&alarms, pair, NOW + 9);
	}
	assert_int_equal(seen,
		1U << NOTICE_SERVICE_DOWN | 1U << NOTICE_CONDITION_RAISED |
			1U << NOTICE_CONTACT_LOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(a_server_that_is_well_at_first_is_not_told_of),
		sentence(a_change_is_told_once_with_its_time),
		sentence(what_is_raised_at_the_first_look_of_all_is_a_change),
		sentence(a_restart_repeats_what_may_not_have_arrived),
		sentence(without_a_memory_what_is_raised_at_first_counts_as_a_repeat),
		sentence(a_flapping_service_is_bounded_and_its_last_state_told),
		sentence(the_same_kind_keeps_a_distance),
		sentence(a_clock_that_is_set_back_holds_nothing_up),
		sentence(a_master_that_was_away_is_told_again),
		sentence(pairs_do_not_mix),
	};
	return cmocka_run_group_tests_name("alarms", tests, NULL, NULL);
}
