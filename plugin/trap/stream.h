/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TRAP_STREAM_H
#define IMC_TRAP_STREAM_H

#include "core/bytes.h"
#include "core/failure.h"

enum {
	STREAM_MAX_BYTES = 64 * 1024, /* what matters stands at the beginning */
	STREAM_PATIENCE_MS = 3000
};

/* Reads a file up to its end or to STREAM_MAX_BYTES, which is not waited for longer than
 * `patience_ms`. *ret_is_cut: it may go on. */
bool stream_read(void *parent, int file, int patience_ms, struct bytes *ret,
	bool *ret_is_cut, struct failure *why);

#endif
