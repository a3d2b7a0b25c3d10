/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/gathering.h"

#include "reporter/text/must.h"

#include <stdbool.h>
#include <stdlib.h>

static int compare_nsec(nsec a, nsec b)
{
	return (a > b) - (a < b);
}

static int compare_times(const void *a, const void *b)
{
	const struct gathered *x = a;
	const struct gathered *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->period.from != y->period.from)
		return compare_nsec(x->period.from, y->period.from);
	if (x->period.until != y->period.until)
		return compare_nsec(x->period.until, y->period.until);
	return (x->index > y->index) - (x->index < y->index);
}

static int compare_groups(const void *a, const void *b)
{
	const struct gathered *x = a;
	const struct gathered *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return compare_times(a, b);
}

static bool is_near(nsec a, nsec b, nsec slack)
{
	return a - b <= slack && b - a <= slack;
}

/* The first items of the groups, in the order of time. */
struct heads {
	const struct gathered **items;
	size_t count;
	size_t capacity;
};

/* A group that the item belongs to, or NULL. */
static const struct gathered *find_head(const struct heads *heads, const struct gathered *item)
{
	for (size_t i = heads->count; i-- > 0;) {
		const struct gathered *head = heads->items[i];
		if (head->owner != item->owner || head->kind != item->kind ||
		    !is_near(head->period.from, item->period.from, item->slack))
			return NULL;
		if (is_near(head->period.until, item->period.until, item->slack))
			return head;
	}
	return NULL;
}

size_t gathering_make(struct gathered *items, size_t count)
{
	struct heads heads = {0};

	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), compare_times);
	for (size_t i = 0; i < count; i++) {
		const struct gathered *head = find_head(&heads, &items[i]);
		if (head != NULL) {
			items[i].group = head->group;
			continue;
		}
		items[i].group = heads.count;
		heads.items =
			must_grow(heads.items, heads.count, &heads.capacity, sizeof(*heads.items));
		heads.items[heads.count++] = &items[i];
	}
	free(heads.items);
	qsort(items, count, sizeof(*items), compare_groups);
	return heads.count;
}
