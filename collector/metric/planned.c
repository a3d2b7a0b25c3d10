/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/planned.h"

#include "collector/base/calendar.h"

#include <stdlib.h>
#include <string.h>

/* Periods in the order of time that neither touch nor overlap. */
struct cover {
	struct period *items;
	size_t count;
};

/* Up to where slots of one length count in a month. */
struct bound {
	struct period month;
	nsec length;
	nsec phase; /* of the slots' starts, below their length */
	nsec end;   /* the first slot that does not count starts here or later */
};

struct planned_path {
	struct planned_rule rule;
	struct cover announced;
	struct cover in_time;
	struct bound bound; /* found last; length 0: none yet */
};

struct period window_standing(const struct window *window)
{
	struct period period = window->period;

	if (window->cancelled_at < period.until)
		period.until =
			window->cancelled_at > period.from ? window->cancelled_at : period.from;
	return period;
}

bool window_in_time(const struct planned_rule *rule, const struct window *window)
{
	return window->period.from - window->entered_at >= rule->notice;
}

static int compare_periods(const void *a, const void *b)
{
	const struct period *x = a;
	const struct period *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->until > y->until) - (x->until < y->until);
}

static void join(struct cover *cover)
{
	size_t used = 0;

	if (cover->count > 0)
		qsort(cover->items, cover->count, sizeof(*cover->items), compare_periods);
	for (size_t i = 0; i < cover->count; i++) {
		struct period next = cover->items[i];
		struct period *last = used == 0 ? NULL : &cover->items[used - 1];
		if (last == NULL || next.from > last->until)
			cover->items[used++] = next;
		else if (next.until > last->until)
			last->until = next.until;
	}
	cover->count = used;
}

static enum err make_room(struct cover *cover, size_t count)
{
	cover->items = calloc(count + 1, sizeof(*cover->items));
	return cover->items == NULL ? E_MEMORY : E_OK;
}

enum err planned_create(const struct planned_rule *rule, const struct window *windows, size_t count,
			struct planned_path **out)
{
	struct planned_path *path = calloc(1, sizeof(*path));

	if (path == NULL)
		return E_MEMORY;
	path->rule = *rule;
	enum err rc = make_room(&path->announced, count);
	if (rc == E_OK)
		rc = make_room(&path->in_time, count);
	if (rc != E_OK) {
		planned_destroy(path);
		return rc;
	}
	for (size_t i = 0; i < count; i++) {
		struct period standing = window_standing(&windows[i]);
		if (standing.until <= standing.from)
			continue;
		path->announced.items[path->announced.count++] = standing;
		if (window_in_time(rule, &windows[i]))
			path->in_time.items[path->in_time.count++] = standing;
	}
	join(&path->announced);
	join(&path->in_time);
	*out = path;
	return E_OK;
}

void planned_destroy(struct planned_path *path)
{
	if (path == NULL)
		return;
	free(path->announced.items);
	free(path->in_time.items);
	free(path);
}

/* The first period that ends after t. */
static size_t first_after(const struct cover *cover, nsec t)
{
	size_t low = 0;
	size_t high = cover->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (cover->items[middle].until > t)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool overlaps(const struct cover *cover, struct period slot)
{
	size_t i = first_after(cover, slot.from);

	return i < cover->count && cover->items[i].from < slot.until;
}

/* Slots of the bound's grid: the start of the one that t lies in, or of the first from t on. */
static nsec slot_of(const struct bound *bound, nsec t)
{
	return nsec_floor(t - bound->phase, bound->length) + bound->phase;
}

static nsec slot_from(const struct bound *bound, nsec t)
{
	return nsec_ceil(t - bound->phase, bound->length) + bound->phase;
}

static nsec later(nsec a, nsec b)
{
	return a > b ? a : b;
}

static nsec earlier(nsec a, nsec b)
{
	return a < b ? a : b;
}

/* Walks through the month's slots in windows that are in time until the allowance is used up. */
static nsec find_end(const struct planned_path *path, const struct bound *bound)
{
	const struct cover *cover = &path->in_time;
	nsec next = slot_from(bound, bound->month.from);
	nsec end = slot_from(bound, bound->month.until);
	nsec left = path->rule.allowance / bound->length;

	for (size_t i = first_after(cover, bound->month.from); i < cover->count; i++) {
		nsec from = later(slot_of(bound, cover->items[i].from), next);
		nsec until = earlier(slot_from(bound, cover->items[i].until), end);
		if (from >= end)
			break;
		if (until <= from)
			continue;
		nsec slots = (until - from) / bound->length;
		if (slots > left)
			return from + left * bound->length;
		left -= slots;
		next = until;
	}
	return end;
}

static const struct bound *bound_for(struct planned_path *path, struct period slot)
{
	struct bound *bound = &path->bound;
	nsec length = slot.until - slot.from;
	nsec phase = slot.from - nsec_floor(slot.from, length);

	if (bound->length == length && bound->phase == phase && slot.from >= bound->month.from &&
	    slot.from < bound->month.until)
		return bound;
	*bound = (struct bound){
		.month = calendar_month_of(slot.from), .length = length, .phase = phase};
	bound->end = find_end(path, bound);
	return bound;
}

enum planned_state planned_at(struct planned_path *path, struct period slot)
{
	if (slot.until <= slot.from || !overlaps(&path->announced, slot))
		return PLANNED_NOT;
	if (!overlaps(&path->in_time, slot))
		return PLANNED_ANNOUNCED;
	return slot.from < bound_for(path, slot)->end ? PLANNED_COUNTED : PLANNED_ANNOUNCED;
}

struct planned_time planned_time_of(struct planned_path *path, const struct window *window,
				    struct period period, nsec length)
{
	struct period standing = window_standing(window);
	struct planned_time time = {0};

	if (!window_in_time(&path->rule, window) || standing.until <= standing.from)
		return time;
	nsec from = later(nsec_floor(standing.from, length), nsec_ceil(period.from, length));
	nsec until = earlier(nsec_ceil(standing.until, length), nsec_ceil(period.until, length));
	while (from < until) {
		const struct bound *bound = bound_for(path, (struct period){from, from + length});
		nsec month_end = earlier(until, slot_from(bound, bound->month.until));
		if (month_end <= from) /* beyond what calendars know */
			break;
		nsec counted = earlier(later(bound->end, from), month_end) - from;
		time.counted += counted;
		time.over += month_end - from - counted;
		from = month_end;
	}
	return time;
}

enum window_fate window_fate(const struct planned_rule *rule, const struct window *window,
			     nsec over)
{
	struct period standing = window_standing(window);

	if (standing.until <= standing.from)
		return WINDOW_CANCELLED;
	if (!window_in_time(rule, window))
		return WINDOW_LATE;
	return over > 0 ? WINDOW_EXCEEDS : WINDOW_COUNTS;
}
