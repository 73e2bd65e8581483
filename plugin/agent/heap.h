/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_HEAP_H
#define IMC_AGENT_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* What comes first, of many: a binary heap of items that live in what they stand for. */
struct heap_item {
	int64_t key;  /* the smallest is the first */
	size_t place; /* in the heap, from 1; 0: it is in none */
	void *owner;  /* what it stands for */
};

struct heap;

struct heap *heap_new(void *parent);
/* Puts the item in, or moves it to where its new key belongs. */
void heap_put(struct heap *heap, struct heap_item *item, int64_t key);
/* Takes it out, if it is in. Do so before it is freed. */
void heap_remove(struct heap *heap, struct heap_item *item);
struct heap_item *heap_first(const struct heap *heap); /* NULL: none */

#endif
