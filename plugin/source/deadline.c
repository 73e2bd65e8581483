/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "deadline.h"

#include <time.h>

int64_t deadline_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t deadline_in(int64_t milliseconds)
{
	return deadline_now() + milliseconds;
}

int64_t deadline_left(int64_t deadline)
{
	int64_t left = deadline - deadline_now();
	return left > 0 ? left : 0;
}

bool deadline_passed(int64_t deadline)
{
	return deadline_left(deadline) == 0;
}
