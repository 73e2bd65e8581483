/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_START_LOOK_H
#define IMC_START_LOOK_H

#include "core/store.h"
#include "core/verdict.h"
#include "source/starter.h"

/* What is known of the server, as far as somebody with the right to start it may ask:
 * one session at a time, and the account's back-off in the state directory is heeded. */
struct look {
	const struct target *target;
	struct store *store;
	struct credentials *credentials;
	const struct starter *starter;
	struct request request;
	struct start_session *session; /* NULL: none is open */
	struct evidence *evidence;
	struct verdict *verdict;
	struct state *known; /* what was learned so far, for the next look */
	int64_t began_ms;    /* the last look: the state is asked first */
	int64_t took_ms;
	const char *seen; /* the evidence in words, not cleaned; NULL: none yet */
};

/* What takes longer was true when it was asked, and who knows what is now. */
enum { LOOK_FRESH_MS = 10000 };

/* Reads all over a new session; what could not be learned is part of the evidence. What
 * it makes belongs to `memory`. */
void look(struct look *look, void *memory);

/* Over the same session, and only what is new. What it makes belongs to `memory`, which
 * may be freed before the next look. */
void look_again(struct look *look, void *memory);

bool look_is_fresh(const struct look *look);

void look_close(struct look *look);

#endif
