/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heap.h"

#include "core/memory.h"

enum { ROOM_AT_FIRST = 64 };

struct heap {
	struct heap_item **items; /* from 1 on */
	size_t count, room;
};

struct heap *heap_new(void *parent)
{
	struct heap *heap = memory_new(parent, struct heap);
	heap->room = ROOM_AT_FIRST;
	heap->items = memory_array(heap, struct heap_item *, heap->room);
	return heap;
}

static void set(struct heap *heap, size_t place, struct heap_item *item)
{
	heap->items[place] = item;
	item->place = place;
}

static void sift_up(struct heap *heap, struct heap_item *item)
{
	size_t place = item->place;
	for (; place > 1 && heap->items[place / 2]->key > item->key; place /= 2)
		set(heap, place, heap->items[place / 2]);
	set(heap, place, item);
}

static void sift_down(struct heap *heap, struct heap_item *item)
{
	size_t place = item->place;
	while (2 * place <= heap->count) {
		size_t child = 2 * place;
		if (child < heap->count &&
			heap->items[child + 1]->key < heap->items[child]->key)
			child++;
		if (heap->items[child]->key >= item->key)
			break;
		set(heap, place, heap->items[child]);
		place = child;
	}
	set(heap, place, item);
}

void heap_put(struct heap *heap, struct heap_item *item, int64_t key)
{
	item->key = key;
	if (item->place == 0) {
		if (heap->count + 1 == heap->room) {
			heap->room *= 2;
			heap->items = memory_resize(
				heap, heap->items, struct heap_item *, heap->room);
		}
		set(heap, ++heap->count, item);
	}
	sift_up(heap, item);
	sift_down(heap, item);
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
	if (item->place == 0)
		return;
	struct heap_item *last = heap->items[heap->count--];
	if (last != item) {
		set(heap, item->place, last);
		sift_up(heap, last);
		sift_down(heap, last);
	}
	item->place = 0;
}

struct heap_item *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->items[1] : NULL;
}
