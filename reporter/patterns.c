/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/patterns.h"

#include "reporter/gathering.h"
#include "reporter/text/must.h"

#include <stdbool.h>
#include <stdlib.h>

struct gathering {
	const struct assessment *assessment;
	struct pattern_path *paths;
	struct gathered *items; /* index: into paths */
	size_t count;
	size_t path_capacity;
	size_t item_capacity;
};

const struct path *pattern_path(const struct assessment *assessment,
				const struct pattern_path *member)
{
	return &assessment->sites[member->assessed].path[member->family];
}

const struct recurring *pattern_recurring(const struct assessment *assessment,
					  const struct pattern_path *member)
{
	return &pattern_path(assessment, member)->traits.recurring[member->index];
}

const struct shift *pattern_shift(const struct assessment *assessment,
				  const struct pattern_path *member)
{
	return &pattern_path(assessment, member)->facts.shifts[member->index];
}

static void add_item(struct gathering *gathering, struct pattern_path member, struct gathered item)
{
	gathering->paths = must_grow(gathering->paths, gathering->count, &gathering->path_capacity,
				     sizeof(*gathering->paths));
	gathering->items = must_grow(gathering->items, gathering->count, &gathering->item_capacity,
				     sizeof(*gathering->items));
	item.owner = assessment_site(gathering->assessment, member.assessed)->organisation;
	item.index = gathering->count;
	gathering->paths[gathering->count] = member;
	gathering->items[gathering->count++] = item;
}

/* Runs of hours that begin and end within an hour of each other are one pattern. */
static void add_recurring(struct gathering *gathering, struct pattern_path member)
{
	const struct path *path = pattern_path(gathering->assessment, &member);

	for (; member.index < path->traits.recurring_count; member.index++) {
		const struct recurring *recurring = &path->traits.recurring[member.index];
		nsec from = recurring->from_hour * NSEC_PER_HOUR;
		struct gathered item = {
			.period = {from, from + recurring->hours * NSEC_PER_HOUR},
			.slack = NSEC_PER_HOUR,
		};
		add_item(gathering, member, item);
	}
}

/* Up and down are never one pattern. */
static void add_shifts(struct gathering *gathering, struct pattern_path member)
{
	const struct path *path = pattern_path(gathering->assessment, &member);

	for (; member.index < path->facts.shift_count; member.index++) {
		const struct shift *shift = &path->facts.shifts[member.index];
		struct gathered item = {
			.kind = shift->after.level > shift->before.level,
			.period = {shift->at, shift->at},
			.slack = GATHERING_SLOTS * path->series.interval,
		};
		add_item(gathering, member, item);
	}
}

static void add_silent(struct gathering *gathering, struct pattern_path member)
{
	const struct path *path = pattern_path(gathering->assessment, &member);
	struct gathered item = {.kind = member.family, .period = {0, 0}};

	if (path->state == PATH_NOT_COMMISSIONED)
		add_item(gathering, member, item);
}

static void add_limited(struct gathering *gathering, struct pattern_path member)
{
	const struct path *path = pattern_path(gathering->assessment, &member);

	if (path->facts.unknown[UNKNOWN_LIMITED] > 0)
		add_item(gathering, member, (struct gathered){.period = {0, 0}});
}

/* The list in the order of the groups, whose firsts and counts are set. */
static void share_paths(const struct gathering *gathering, struct patterns *patterns)
{
	for (size_t i = 0; i < gathering->count; i++) {
		const struct gathered *item = &gathering->items[i];
		struct pattern *pattern = &patterns->items[item->group];
		if (pattern->count == 0) {
			pattern->first = i;
			pattern->organisation = item->owner;
		}
		patterns->paths[i] = gathering->paths[item->index];
		patterns->paths[i].pattern = item->group;
		pattern->count++;
	}
}

static size_t count_paths(const struct patterns *patterns, const struct pattern *pattern)
{
	size_t count = 0;

	for (size_t i = pattern->first; i < pattern->first + pattern->count; i++) {
		const struct pattern_path *one = &patterns->paths[i];
		bool seen = false;
		for (size_t k = pattern->first; k < i; k++)
			seen |= patterns->paths[k].assessed == one->assessed &&
				patterns->paths[k].family == one->family;
		count += !seen;
	}
	return count;
}

static void take_hours(struct hours_taken *into, const struct hours_taken *from)
{
	if (from->p95 > into->p95)
		into->p95 = from->p95;
	into->sent += from->sent;
	into->lost += from->lost;
}

/* The widest run, from the earliest beginning to the latest end of any; the largest percentiles. */
static void sum_recurring(const struct assessment *a, const struct patterns *patterns,
			  struct pattern *pattern)
{
	struct recurring sum = *pattern_recurring(a, &patterns->paths[pattern->first]);

