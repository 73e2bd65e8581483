/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/logons.h"
#include "core/when.h"

enum {
	NOW = 1795338000, /* 2026-11-22T09:00:00Z */
	SERVERS = 500,
	INTERVAL = 60,
	OLD_FILE = 0x1234,
	NEW_FILE = 0x5678
};

/* A simulated clock, an account's servers, and what was decided. */
struct world {
	struct logons *logons;
	int64_t ms; /* since NOW */
	unsigned granted, denied, outrun, refused_times, accepted_times;
	bool has_file, is_file_in_trouble;
	struct backoff file;
	struct failure why; /* of the newest denial */
	struct logon logons_of[SERVERS];
};

static int64_t now_of(const struct world *world)
{
	return NOW + world->ms / 1000;
}

static bool ask(void *context, const struct credentials *name, int64_t now,
	struct account_word *ret)
{
	struct world *world = context;
	*ret = (struct account_word){
		.backoff = world->file, .has_trouble = world->is_file_in_trouble};
	ret->is_allowed = backoff_allows(&world->file, name->identity, now, &ret->why);
	return world->has_file;
}

static bool tell(void *context, const struct credentials *name, bool is_accepted,
	int64_t now, struct account_word *ret)
{
	struct world *world = context;
	if (is_accepted)
		backoff_accepted(&world->file);
	else
		backoff_refused(&world->file, name->identity, now);
	*ret = (struct account_word){
		.backoff = world->file, .has_trouble = world->is_file_in_trouble};
	return world->has_file;
}

static void decide(
	void *context, struct logon *logon, bool is_granted, const struct failure *why)
{
	struct world *world = context;
	assert_int_equal(logon->step, is_granted ? LOGON_IN_AIR : LOGON_IDLE);
	world->granted += is_granted;
	world->denied += !is_granted;
	if (!is_granted)
		world->why = *why;
}

static void outrun(void *context, struct logon *logon)
{
	struct world *world = context;
	assert_int_equal(logon->step, LOGON_IN_AIR);
	world->outrun++;
}

static void changed(
	void *context, const struct credentials *name, const struct backoff *backoff)
{
	struct world *world = context;
	assert_string_equal(name->username, "monitor");
	world->refused_times += backoff->failures > 0;
	world->accepted_times += backoff->failures == 0;
}

static const struct logons_hooks hooks = {ask, tell, decide, outrun, changed};

static struct world *world_new(void *parent)
{
	struct credentials name = {.username = (char *)"monitor", .identity = OLD_FILE};
	struct world *world = memory_new(parent, struct world);
	world->file.until = NO_TIME;
	world->logons = logons_new(world, &hooks, world);
	for (size_t i = 0; i < SERVERS; i++) {
		world->logons_of[i].account = logons_account(world->logons, &name);
		world->logons_of[i].identity = OLD_FILE;
		world->logons_of[i].trust = TRUST_WELL;
	}
	return world;
}

/* Lets time pass; whatever falls due meanwhile is done. */
static void wait_until(struct world *world, int64_t ms)
{
	int64_t wake;
	while ((wake = logons_wake(world->logons)) <= ms) {
		world->ms = wake > world->ms ? wake : world->ms;
		logons_step(world->logons, world->ms, now_of(world));
	}
	world->ms = ms;
}

static void request(struct world *world, size_t server)
{
	logons_request(
		world->logons, &world->logons_of[server], world->ms, now_of(world));
}

static void accept(struct world *world, size_t server)
{
	logons_accepted(
		world->logons, &world->logons_of[server], world->ms, now_of(world));
}

static void refuse(struct world *world, size_t server)
{
	logons_refused(
		world->logons, &world->logons_of[server], world->ms, now_of(world));
}

static void end(struct world *world, size_t server)
{
	logons_end(world->logons, &world->logons_of[server], world->ms, now_of(world));
}

static bool is_in_air(const struct world *world, size_t server)
{
	return world->logons_of[server].step == LOGON_IN_AIR;
}

/* All servers are polled in each interval; each answers after 20 ms. */
static void poll_all(struct world *world, int64_t until_s, bool is_right)
{
	for (int64_t begin = world->ms; begin < until_s * 1000;
		begin += INTERVAL * 1000) {
		for (size_t i = 0; i < SERVERS; i++) {
			wait_until(world, begin + (int64_t)i * 100);
			struct logon *logon = &world->logons_of[i];
			if (!logons_allow(
				    logon->account, logon->identity, now_of(world), NULL))
				continue;
			request(world, i);
			wait_until(world, world->ms + 20);
			if (is_in_air(world, i) && is_right)
				accept(world, i);
			else if (is_in_air(world, i))
				refuse(world, i);
			end(world, i);
		}
	}
}

