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
	const char *seen; /* the evidence in words, not cleaned; NULL: none yet */
};

/* Reads all over a new session; what could not be learned is part of the evidence. What
 * it makes belongs to `memory`. */
void look(struct look *look, void *memory);

/* Over the same session, only what is new; `known` is what the first look learned. */
struct verdict *look_again(struct look *look, const struct state *known, void *memory);

/* What the first look learned, for those that follow. */
struct state *look_remember(struct look *look, void *memory);

void look_close(struct look *look);

#endif
