/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_BOOT_H
#define IMC_CORE_BOOT_H

#include "evidence.h"

/* A boot, with the time that it counts from. */
struct boot {
	int64_t time;        /* of event 6005 */
	int64_t counts_from; /* earlier where the clock was stepped back after it */
	bool is_stepped;
	int64_t doubtful_until; /* what came before it may be logged as of then: the
				   clock was set back before it; NO_TIME */
	int64_t none_before; /* neither this nor a later boot counts from before then */
};

/*
 * The boots of the System log in order, those before `horizon` left out but for the last
 * one. Where the clock was set back after a boot, it counts from the earliest time so
 * reached; `window` in seconds: so long after a boot that makes its times doubtful.
 * Belongs to `parent`.
 */
struct boot *boots_find(void *parent, const struct evidence *evidence, int64_t window,
	int64_t horizon, size_t *ret_count);

/* The newest boot that counts from no later than `time`, or NULL. */
const struct boot *boot_before(const struct boot *boots, size_t count, int64_t time);

#endif