static void expired_password_costs_one_logon_for_each_back_off(void **state)
{
	static const struct {
		int64_t until;
		unsigned logons;
	} rows[] = {
		{4 * 60, 1},
		{14 * 60, 2},
		{34 * 60, 3},
		{74 * 60, 4},
		{134 * 60, 5},
		{24 * 3600, 28},
	};
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *world = world_new(*state);
		world->has_file = i % 2 == 1;
		test_row("%d s, file %d", (int)rows[i / 2].until, world->has_file);
		poll_all(world, rows[i / 2].until, false);
		assert_in_range(
			world->granted, rows[i / 2].logons - 1, rows[i / 2].logons);
		assert_int_equal(world->refused_times, world->granted);
		talloc_free(world);
	}
}

static void password_that_expires_in_the_day_costs_one_logon(void **state)
{
	struct world *world = world_new(*state);
	poll_all(world, 2 * 3600, true);
	assert_int_equal(world->granted, 2 * 60 * SERVERS);
	world->granted = 0;
	poll_all(world, 2 * 3600 + 240, false);
	assert_int_equal(world->granted, 1);
	struct logon *logon = &world->logons_of[0];
	assert_true(logons_rests_until(logon->account, OLD_FILE, now_of(world)) >
		now_of(world));
	assert_true(
		logons_rests_until(logon->account, NEW_FILE, now_of(world)) == NO_TIME);
}

static void new_credentials_file_ends_the_rest(void **state)
{
	struct world *world = world_new(*state);
	request(world, 0);
	refuse(world, 0);
	request(world, 1);
	assert_int_equal(world->denied, 1);
	assert_int_equal(world->why.kind, FAIL_DENIED);
	world->logons_of[1].identity = NEW_FILE;
	request(world, 1);
	assert_true(is_in_air(world, 1));
	accept(world, 1);
	assert_int_equal(world->accepted_times, 1);
	request(world, 2);
	assert_true(is_in_air(world, 2));
}

static void slow_refusals_are_three_at_most_and_count_once(void **state)
{
	struct world *world = world_new(*state);
	for (size_t i = 0; i < SERVERS; i++)
		request(world, i);
	wait_until(world, 60000);
	assert_int_equal(world->granted, 3);
	for (size_t i = 0; i < 3; i++)
		refuse(world, i);
	assert_int_equal(world->denied, SERVERS - 3);
	assert_int_equal(world->refused_times, 1);
	assert_int_equal(
		logons_rests_until(world->logons_of[0].account, OLD_FILE, now_of(world)),
		now_of(world) + BACKOFF_FIRST);
}

static void only_one_is_in_the_air_while_answers_come_soon(void **state)
{
	struct world *world = world_new(*state);
	for (size_t i = 0; i < SERVERS; i++)
		request(world, i);
	for (size_t i = 0; i < SERVERS; i++) {
		assert_int_equal(world->granted, i + 1);
		assert_true(is_in_air(world, i));
		wait_until(world, world->ms + 50);
		accept(world, i);
	}
}

static void hung_logon_holds_up_others_for_its_patience_only(void **state)
{
	struct world *world = world_new(*state);
	request(world, 0);
	request(world, 1);
	wait_until(world, 2999);
	assert_false(is_in_air(world, 1));
	wait_until(world, 3000); /* nothing is proven yet */
	assert_true(is_in_air(world, 1));
	accept(world, 1);
	request(world, 2);
	assert_true(is_in_air(world, 2)); /* the hung one is long forgotten */
	assert_int_equal(world->outrun, 1);
	request(world, 3);
	wait_until(world, 3999);
	assert_false(is_in_air(world, 3));
	wait_until(world, 4000);
	assert_true(is_in_air(world, 3));
}

