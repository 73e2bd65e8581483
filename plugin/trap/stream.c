/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False: the time is up. */
static bool wait_for(int file, int64_t end)
{
	struct pollfd place = {.fd = file, .events = POLLIN};
	for (;;) {
		int64_t left = end - now_ms();
		if (left <= 0)
			return false;
		int found = poll(&place, 1, (int)left);
		if (found != 0 && (found > 0 || errno != EINTR))
			return true;
	}
}

bool stream_read(void *parent, int file, int patience_ms, struct bytes *ret,
	bool *ret_is_cut, struct failure *why)
{
	uint8_t *data = memory_array(parent, uint8_t, STREAM_MAX_BYTES);
	int64_t end = now_ms() + patience_ms;
	size_t length = 0;
	ssize_t got = 1;
	while (got != 0 && length < STREAM_MAX_BYTES) {
		if (!wait_for(file, end))
			return fail(why, FAIL_TIMEOUT,
				"the input did not end within %d s: it must be what "
				"snmptrapd gives to a traphandle",
				patience_ms / 1000);
		got = read(file, data + length, STREAM_MAX_BYTES - length);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return fail(why, FAIL_SYSTEM, "cannot read the input: %m");
		length += got > 0 ? (size_t)got : 0;
	}
	*ret = (struct bytes){data, length};
	*ret_is_cut = got != 0;
	return true;
}
