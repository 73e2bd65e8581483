/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cards.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { LASTS_MS = 1000 };

struct card {
	struct card *next;
	char *path;
	int64_t read_ms;
	struct credentials *name; /* NULL: the file cannot be read */
	bool is_usable[2];        /* for SNMP; for an account */
	struct failure why[2];    /* where it is not */
};

struct cards {
	struct card *first;
};

struct cards *cards_new(void *parent)
{
	return memory_new(parent, struct cards);
}

static struct credentials *name_in(void *parent, const struct credentials *credentials)
{
	struct credentials *name = credentials_new(parent);
	if (credentials->username != NULL)
		name->username = memory_copy(name, credentials->username);
	if (credentials->domain != NULL)
		name->domain = memory_copy(name, credentials->domain);
	name->identity = credentials->identity;
	return name;
}

static void read_card(struct card *card, int64_t now_ms)
{
	struct credentials *credentials;
	card->read_ms = now_ms;
	TALLOC_FREE(card->name);
	card->is_usable[false] = card->is_usable[true] = false;
	if (!credentials_read(card, card->path, getenv("CREDENTIALS_DIRECTORY"),
		    &credentials, &card->why[false])) {
		card->why[true] = card->why[false];
		return;
	}
	card->is_usable[true] =
		credentials_has_account(credentials, card->path, &card->why[true]);
	card->is_usable[false] =
		credentials_has_snmp(credentials, card->path, &card->why[false]);
	card->name = name_in(card, credentials);
	talloc_free(credentials);
}

static struct card *card_of(struct cards *cards, const char *path)
{
	struct card *card = cards->first;
	while (card != NULL && strcmp(card->path, path) != 0)
		card = card->next;
	if (card == NULL) {
		card = memory_new(cards, struct card);
		card->path = memory_copy(card, path);
		card->read_ms = -LASTS_MS;
		card->next = cards->first;
		cards->first = card;
	}
	return card;
}

bool cards_find(struct cards *cards, const char *path, bool logs_on, int64_t now_ms,
	const struct credentials **ret, struct failure *why)
{
	struct card *card = card_of(cards, path);
	if (now_ms - card->read_ms >= LASTS_MS)
		read_card(card, now_ms);
	if (!card->is_usable[logs_on]) {
		*why = card->why[logs_on];
		return false;
	}
	*ret = card->name;
	return true;
}
