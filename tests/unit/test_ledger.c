/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/ledger.h"
#include "core/bytes.h"

enum { CLOCK = 1795338000, WAIT_MS = 100 };

/* Two spellings of one account, another file of it, and another account. */
static const struct credentials account = {
	.username = "Watch", .domain = "EX", .identity = 1};
static const struct credentials shouted = {
	.username = "WATCH", .domain = "ex", .identity = 1};
static const struct credentials changed = {
	.username = "Watch", .domain = "EX", .identity = 2};
static const struct credentials other = {
	.username = "Other", .domain = "EX", .identity = 3};

static int remove_folder(char *folder)
{
	DIR *entries = opendir(folder);
	for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
		unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries != NULL)
		closedir(entries);
	return rmdir(folder);
}

static char *new_folder(void *parent)
{
	char *folder = memory_copy(parent, "/tmp/imc-ledger-XXXXXX");
	assert_non_null(mkdtemp(folder));
	talloc_set_destructor(folder, remove_folder);
	return folder;
}

static void write_file(
	void *parent, const char *folder, const char *name, const char *text)
{
	char *path = memory_format(parent, "%s/%s", folder, name);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
}

/* What a check that comes along at this moment is told. */
static bool allows(const char *folder, const char *server,
	const struct credentials *credentials, int64_t clock)
{
	struct failure why;
	struct ledger *ledger = ledger_open(NULL, folder, server, WAIT_MS);
	bool is_allowed = ledger_allows_logon(ledger, credentials, clock, &why);
	assert_null(ledger_failure(ledger));
	talloc_free(ledger);
	return is_allowed;
}

static void note_logon(const char *folder, const struct credentials *credentials,
	bool is_accepted, int64_t clock)
{
	struct ledger *ledger = ledger_open(NULL, folder, "EXCH01", WAIT_MS);
	ledger_logon(ledger, credentials, is_accepted, clock);
	assert_null(ledger_failure(ledger));
	talloc_free(ledger);
}

static void an_account_is_left_alone_on_all_servers_after_a_refusal(void **state)
{
	char *folder = new_folder(*state);
	assert_true(allows(folder, "EXCH01", &account, CLOCK));
	note_logon(folder, &account, false, CLOCK);
	assert_false(allows(folder, "EXCH01", &account, CLOCK + 1));
	assert_false(allows(folder, "EXCH02", &account, CLOCK + 299));
	assert_false(allows(folder, "EXCH01", &shouted, CLOCK + 299));
	assert_true(allows(folder, "EXCH01", &other, CLOCK + 1));
}

static void a_changed_credentials_file_is_tried_at_once(void **state)
{
	char *folder = new_folder(*state);
	note_logon(folder, &account, false, CLOCK);
	assert_true(allows(folder, "EXCH01", &changed, CLOCK + 1));
	note_logon(folder, &changed, false, CLOCK + 1);
	assert_false(allows(folder, "EXCH01", &changed, CLOCK + 2));
}

static void two_wrong_files_that_take_turns_are_both_left_alone(void **state)
{
	char *folder = new_folder(*state);
	note_logon(folder, &account, false, CLOCK);
	note_logon(folder, &changed, false, CLOCK + 1);
	assert_false(allows(folder, "EXCH01", &account, CLOCK + 2));
	assert_false(allows(folder, "EXCH01", &account, CLOCK + 600));
	assert_false(allows(folder, "EXCH01", &changed, CLOCK + 600));
	assert_true(
		allows(folder, "EXCH01", &account, CLOCK + 602)); /* probes for both */
	assert_false(allows(folder, "EXCH01", &changed, CLOCK + 603));
}

static void a_right_file_does_not_free_a_wrong_one(void **state)
{
	char *folder = new_folder(*state);
	note_logon(folder, &account, false, CLOCK);
	note_logon(folder, &changed, true, CLOCK + 1);
	assert_true(allows(folder, "EXCH01", &changed, CLOCK + 2));
	assert_true(allows(folder, "EXCH01", &changed, CLOCK + 2));
	assert_false(allows(folder, "EXCH01", &account, CLOCK + 2));
	note_logon(folder, &account, false, CLOCK + 300);
	assert_false(allows(folder, "EXCH01", &account, CLOCK + 899));
	assert_true(allows(folder, "EXCH01", &changed, CLOCK + 899));
}

