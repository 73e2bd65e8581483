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
	unsigned granted, denied, outrun, refused_times, accepted_times, unanswered_times;
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
	*ret = (struct account_word){.backoff = world->file};
	ret->is_allowed = backoff_allows(&world->file, name->identity, now, &ret->why);
	if (ret->is_allowed && backoff_holds(&world->file, name->identity)) {
		ret->backoff.until = now + 60;
		ret->has_trouble = world->is_file_in_trouble;
	}
	return world->has_file;
}

static bool tell(void *context, const struct credentials *name, enum logon_news news,
	int64_t now, struct account_word *ret)
{
	struct world *world = context;
	struct backoff before = world->file;
	if (news == NEWS_ACCEPTED)
		backoff_accepted(&world->file, name->identity);
	else if (news == NEWS_REFUSED)
		backoff_refused(&world->file, name->identity, now);
	else
		backoff_unanswered(&world->file, name->identity, now);
	*ret = (struct account_word){
		.backoff = world->file, .has_trouble = world->is_file_in_trouble};
	if (world->is_file_in_trouble)
		world->file = before;
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

static void changed(void *context, const struct credentials *name, enum logon_news news,
	const struct backoff *backoff)
{
	struct world *world = context;
	assert_string_equal(name->username, "monitor");
	assert_true(news == NEWS_ACCEPTED || backoff->until != NO_TIME);
	world->refused_times += news == NEWS_REFUSED;
	world->unanswered_times += news == NEWS_UNANSWERED;
	world->accepted_times += news == NEWS_ACCEPTED;
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
	world->logons_of[2].identity = NEW_FILE;
	request(world, 2);
	assert_true(is_in_air(world, 2));
	request(world, 3);
	assert_false(is_in_air(world, 3)); /* the old one is refused still */
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

/* --- servers that do not answer --- */

enum { ANSWER_MS = 20, WELL_MS = 10000, SUSPECT_MS = 5000, TICK_MS = 10 };

/* Polls of servers, of which some hang at the logon, as the keeper makes them. */
struct crowd {
	struct world *world;
	size_t count;
	int64_t interval_ms;
	bool hangs[SERVERS];
	int64_t began[SERVERS], due[SERVERS];
	bool is_polled[SERVERS];
	int64_t longest_ms; /* that a server which does not hang had to wait */
};

static struct crowd *crowd_new(struct world *world, size_t count, int64_t interval_s)
{
	struct crowd *crowd = memory_new(world, struct crowd);
	crowd->world = world;
	crowd->count = count;
	crowd->interval_ms = interval_s * 1000;
	request(world, 0);
	accept(world, 0);
	world->granted = 0;
	return crowd;
}

static void end_poll(struct crowd *crowd, size_t i, bool is_well)
{
	end(crowd->world, i);
	crowd->world->logons_of[i].trust = is_well ? TRUST_WELL : TRUST_SUSPECT;
	crowd->is_polled[i] = false;
}

static void poll_one(struct crowd *crowd, size_t i)
{
	struct world *world = crowd->world;
	struct logon *logon = &world->logons_of[i];
	int64_t now = world->ms;
	int64_t limit = logon->trust == TRUST_SUSPECT ? SUSPECT_MS : WELL_MS;
	if (!crowd->is_polled[i] && now >= crowd->due[i]) {
		crowd->due[i] += crowd->interval_ms;
		if (!logons_allow(logon->account, OLD_FILE, now_of(world), NULL))
			return;
		crowd->is_polled[i] = true;
		crowd->began[i] = now;
		request(world, i);
	}
	if (!crowd->is_polled[i])
		return;
	int64_t waited = (is_in_air(world, i) ? logon->since_ms : now) - crowd->began[i];
	if (!crowd->hangs[i] && waited > crowd->longest_ms)
		crowd->longest_ms = waited;
	if (logon->step == LOGON_IDLE) {
		crowd->is_polled[i] = false;
	} else if (is_in_air(world, i) && !crowd->hangs[i] &&
		now - logon->since_ms >= ANSWER_MS) {
		accept(world, i);
		end_poll(crowd, i, true);
	} else if (now - crowd->began[i] >= limit) {
		end_poll(crowd, i, false);
	}
}

static void poll_crowd(struct crowd *crowd, int64_t until_ms)
{
	while (crowd->world->ms < until_ms) {
		for (size_t i = 0; i < crowd->count; i++)
			poll_one(crowd, i);
		wait_until(crowd->world, crowd->world->ms + TICK_MS);
	}
}

static void logons_that_nobody_answers_rest_a_proven_account(void **state)
{
	static const struct {
		int64_t until_s;
		unsigned logons;
	} rows[] = {{30, 5}, {290, 5}, {320, 6}, {3600, 8}};
	struct world *world = world_new(*state);
	struct crowd *crowd = crowd_new(world, 30, 10);
	memset(crowd->hangs, true, sizeof(crowd->hangs));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row("%d s", (int)rows[i].until_s);
		poll_crowd(crowd, rows[i].until_s * 1000);
		assert_in_range(world->granted, 3, rows[i].logons);
		assert_true(world->unanswered_times > 0 && world->refused_times == 0);
	}
	test_row("%s", "");
	request(world, 40);
	assert_int_equal(world->logons_of[40].step, LOGON_IDLE);
	assert_non_null(strstr(world->why.text, "not answered"));
	/* one that is answered ends it */
	memset(crowd->hangs, false, sizeof(crowd->hangs));
	poll_crowd(crowd, 2 * 3600 * 1000);
	assert_int_equal(world->accepted_times, 1);
	assert_true(logons_rests_until(world->logons_of[0].account, OLD_FILE,
			    now_of(world)) == NO_TIME);
}

static void account_that_was_never_proven_rests_after_three(void **state)
{
	struct world *world = world_new(*state);
	for (size_t i = 0; i < 30; i++)
		request(world, i);
	wait_until(world, 10000);
	assert_int_equal(world->granted, 3);
	for (size_t i = 0; i < 3; i++)
		end(world, i);
	assert_int_equal(world->granted, 3);
	assert_int_equal(world->denied, 27);
	assert_int_equal(world->unanswered_times, 1);
}

enum { CROWD = 100, EACH = 4 };

static unsigned next_random(unsigned *random)
{
	*random = *random * 1103515245 + 12345;
	return *random >> 16;
}

/* Of 100 servers 25 hang, and are known for it; or every fourth falls silent. */
static void let_some_hang(struct crowd *crowd, bool is_sudden, unsigned *random)
{
	unsigned left = CROWD / EACH;
	for (size_t i = 0; i < CROWD; i++) {
		bool hangs = is_sudden ? i % EACH == 0
				       : next_random(random) % (CROWD - i) < left;
		crowd->hangs[i] = hangs;
		left -= hangs;
		if (hangs && !is_sudden)
			crowd->world->logons_of[i].trust = TRUST_SUSPECT;
		crowd->due[i] = is_sudden
			? (int64_t)i * crowd->interval_ms / CROWD
			: next_random(random) * crowd->interval_ms / 65536;
	}
}

static void hanging_servers_among_healthy_ones_cost_them_little(void **state)
{
	enum { ROUNDS = 10, ROWS = 30 };
	static const int64_t intervals[] = {15, 60, 300};
	unsigned random = 12345;
	for (size_t row = 0; row < ROWS; row++) {
		struct world *world = world_new(*state);
		struct crowd *crowd = crowd_new(world, CROWD, intervals[row % 3]);
		test_row("%zu", row);
		let_some_hang(crowd, row < 3, &random);
		poll_crowd(crowd, ROUNDS * crowd->interval_ms);
		assert_int_equal(world->unanswered_times, 0);
		assert_in_range(crowd->longest_ms, 0, 5000);
		assert_in_range(
			world->granted, ROUNDS * (CROWD - CROWD / EACH), ROUNDS * CROWD);
		talloc_free(world);
	}
	test_row("%s", "");
}

static void changed_file_has_one_try_while_the_other_one_rests(void **state)
{
	struct world *world = world_new(*state);
	request(world, 0);
	refuse(world, 0);
	for (size_t i = 1; i < 30; i++) {
		world->logons_of[i].identity = NEW_FILE;
		request(world, i);
	}
	wait_until(world, 10000);
	assert_int_equal(world->granted, 2);
	end(world, 1); /* nobody answered */
	assert_int_equal(world->granted, 2);
	assert_int_equal(world->denied, 28);
	request(world, 0);
	assert_false(is_in_air(world, 0));
}

/* Each server is asked in turn; the first one's file is right, the second one's wrong. */
static void right_file_does_not_send_a_wrong_one_again(void **state)
{
	for (int has_file = 0; has_file < 2; has_file++) {
		struct world *world = world_new(*state);
		test_row("file %d", has_file);
		world->has_file = has_file == 1;
		world->logons_of[1].identity = NEW_FILE;
		for (int64_t ms = 0; ms < 3600 * 1000; ms += 10000) {
			wait_until(world, ms);
			request(world, 0);
			assert_true(is_in_air(world, 0));
			accept(world, 0);
			request(world, 1);
			if (is_in_air(world, 1))
				refuse(world, 1);
		}
		assert_in_range(world->refused_times, 3, 4);
		assert_in_range(world->accepted_times, 1, world->refused_times);
		talloc_free(world);
	}
	test_row("%s", "");
}

static void second_request_of_a_poll_takes_the_place_of_the_first(void **state)
{
	struct world *world = world_new(*state);
	for (size_t i = 0; i < 10; i++) {
		request(world, i);
		request(world, i);
		assert_true(is_in_air(world, i));
		accept(world, i);
	}
	assert_int_equal(world->unanswered_times, 0);
}

static void word_of_a_logon_that_was_not_granted_proves_nothing(void **state)
{
	struct world *world = world_new(*state);
	request(world, 0);
	request(world, 1);
	accept(world, 1);
	assert_int_equal(world->logons_of[1].step, LOGON_WAITS);
	wait_until(world, 2999);
	assert_false(is_in_air(world, 1)); /* nothing is proven */
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
	world->file = (struct backoff){2, NOW + 600, {OLD_FILE}, 1, false};
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

/* A file that cannot be written stays as it was, and its absence says nothing. */
static void full_disk_does_not_make_it_be_forgotten(void **state)
{
	static const struct backoff files[] = {
		{.until = NO_TIME}, {1, NOW + 300, {OLD_FILE}, 1, false}};
	for (size_t i = 0; i < 2; i++) {
		struct world *world = world_new(*state);
		test_row("file %zu", i);
		world->has_file = world->is_file_in_trouble = true;
		world->file = files[i];
		poll_all(world, 6 * 3600, false);
		assert_in_range(world->granted, 8, 10);
		talloc_free(world);
	}
	test_row("%s", "");
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
		sentence(logons_that_nobody_answers_rest_a_proven_account),
		sentence(account_that_was_never_proven_rests_after_three),
		sentence(hanging_servers_among_healthy_ones_cost_them_little),
		sentence(changed_file_has_one_try_while_the_other_one_rests),
		sentence(right_file_does_not_send_a_wrong_one_again),
		sentence(second_request_of_a_poll_takes_the_place_of_the_first),
		sentence(word_of_a_logon_that_was_not_granted_proves_nothing),
		sentence(servers_that_are_well_go_first),
		sentence(after_the_rest_one_probes_for_all),
		sentence(spellings_of_an_account_are_one),
		sentence(what_others_wrote_down_counts),
		sentence(full_disk_does_not_make_it_be_forgotten),
		sentence(poll_that_ends_lets_the_next_one_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
