/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "agent/standing.h"

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static struct standing *made(void *parent)
{
	struct standing *standing = standing_new(parent);
	standing->next_sequence = 4000000000;
	standing->next_appl_index = 12;
	standing->servers = memory_array(standing, struct standing_server, 2);
	standing->server_count = 2;
	standing->servers[0] = (struct standing_server){
		.name = memory_copy(standing, "EXCH01"),
		.appl_index = 3,
		.next_event = 17,
		.condition = CONDITION_ACTIVE,
		.condition_since = 1795338000,
		.log_cleared_at = NO_TIME,
		.events = {{16, 900, 1795337000}},
		.event_count = 1,
	};
	standing->servers[0].pairs[ALARM_SERVICE].is_known = true;
	standing->servers[0].pairs[ALARM_SERVICE].is_raised = true;
	standing->servers[0].pairs[ALARM_SERVICE].is_unsure = true;
	standing->servers[0].pairs[ALARM_CONDITION].is_known = true;
	standing->servers[0].pairs[ALARM_CONDITION].is_raised = true;
	standing->servers[0].is_raised_by_trap = true;
	standing->servers[0].hearsay = (struct hearsay){
		{{0xC0000FE7, 1795337100}, {4071, 1795337900}}, .count = 2};
	standing->servers[0].heard_of = 0x00F0DEBC9A785634;
	standing->servers[0].pairs[ALARM_CONTACT].is_known = true;
	standing->servers[1] = (struct standing_server){
		.name = memory_copy(standing, "a.server-with_a.name-of-32-bytes"),
		.condition = CONDITION_UNKNOWN,
		.condition_since = NO_TIME,
		.log_cleared_at = 5,
	};
	return standing;
}

static void what_was_written_is_read(void **state)
{
	struct standing *standing = made(*state), *again;
	char *text = standing_format(*state, standing);
	assert_true(standing_parse(*state, bytes_of(text), &again, NULL));
	assert_string_equal(standing_format(*state, again), text);
	const struct standing_server *server = standing_find(again, "EXCH01");
	assert_non_null(server);
	assert_int_equal(server->next_event, 17);
	assert_int_equal(server->events[0].record, 900);
	assert_true(server->pairs[ALARM_SERVICE].is_unsure);
	assert_true(server->pairs[ALARM_CONDITION].is_raised);
	assert_true(server->is_raised_by_trap);
	assert_int_equal(server->hearsay.count, 2);
	assert_int_equal(server->hearsay.events[0].id, 0xC0000FE7);
	assert_int_equal(server->hearsay.events[1].heard_at, 1795337900);
	assert_true(server->heard_of == 0x00F0DEBC9A785634);
	assert_true(server->pairs[ALARM_CONTACT].is_known);
	assert_false(server->pairs[ALARM_CONTACT].is_raised);
	assert_null(standing_find(again, "EXCH02"));
}

static void nothing_is_a_file_too(void **state)
{
	struct standing *again;
	char *text = standing_format(*state, standing_new(*state));
	assert_true(standing_parse(*state, bytes_of(text), &again, NULL));
	assert_int_equal(again->next_sequence, 1);
	assert_null(standing_find(again, "EXCH01"));
}

static void every_cut_and_every_changed_byte_is_found(void **state)
{
	char *text = standing_format(*state, made(*state));
	size_t length = strlen(text);
	struct standing *none = NULL;
	for (size_t i = 0; i < length; i++) {
		test_row("byte %zu", i);
		struct bytes cut = {(const uint8_t *)text, i};
		assert_false(standing_parse(*state, cut, &none, NULL));
		char before = text[i];
		static const char others[] = {'x', '9', '\n', '\0', ' ', '?'};
		for (size_t j = 0; j < sizeof(others); j++) {
			struct bytes whole = {(const uint8_t *)text, length};
			text[i] = others[j];
			if (others[j] != before)
				assert_false(standing_parse(*state, whole, &none, NULL));
		}
		text[i] = before;
	}
	assert_null(none);
}

#define SERVER "imc-monitor standing 1\nnext 1 1\nserver A 1 1 none 0 0 ---\n"
#define PLACE  " 0123456789abcdef\n"