static void one_check_probes_for_all_when_the_time_has_come(void **state)
{
	char *folder = new_folder(*state);
	note_logon(folder, &account, false, CLOCK);
	assert_true(allows(folder, "EXCH01", &account, CLOCK + 301));
	assert_false(allows(folder, "EXCH02", &account, CLOCK + 301));
	assert_false(allows(folder, "EXCH03", &account, CLOCK + 330));
	/* It never came back: the next one may probe. */
	assert_true(allows(folder, "EXCH03", &account, CLOCK + 362));
	note_logon(folder, &account, false, CLOCK + 363);
	assert_false(allows(folder, "EXCH01", &account, CLOCK + 363 + 599));
	assert_true(allows(folder, "EXCH01", &account, CLOCK + 363 + 601));
}

static void a_logon_that_worked_frees_the_account(void **state)
{
	char *folder = new_folder(*state);
	note_logon(folder, &account, false, CLOCK);
	note_logon(folder, &account, true, CLOCK + 301);
	for (int i = 0; i < 3; i++)
		assert_true(allows(folder, "EXCH01", &account, CLOCK + 302));
}

static void a_healthy_account_leaves_no_file(void **state)
{
	char *folder = new_folder(*state);
	note_logon(folder, &account, true, CLOCK);
	char *path = memory_format(*state, "%s/account-ex-watch.backoff", folder);
	assert_int_not_equal(access(path, F_OK), 0);
	note_logon(folder, &account, false, CLOCK);
	assert_int_equal(access(path, F_OK), 0);
}

static void a_bad_back_off_file_is_told_and_mended_by_the_next_refusal(void **state)
{
	char *folder = new_folder(*state);
	write_file(*state, folder, "account-ex-watch.backoff", "rubbish");
	struct ledger *ledger = ledger_open(*state, folder, "EXCH01", WAIT_MS);
	struct failure why;
	assert_true(ledger_allows_logon(ledger, &account, CLOCK, &why));
	assert_non_null(ledger_failure(ledger));
	ledger_logon(ledger, &account, false, CLOCK);
	talloc_free(ledger);
	assert_false(allows(folder, "EXCH01", &account, CLOCK + 1));
}

static void without_a_directory_nothing_fails_and_nothing_is_kept(void **state)
{
	struct failure why;
	struct ledger *ledger = ledger_open(*state, NULL, "EXCH01", WAIT_MS);
	assert_false(ledger_is_kept(ledger));
	ledger_logon(ledger, &account, false, CLOCK);
	assert_true(ledger_allows_logon(ledger, &account, CLOCK, &why));
	assert_null(ledger_failure(ledger));
	assert_null(ledger_state(ledger));
}

static void a_server_in_the_hands_of_another_check_is_told(void **state)
{
	char *folder = new_folder(*state);
	struct ledger *first = ledger_open(*state, folder, "EXCH01", WAIT_MS);
	struct ledger *second = ledger_open(*state, folder, "EXCH01", WAIT_MS);
	struct ledger *third = ledger_open(*state, folder, "EXCH02", WAIT_MS);
	assert_null(ledger_failure(first));
	assert_non_null(ledger_failure(second));
	assert_null(ledger_failure(third));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(an_account_is_left_alone_on_all_servers_after_a_refusal),
		sentence(a_changed_credentials_file_is_tried_at_once),
		sentence(two_wrong_files_that_take_turns_are_both_left_alone),
		sentence(a_right_file_does_not_free_a_wrong_one),
		sentence(one_check_probes_for_all_when_the_time_has_come),
		sentence(a_logon_that_worked_frees_the_account),
		sentence(a_healthy_account_leaves_no_file),
		sentence(a_bad_back_off_file_is_told_and_mended_by_the_next_refusal),
		sentence(without_a_directory_nothing_fails_and_nothing_is_kept),
		sentence(a_server_in_the_hands_of_another_check_is_told),
	};
	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