static void many_hung_logons_do_not_starve_a_proven_account(void **state)
{
	enum { MANY = 200, ANSWER = 20 };
	struct world *world = world_new(*state);
	request(world, 0);
	accept(world, 0);
	for (size_t i = 1; i <= MANY; i++)
		request(world, i);
	while (world->granted <= MANY && world->ms < 60000) {
		wait_until(world, world->ms + ANSWER);
		for (size_t i = 2; i <= MANY; i += 2) { /* all others hang */
			if (is_in_air(world, i))
				accept(world, i);
		}
	}
	assert_int_equal(world->granted, MANY + 1);
	assert_in_range(world->ms, 0, 1000 + MANY / 2 * (250 + 2 * ANSWER));
}

static void servers_that_are_well_go_first(void **state)
{
	static const enum trust trusts[] = {
		TRUST_WELL, TRUST_SUSPECT, TRUST_NEW, TRUST_SLOW, TRUST_WELL};
	static const size_t order[] = {0, 4, 2, 3, 1};
	struct world *world = world_new(*state);
	for (size_t i = 0; i < 5; i++) {
		world->logons_of[i].trust = trusts[i];
		request(world, i);
	}
	for (size_t i = 0; i < 5; i++) {
		test_row("%zu", i);
		assert_true(is_in_air(world, order[i]));
		accept(world, order[i]);
	}
}

static void after_the_rest_one_probes_for_all(void **state)
{
	struct world *world = world_new(*state);
	request(world, 0);
	refuse(world, 0);
	wait_until(world, 301000);
	assert_true(
		logons_allow(world->logons_of[1].account, OLD_FILE, now_of(world), NULL));
	request(world, 1);
	assert_true(is_in_air(world, 1));
	assert_false(
		logons_allow(world->logons_of[2].account, OLD_FILE, now_of(world), NULL));
	request(world, 2);
	wait_until(world, 306000);
	assert_int_equal(world->denied, 1);
	accept(world, 1);
	request(world, 2);
	assert_true(is_in_air(world, 2));
}

static void spellings_of_an_account_are_one(void **state)
{
	static const struct {
		const char *domain, *user;
		bool is_same;
	} rows[] = {
		{"NTDOM", "Monitor", true},
		{"ntdom", "MONITOR", true},
		{"NTDOM2", "monitor", false},
		{NULL, "monitor", false},
		{"NTDOM", "monitor2", false},
	};
	struct world *world = world_new(*state);
	struct credentials name = {
		.domain = (char *)"ntdom", .username = (char *)"monitor"};
	struct account *account = logons_account(world->logons, &name);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%s", rows[i].user);
		name.domain = (char *)rows[i].domain;
		name.username = (char *)rows[i].user;
		assert_int_equal(
			logons_account(world->logons, &name) == account, rows[i].is_same);
	}
}

static void what_others_wrote_down_counts(void **state)
{
	struct world *world = world_new(*state);
	world->has_file = true;
	world->file = (struct backoff){2, NOW + 600, OLD_FILE};
	request(world, 0);
	assert_int_equal(world->denied, 1);
	assert_int_equal(
		logons_rests_until(world->logons_of[0].account, OLD_FILE, now_of(world)),
		NOW + 600);
	world->is_file_in_trouble = true;
	wait_until(world, 700000);
	request(world, 0);
	assert_true(is_in_air(world, 0));
	refuse(world, 0);
	assert_int_equal(world->refused_times, 1);
}

static void poll_that_ends_lets_the_next_one_go(void **state)
{
	struct world *world = world_new(*state);
	for (size_t i = 0; i < 3; i++)
		request(world, i);
	end(world, 1);
	end(world, 0);
	assert_true(is_in_air(world, 2));
	end(world, 2);
	end(world, 2);
	assert_true(logons_wake(world->logons) == INT64_MAX);
	accept(world, 2); /* a late word of it means nothing */
	request(world, 0);
	request(world, 1);
	wait_until(world, 2999);
	assert_false(is_in_air(world, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(expired_password_costs_one_logon_for_each_back_off),
		sentence(password_that_expires_in_the_day_costs_one_logon),
		sentence(new_credentials_file_ends_the_rest),
		sentence(slow_refusals_are_three_at_most_and_count_once),
		sentence(only_one_is_in_the_air_while_answers_come_soon),
		sentence(hung_logon_holds_up_others_for_its_patience_only),
		sentence(many_hung_logons_do_not_starve_a_proven_account),
		sentence(servers_that_are_well_go_first),
		sentence(after_the_rest_one_probes_for_all),
		sentence(spellings_of_an_account_are_one),
		sentence(what_others_wrote_down_counts),
		sentence(poll_that_ends_lets_the_next_one_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
