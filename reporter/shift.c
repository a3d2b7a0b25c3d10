/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/shift.h"

#include "reporter/text/must.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Its smallest round trip, and its slots in the list. */
struct shift_hour {
	nsec from;
	nsec rtt_min;
	uint64_t answered;
};

struct shift_search {
	const struct leveled *slots;
	size_t slot_count;
	struct shift_hour *hours; /* those with enough answers */
	size_t count;
	size_t capacity;
	nsec *sorted; /* room to sort as many */
	struct shift *found;
	size_t found_count;
	size_t found_capacity;
};

/* Hours from..middle−1 against middle..until−1. */
struct split {
	size_t from;
	size_t middle;
	size_t until;
	nsec before;
	nsec after;
	size_t astray; /* nearer to the other side's level */
};

static void gather_hours(struct shift_search *search)
{
	struct shift_hour *last = NULL;

	for (size_t i = 0; i < search->slot_count; i++) {
		const struct leveled *slot = &search->slots[i];
		nsec hour = nsec_floor(slot->from, NSEC_PER_HOUR);
		if (slot->rtt_min == NSEC_UNDEFINED)
			continue;
		if (last == NULL || last->from != hour) {
			/* Too few answers tell no level: the next hour takes its place. */
			if (last != NULL && last->answered < SHIFT_PACKETS)
				search->count--;
			search->hours = must_grow(search->hours, search->count, &search->capacity,
						  sizeof(*search->hours));
			last = &search->hours[search->count++];
			*last = (struct shift_hour){hour, slot->rtt_min, 0};
		}
		if (slot->rtt_min < last->rtt_min)
			last->rtt_min = slot->rtt_min;
		last->answered += slot->sent - slot->lost;
	}
	if (last != NULL && last->answered < SHIFT_PACKETS)
		search->count--;
}

static int compare_nsec(const void *a, const void *b)
{
	const nsec *x = a;
	const nsec *y = b;

	return (*x > *y) - (*x < *y);
}

/* The value at a share of the hours from..until−1 in the order of their round trips. */
static nsec value_at(struct shift_search *search, size_t from, size_t until, double share)
{
	size_t count = until - from;

	for (size_t i = 0; i < count; i++)
		search->sorted[i] = search->hours[from + i].rtt_min;
	qsort(search->sorted, count, sizeof(*search->sorted), compare_nsec);
	return search->sorted[(size_t)(share * (double)(count - 1))];
}

static bool is_step(nsec a, nsec b)
{
	nsec lower = a < b ? a : b;
	nsec step = a < b ? b - a : a - b;

	return step >= SHIFT_STEP && (double)step >= SHIFT_SHARE * (double)lower;
}

/* Hours of [from, until) that lie on the far side of the middle between the levels. */
static size_t count_astray(const struct shift_search *search, const struct split *split,
			   size_t from, size_t until)
{
	nsec middle = split->before + (split->after - split->before) / 2;
	bool rises = split->after > split->before;
	size_t high = 0;

	for (size_t i = from; i < until; i++)
		high += search->hours[i].rtt_min > middle;
	bool should_be_high = (from == split->middle) == rises;
	return should_be_high ? until - from - high : high;
}

static bool is_apart(size_t astray, size_t count)
{
	return 100 * (count - astray) >= SHIFT_APART * count;
}

/* Whether the level shifts between the hours middle − 1 and middle. */
static bool try_split(struct shift_search *search, size_t middle, struct split *out)
{
	const struct shift_hour *hours = search->hours;
	struct split split = {.from = middle, .middle = middle, .until = middle};
	nsec at = hours[middle].from;

	while (split.from > 0 && hours[split.from - 1].from >= at - SHIFT_SPAN)
		split.from--;
	while (split.until < search->count && hours[split.until].from < at + SHIFT_SPAN)
		split.until++;
	if (middle - split.from < SHIFT_HOURS || split.until - middle < SHIFT_HOURS)
		return false;
	split.before = value_at(search, split.from, middle, 0.5);
	split.after = value_at(search, middle, split.until, 0.5);
	if (!is_step(split.before, split.after))
		return false;
	size_t early = count_astray(search, &split, split.from, middle);
	size_t late = count_astray(search, &split, middle, split.until);
	split.astray = early + late;
	*out = split;
	return is_apart(early, middle - split.from) && is_apart(late, split.until - middle);
}

/* Of all ways to cut the slots around the hour in two the one that leaves the fewest astray. */
static nsec find_moment(const struct shift_search *search, const struct split *split)
{
	nsec middle = split->before + (split->after - split->before) / 2;
	bool rises = split->after > split->before;
	nsec hour = search->hours[split->middle].from;
	nsec from = search->hours[split->middle - 1].from;
	nsec best_at = hour;
	long score = 0;
	long best = 0;
	bool first = true;

	for (size_t i = 0; i < search->slot_count; i++) {
		const struct leveled *slot = &search->slots[i];
		if (slot->from < from || slot->from >= hour + NSEC_PER_HOUR ||
		    slot->rtt_min == NSEC_UNDEFINED)
			continue;
		if (first || score > best) {
			best = score;
			best_at = slot->from;
		}
		first = false;
		score += (slot->rtt_min > middle) == rises ? -1 : 1;
	}
	return best_at;
}

static struct shift_side side_of(const struct shift_search *search, nsec level, struct period span)
{
	struct shift_side side = {.level = level};

	for (size_t i = 0; i < search->slot_count; i++) {
		const struct leveled *slot = &search->slots[i];
		if (slot->from < span.from || slot->from >= span.until)
			continue;
		side.sent += slot->sent;
		side.lost += slot->lost;
	}
	return side;
}

static void add_shift(struct shift_search *search, const struct split *split)
{
	struct shift shift = {.at = find_moment(search, split)};

	shift.before =
		side_of(search, split->before, (struct period){shift.at - SHIFT_SPAN, shift.at});
	shift.after =
		side_of(search, split->after, (struct period){shift.at, shift.at + SHIFT_SPAN});
	shift.before.hours = (uint32_t)(split->middle - split->from);
	shift.after.hours = (uint32_t)(split->until - split->middle);
	search->found = must_grow(search->found, search->found_count, &search->found_capacity,
				  sizeof(*search->found));
	search->found[search->found_count++] = shift;
}

/* Most paths have one level, which is seen at once: a level of SHIFT_HOURS and more is beyond the
 * outermost fiftieth of a month's hours. */
static bool may_shift(struct shift_search *search)
{
	return is_step(value_at(search, 0, search->count, 0.02),
		       value_at(search, 0, search->count, 0.98));
}

/* Around a shift many cuts pass; the one that leaves the fewest hours astray is it. */
static void search_splits(struct shift_search *search)
{
	struct split best = {0};
	bool running = false;

	for (size_t i = SHIFT_HOURS; i + SHIFT_HOURS <= search->count; i++) {
		struct split split;
		bool passes = try_split(search, i, &split);
		if (passes && (!running || split.astray < best.astray))
			best = split;
		if (running && !passes)
			add_shift(search, &best);
		running = passes;
	}
	if (running)
		add_shift(search, &best);
}

void shifts_find(const struct leveled *slots, size_t count, struct shift **out, size_t *found)
{
	struct shift_search search = {.slots = slots, .slot_count = count};

	gather_hours(&search);
	if (search.count >= 2 * SHIFT_HOURS) {
		search.sorted = must_calloc(search.count, sizeof(*search.sorted));
		if (may_shift(&search))
			search_splits(&search);
	}
	free(search.sorted);
	free(search.hours);
	*out = search.found;
	*found = search.found_count;
}
