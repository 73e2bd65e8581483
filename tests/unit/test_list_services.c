/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "check/list_services.h"

/* What the sources below list. */
static struct listed_service listed[] = {
	{(char *)"Server", SERVICE_RUNNING},
	{(char *)"Evil\n\033[31m|name ", SERVICE_PAUSED},
	{(char *)"microsoft exchange INTERNET MAIL SERVICE  ", SERVICE_PAUSE_PENDING},
	{(char *)"Odd", SERVICE_UNKNOWN},
};

static bool list_all(void *parent, const struct request *request,
	struct service_list *ret, struct failure *why)
{
	(void)parent;
	(void)why;
	assert_non_null(request->target);
	*ret = (struct service_list){listed, 4};
	return true;
}

static bool list_first(void *parent, const struct request *request,
	struct service_list *ret, struct failure *why)
{
	list_all(parent, request, ret, why);
	ret->count = 1;
	return true;
}

static bool list_nothing(void *parent, const struct request *request,
	struct service_list *ret, struct failure *why)
{
	(void)parent;
	(void)request;
	(void)ret;
	return fail(why, FAIL_TIMEOUT, "no answer");
}

/* Of a kind that needs no credentials. */
static bool list_with(void *parent,
	bool (*list)(void *parent, const struct request *request,
		struct service_list *ret, struct failure *why),
	char **ret, struct failure *why)
{
	const struct source source = {.name = "evt", .list = list};
	const struct run_order order = {.target = target_new(parent), .source = &source};
	return list_services(parent, &order, ret, why);
}

static void each_service_has_a_line(void **state)
{
	char *text = NULL;
	struct failure why = {.text = ""};
	assert_true(list_with(*state, list_all, &text, &why));
	assert_string_equal(text,
		"running          Server\n"
		"paused           Evil%0A%1B[31m%7Cname\n"
		"pause-pending    microsoft exchange INTERNET MAIL SERVICE\n"
		"unknown          Odd\n");
}

static void what_was_looked_for_is_said(void **state)
{
	char *text = NULL;
	struct failure why = {.text = ""};
	assert_true(list_with(*state, list_first, &text, &why));
	assert_string_equal(text,
		"running          Server\n"
		"None of these is the service that is watched: "
		"\"Microsoft Exchange Internet Mail Service\", "
		"\"Microsoft Exchange Internet Mail Connector\" were looked for; add "
		"its name with --display-name NAME\n");
}

static void a_source_without_a_list_refuses(void **state)
{
	char *text = NULL;
	struct failure why = {.text = ""};
	assert_false(list_with(*state, NULL, &text, &why));
	assert_int_equal(why.kind, FAIL_USAGE);
	assert_non_null(strstr(why.text, "--source snmp"));
	assert_false(list_with(*state, list_nothing, &text, &why));
	assert_int_equal(why.kind, FAIL_TIMEOUT);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(each_service_has_a_line),
		sentence(what_was_looked_for_is_said),
		sentence(a_source_without_a_list_refuses),
	};
	return cmocka_run_group_tests_name("list_services", tests, NULL, NULL);
}
