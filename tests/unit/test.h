/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_TEST_H
#define IMC_TESTS_UNIT_TEST_H

/* The one include of cmocka, which needs these headers before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* cmocka's macro of that name is in the way of core/failure.h. */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                    \
	(print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#include <stdbool.h>
#include <string.h>

#include "core/memory.h"

/*
 * Fixture: *state is a talloc root for the test. Teardown fails the test where anything
 * is still allocated outside of it that was not there before.
 */
int test_setup(void **state);
int test_teardown(void **state);

/* A test with that fixture; its name is a sentence. */
#define sentence(function)                                                               \
	cmocka_unit_test_setup_teardown(function, test_setup, test_teardown)

/* Says which row of a table is being tested; the last one is printed after the test. */
void test_row(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A file's content, or the test fails. */
struct bytes;
struct bytes test_file(void *parent, const char *path);

/* The folder of the corpus (IMC_CORPUS), or NULL; a test that needs it calls skip() then.
 */
const char *test_corpus(void);

#endif