/* With a right last line, so that each row is refused for its own fault. */
static const char *const hostile[] = {
	"",
	"\n\n\n",
	"imc-monitor standing 1\n",
	"imc-monitor standing 2\nnext 1 1\n",
	"imc-monitor standing 1\nnext 1 1\nevent 1 1 1\n",
	"imc-monitor standing 1\nnext 99999999999 1\n",
	"imc-monitor standing 1\nnext -1 1\n",
	"imc-monitor standing 1\nnext 1 1\nserver a|b 1 1 none 0 0 ---\n",
	"imc-monitor standing 1\nnext 1 1\nserver A 1 1 nothing 0 0 ---\n",
	"imc-monitor standing 1\nnext 1 1\nserver A 1 1 none 0 0 RRRR\n",
	"imc-monitor standing 1\nnext 1 1\nserver A 1 1 none 0 0 RR\n",
	"imc-monitor standing 1\nnext 1 1\nserver A 1 1 none 0 0 ???\n",
	"imc-monitor standing 1\nnext 1 1\nserver A 01 1 none 0 0 ---\n",
	"imc-monitor standing 1\nnext 1 1\nserver A 1 1 none 0 0 T--\n",
	"imc-monitor standing 1\nnext 1 1\nserver A 1 1 none 0 0 --T\n",
	"imc-monitor standing 1\nnext 1 1\nheard 4071 1" PLACE,
	SERVER "heard 1000 1" PLACE,
	SERVER "heard 4071\n",
	SERVER "heard 4071 1" PLACE "event 1 1 1\n",
	SERVER "heard 4071 1" PLACE "heard 4071 2" PLACE "heard 4071 3" PLACE
	       "heard 4071 4" PLACE "heard 4071 5" PLACE "heard 4071 6" PLACE
	       "heard 4071 7" PLACE "heard 4071 8" PLACE "heard 4071 9" PLACE,
	/* of no place, of two, of no moment that there is */
	SERVER "heard 4071 1\n",
	SERVER "heard 4071 1 \n",
	SERVER "heard 4071 1 123456789abcdef\n",
	SERVER "heard 4071 1 0123456789ABCDEF\n",
	SERVER "heard 4071 1 10123456789abcdef\n",
	SERVER "heard 4071 1" PLACE "heard 4071 2 0123456789abcdee\n",
	SERVER "heard 4071 -1" PLACE,
	SERVER "heard 4071 -9223372036854775808" PLACE,
	SERVER "heard 4071 253402300800" PLACE,
	SERVER "heard 4071 9223372036854775807" PLACE,
};

static char *with_end(void *parent, const char *text)
{
	return memory_format(parent, "%send %016llx\n", text,
		(unsigned long long)bytes_hash(bytes_of(text)));
}

static void what_it_did_not_write_is_refused(void **state)
{
	struct standing *standing;
	struct failure why;
	char *right = with_end(*state,
		"imc-monitor standing 1\nnext 1 1\n"
		"server A 1 1 none 0 0 -T?R\nevent 1 2 3\n"
		"heard 4071 1" PLACE "heard 4071 253402300799" PLACE);
	assert_true(standing_parse(*state, bytes_of(right), &standing, &why));
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		test_row("%s", hostile[i]);
		char *text = with_end(*state, hostile[i]);
		assert_false(standing_parse(*state, bytes_of(text), &standing, &why));
		assert_int_equal(why.kind, FAIL_DAMAGED);
	}
}

/* The version before this one knew nothing of traps. */
static void a_file_without_traps_is_read(void **state)
{
	struct standing *standing;
	char *text = with_end(*state,
		"imc-monitor standing 1\nnext 1 1\n"
		"server A 1 1 active 5 -1 RR?C\nevent 1 2 3\n");
	test_row("%s", text);
	if (!standing_parse(*state, bytes_of(text), &standing, NULL))
		fail_msg("refused");
	assert_false(standing->servers[0].is_raised_by_trap);
	assert_int_equal(standing->servers[0].hearsay.count, 0);
	test_row("%s", "");
}

/* A right hash does not make up for a wrong order: looking up needs it. */
static void servers_out_of_order_or_twice_are_refused(void **state)
{
	struct standing *standing = made(*state), *none;
	struct standing_server first = standing->servers[0];
	standing->servers[0] = standing->servers[1];
	standing->servers[1] = first;
	assert_false(standing_parse(
		*state, bytes_of(standing_format(*state, standing)), &none, NULL));
	standing->servers[0] = first;
	assert_false(standing_parse(
		*state, bytes_of(standing_format(*state, standing)), &none, NULL));
}

/* One change of each member. */
static void change(struct standing_server *server, int which)
{
	int64_t *const moments[] = {&server->condition_since, &server->log_cleared_at,
		&server->events[0].time};
	uint32_t *const numbers[] = {&server->appl_index, &server->next_event,
		&server->events[0].number, &server->events[0].record};
	bool *const flags[] = {&server->pairs[ALARM_SERVICE].is_known,
		&server->pairs[ALARM_CONDITION].is_raised,
		&server->pairs[ALARM_CONTACT].is_unsure};
	if (which < 3)
		*moments[which] += 1;
	else if (which < 7)
		*numbers[which - 3] += 1;
	else if (which < 10)
		*flags[which - 7] = !*flags[which - 7];
	else if (which == 10)
		server->condition = CONDITION_PAST;
	else if (which == 11)
		server->event_count++;
	else if (which == 12)
		server->is_raised_by_trap = !server->is_raised_by_trap;
	else if (which == 13)
		server->hearsay.count++;
	else if (which == 14)
		server->heard_of++;
	else
		server->hearsay.events[which - 15].heard_at++;
}

static void whatever_differs_is_seen(void **state)
{
	struct standing_server before = made(*state)->servers[0];
	struct standing_server after = before;
	assert_true(standing_is_same(&before, &after));
	for (int which = 0; which < 17; which++) {
		test_row("%d", which);
		after = before;
		change(&after, which);
		assert_false(standing_is_same(&before, &after));
		assert_false(standing_is_same(&after, &before));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(what_was_written_is_read),
		sentence(nothing_is_a_file_too),
		sentence(every_cut_and_every_changed_byte_is_found),
		sentence(what_it_did_not_write_is_refused),
		sentence(a_file_without_traps_is_read),
		sentence(servers_out_of_order_or_twice_are_refused),
		sentence(whatever_differs_is_seen),
	};
	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
