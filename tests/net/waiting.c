/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/waiting.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

void waiting_finish(struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->count; i++)
		free(waiting->heap[i]);
	free(waiting->heap);
	*waiting = (struct waiting){.heap = NULL};
}

static bool before(const struct passenger *a, const struct passenger *b)
{
	return a->exit != b->exit ? a->exit < b->exit : a->order < b->order;
}

static enum err make_room(struct waiting *waiting)
{
	if (waiting->count < waiting->capacity)
		return E_OK;
	size_t capacity = waiting->capacity == 0 ? FIRST_CAPACITY : 2 * waiting->capacity;
	struct passenger **heap = reallocarray(waiting->heap, capacity, sizeof(*heap));
	if (heap == NULL)
		return E_MEMORY;
	waiting->heap = heap;
	waiting->capacity = capacity;
	return E_OK;
}

enum err waiting_enter(struct waiting *waiting, const struct passenger *about, const uint8_t *bytes)
{
	enum err err = make_room(waiting);
	if (err != E_OK)
		return err;
	struct passenger *passenger = malloc(sizeof(*passenger) + about->octets);
	if (passenger == NULL)
		return E_MEMORY;
	*passenger = *about;
	passenger->order = waiting->entered++;
	memcpy(passenger->bytes, bytes, about->octets);

	size_t at = waiting->count++;
	while (at > 0 && before(passenger, waiting->heap[(at - 1) / 2])) {
		waiting->heap[at] = waiting->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	waiting->heap[at] = passenger;
	return E_OK;
}

nsec waiting_next(const struct waiting *waiting)
{
	return waiting->count == 0 ? NSEC_INFINITE : waiting->heap[0]->exit;
}

struct passenger *waiting_leave(struct waiting *waiting)
{
	if (waiting->count == 0)
		return NULL;
	struct passenger *first = waiting->heap[0];
	struct passenger *last = waiting->heap[--waiting->count];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= waiting->count)
			break;
		if (child + 1 < waiting->count &&
		    before(waiting->heap[child + 1], waiting->heap[child]))
			child++;
		if (!before(waiting->heap[child], last))
			break;
		waiting->heap[at] = waiting->heap[child];
		at = child;
	}
	waiting->heap[at] = last;
	return first;
}