	for (size_t i = pattern->first + 1; i < pattern->first + pattern->count; i++) {
		const struct recurring *one = pattern_recurring(a, &patterns->paths[i]);
		int until = sum.from_hour + sum.hours;
		if (one->from_hour + one->hours > until)
			until = one->from_hour + one->hours;
		if (one->from_hour < sum.from_hour)
			sum.from_hour = one->from_hour;
		sum.hours = until - sum.from_hour < DAY_HOURS ? until - sum.from_hour : DAY_HOURS;
		if (one->bad_days > sum.bad_days) {
			sum.bad_days = one->bad_days;
			sum.days = one->days;
		}
		if (one->first < sum.first)
			sum.first = one->first;
		if (one->last > sum.last)
			sum.last = one->last;
		sum.bad_time += one->bad_time;
		take_hours(&sum.within, &one->within);
		take_hours(&sum.otherwise, &one->otherwise);
	}
	pattern->recurring = sum;
	pattern->period = (struct period){sum.first, sum.last};
}

static nsec step_of(const struct shift *shift)
{
	nsec step = shift->after.level - shift->before.level;

	return step < 0 ? -step : step;
}

static int compare_steps(const void *a, const void *b)
{
	nsec x = step_of(*(const struct shift *const *)a);
	nsec y = step_of(*(const struct shift *const *)b);

	return (x > y) - (x < y);
}

static void sum_shifts(const struct assessment *a, const struct patterns *patterns,
		       struct pattern *pattern)
{
	const struct shift **shifts = must_calloc(pattern->count, sizeof(*shifts));
	struct shift_side before = {0};
	struct shift_side after = {0};

	for (size_t i = 0; i < pattern->count; i++) {
		shifts[i] = pattern_shift(a, &patterns->paths[pattern->first + i]);
		before.sent += shifts[i]->before.sent;
		before.lost += shifts[i]->before.lost;
		after.sent += shifts[i]->after.sent;
		after.lost += shifts[i]->after.lost;
	}
	pattern->period = (struct period){shifts[0]->at, shifts[pattern->count - 1]->at};
	qsort(shifts, pattern->count, sizeof(*shifts), compare_steps);
	pattern->shift = *shifts[pattern->count / 2];
	pattern->shift.at = pattern->period.from;
	pattern->shift.before.sent = before.sent;
	pattern->shift.before.lost = before.lost;
	pattern->shift.after.sent = after.sent;
	pattern->shift.after.lost = after.lost;
	free(shifts);
}

static void sum_silent(const struct assessment *a, const struct patterns *patterns,
		       struct pattern *pattern)
{
	pattern->family = patterns->paths[pattern->first].family;
	pattern->period = (struct period){NSEC_INFINITE, a->period.passed.until};
	for (size_t i = pattern->first; i < pattern->first + pattern->count; i++) {
		nsec first = pattern_path(a, &patterns->paths[i])->series.first_slot;
		if (first != NSEC_UNDEFINED && first < pattern->period.from)
			pattern->period.from = first;
	}
	for (size_t i = 0; i < a->site_count; i++)
		pattern->of_paths += assessment_site(a, i)->organisation == pattern->organisation &&
				     a->sites[i].path[pattern->family].state != PATH_NOT_CONFIGURED;
}

static void sum_limited(const struct assessment *a, const struct patterns *patterns,
			struct pattern *pattern)
{
	pattern->period = (struct period){NSEC_INFINITE, NSEC_UNDEFINED};
	for (size_t i = pattern->first; i < pattern->first + pattern->count; i++) {
		const struct path *path = pattern_path(a, &patterns->paths[i]);
		pattern->limited += path->facts.unknown_time[UNKNOWN_LIMITED];
		if (path->traits.limited.from < pattern->period.from)
			pattern->period.from = path->traits.limited.from;
		if (path->traits.limited.until > pattern->period.until)
			pattern->period.until = path->traits.limited.until;
	}
}

static const struct {
	void (*list)(struct gathering *gathering, struct pattern_path member);
	void (*sum)(const struct assessment *a, const struct patterns *patterns,
		    struct pattern *pattern);
} kinds[PATTERN_KINDS] = {
	[PATTERN_RECURRING] = {add_recurring, sum_recurring},
	[PATTERN_SHIFT] = {add_shifts, sum_shifts},
	[PATTERN_SILENT] = {add_silent, sum_silent},
	[PATTERN_LIMITED] = {add_limited, sum_limited},
};

void patterns_make(const struct assessment *assessment, enum pattern_kind kind,
		   struct patterns *out)
{
	struct gathering gathering = {.assessment = assessment};
	struct patterns patterns = {0};

	for (size_t i = 0; i < assessment->site_count; i++) {
		for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++)
			kinds[kind].list(&gathering, (struct pattern_path){i, f, 0, 0});
	}
	patterns.count = gathering_make(gathering.items, gathering.count);
	patterns.path_count = gathering.count;
	patterns.items = must_calloc(patterns.count, sizeof(*patterns.items));
	patterns.paths = must_calloc(gathering.count, sizeof(*patterns.paths));
	share_paths(&gathering, &patterns);
	for (size_t i = 0; i < patterns.count; i++) {
		patterns.items[i].paths = count_paths(&patterns, &patterns.items[i]);
		kinds[kind].sum(assessment, &patterns, &patterns.items[i]);
	}
	free(gathering.paths);
	free(gathering.items);
	*out = patterns;
}

void patterns_finish(struct patterns *patterns)
{
	free(patterns->items);
	free(patterns->paths);
	*patterns = (struct patterns){0};
}
