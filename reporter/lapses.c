/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/lapses.h"

#include "reporter/gathering.h"
#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

struct gathering {
	struct gathered *items; /* by path: index; by agent and reason */
	size_t count;
	size_t capacity;
};

static void add_path(struct gathering *gathering, size_t agent, size_t index,
		     const struct path *path)
{
	for (size_t i = 0; i < path->traits.unknown_count; i++) {
		const struct stretch *stretch = &path->traits.unknown[i];
		gathering->items = must_grow(gathering->items, gathering->count,
					     &gathering->capacity, sizeof(*gathering->items));
		gathering->items[gathering->count++] = (struct gathered){
			.owner = agent,
			.kind = stretch->why,
			.period = {stretch->from, stretch->until},
			.slack = GATHERING_SLOTS * path->series.interval,
			.index = index,
		};
	}
}

static size_t count_paths(const struct assessment *a, size_t agent)
{
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		if (assessment_site(a, i)->scored_agent != agent)
			continue;
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			count += a->sites[i].path[f].state >= PATH_NOT_COMMISSIONED;
	}
	return count;
}

static void list_stretches(const struct assessment *a, struct gathering *gathering)
{
	for (size_t i = 0; i < a->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			add_path(gathering, assessment_site(a, i)->scored_agent,
				 i * FAMILY_COUNT + f, &a->sites[i].path[f]);
	}
}

static void widen(struct period *period, struct period by)
{
	if (period->from == period->until)
		*period = by;
	if (by.from < period->from)
		period->from = by.from;
	if (by.until > period->until)
		period->until = by.until;
}

/* What the agent told of its own about that time. */
static struct period find_cut_off(const struct assessment *a, const struct lapse *lapse)
{
	struct period found = {0, 0};

	for (size_t i = 0; i < a->cut_off_count && lapse->why == UNKNOWN_ISOLATED; i++) {
		const struct cut_off *cut_off = &a->cut_offs[i];
		if (strcmp(cut_off->agent, a->config->agents[lapse->agent].name) == 0 &&
		    cut_off->period.from < lapse->period.until &&
		    cut_off->period.until > lapse->period.from)
			widen(&found, cut_off->period);
	}
	return found;
}

static int compare_lapses(const void *a, const void *b)
{
	const struct lapse *x = a;
	const struct lapse *y = b;

	if (x->period.from != y->period.from)
		return x->period.from < y->period.from ? -1 : 1;
	if (x->agent != y->agent)
		return x->agent < y->agent ? -1 : 1;
	if (x->why != y->why)
		return x->why < y->why ? -1 : 1;
	return (x->period.until > y->period.until) - (x->period.until < y->period.until);
}

/* The stretches of a group are those of different paths, or of one path twice in a short time. */
static void fill_lapses(const struct assessment *a, const struct gathering *gathering,
			struct lapses *lapses)
{
	size_t *last = must_calloc(a->site_count * FAMILY_COUNT, sizeof(*last));

	for (size_t i = 0; i < gathering->count; i++) {
		const struct gathered *item = &gathering->items[i];
		struct lapse *lapse = &lapses->items[item->group];
		lapse->agent = item->owner;
		lapse->why = (enum unknown_reason)item->kind;
		widen(&lapse->period, item->period);
		lapse->paths += last[item->index] != item->group + 1;
		last[item->index] = item->group + 1;
	}
	free(last);
	for (size_t i = 0; i < lapses->count; i++) {
		struct lapse *lapse = &lapses->items[i];
		if (lapse->period.until > a->period.passed.until)
			lapse->period.until = a->period.passed.until;
		lapse->whole = lapse->paths == count_paths(a, lapse->agent);
		lapse->cut_off = find_cut_off(a, lapse);
	}
}

void lapses_make(const struct assessment *assessment, struct lapses *out)
{
	struct gathering gathering = {0};
	struct lapses lapses = {0};

	list_stretches(assessment, &gathering);
	lapses.count = gathering_make(gathering.items, gathering.count);
	lapses.items = must_calloc(lapses.count, sizeof(*lapses.items));
	fill_lapses(assessment, &gathering, &lapses);
	if (lapses.count > 0)
		qsort(lapses.items, lapses.count, sizeof(*lapses.items), compare_lapses);
	free(gathering.items);
	*out = lapses;
}

void lapses_finish(struct lapses *lapses)
{
	free(lapses->items);
	*lapses = (struct lapses){0};
}
