/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/events.h"

#include "reporter/gathering.h"
#include "reporter/text/must.h"

#include <stdlib.h>

struct gathering {
	const struct assessment *assessment;
	struct event_outage *outages;
	size_t count;
	size_t capacity;
};

static bool is_recurring(const struct path *path, const struct outage *outage)
{
	struct period period = {outage->from, outage->until};

	for (size_t i = 0; i < path->traits.recurring_count && !outage->open; i++) {
		if (recurring_holds(&path->traits.recurring[i], period))
			return true;
	}
	return false;
}

static void list_outages(struct gathering *gathering)
{
	const struct assessment *a = gathering->assessment;

	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
			const struct path *path = &a->sites[i].path[f];
			const struct facts *facts = &path->facts;
			for (size_t k = 0; k < facts->outage_count; k++) {
				gathering->outages = must_grow(gathering->outages, gathering->count,
							       &gathering->capacity,
							       sizeof(*gathering->outages));
				gathering->outages[gathering->count++] = (struct event_outage){
					.assessed = i,
					.family = f,
					.outage = &facts->outages[k],
					.recurring = is_recurring(path, &facts->outages[k]),
				};
			}
		}
	}
}

static struct period period_of(const struct assessment *a, const struct outage *outage)
{
	return (struct period){outage->from, outage->open ? a->period.passed.until : outage->until};
}

/* Outages that recur are not taken together with others. */
static struct gathered *to_gather(const struct gathering *gathering)
{
	const struct assessment *a = gathering->assessment;
	struct gathered *items = must_calloc(gathering->count, sizeof(*items));

	for (size_t i = 0; i < gathering->count; i++) {
		const struct event_outage *outage = &gathering->outages[i];
		const struct path *path = &a->sites[outage->assessed].path[outage->family];
		items[i] = (struct gathered){
			.owner = assessment_site(a, outage->assessed)->organisation,
			.kind = outage->recurring,
			.period = period_of(a, outage->outage),
			.slack = GATHERING_SLOTS * path->series.interval,
			.index = i,
		};
	}
	return items;
}

static void add_outage(const struct assessment *a, struct event *event,
		       const struct event_outage *outage)
{
	struct period period = period_of(a, outage->outage);

	if (event->count == 0)
		event->period = period;
	if (period.from < event->period.from)
		event->period.from = period.from;
	if (period.until > event->period.until)
		event->period.until = period.until;
	event->before |= outage->outage->before;
	event->open |= outage->outage->open;
	event->total += outage->outage->within;
	if (outage->outage->within > event->longest)
		event->longest = outage->outage->within;
	event->count++;
}

/* Outages of an event are in the order of sites and families but for their times. */
static void count_paths(const struct events *events, struct event *event)
{
	for (size_t i = event->first; i < event->first + event->count; i++) {
		const struct event_outage *outage = &events->outages[i];
		bool same_path = false;
		bool same_site = false;
		for (size_t k = event->first; k < i; k++) {
			const struct event_outage *other = &events->outages[k];
			same_site |= other->assessed == outage->assessed;
			same_path |= other->assessed == outage->assessed &&
				     other->family == outage->family;
		}
		event->paths += !same_path;
		event->sites += !same_site;
	}
}

static size_t count_in_service(const struct assessment *a, size_t organisation)
{
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		if (assessment_site(a, i)->organisation != organisation)
			continue;
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			count += a->sites[i].path[f].state == PATH_MEASURED;
	}
	return count;
}

static bool overlaps(struct period a, struct period b)
{
	return a.from < b.until && b.from < a.until;
}

/* A window that was announced for it and does not count: bad slots in one that does are planned. */
static const struct window_entry *
find_window(const struct assessment *a, const struct events *events, const struct event *event)
{
	const struct event_outage *outage = &events->outages[event->first];

	for (size_t i = 0; i < a->windows.count; i++) {
		const struct window_entry *entry = &a->windows.items[i];
		if (overlaps(window_standing(&entry->window), event->period) &&
		    path_covered(a->config, a->sites[outage->assessed].site, entry))
			return entry;
	}
	return NULL;
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a;
	const struct event *y = b;

	if (x->period.from != y->period.from)
		return x->period.from < y->period.from ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static void fill_events(const struct gathering *gathering, const struct gathered *items,
			struct events *events)
{
	const struct assessment *a = gathering->assessment;

	for (size_t i = 0; i < gathering->count; i++) {
		const struct event_outage *outage = &gathering->outages[items[i].index];
		struct event *event = &events->items[items[i].group];
		if (event->count == 0) {
			event->first = i;
			event->organisation = items[i].owner;
			event->recurring = outage->recurring;
		}
		events->outages[i] = *outage;
		add_outage(a, event, outage);
	}
}

static bool is_short(const struct event *event)
{
	return event->longest < EVENTS_SHORT && !event->recurring && !event->open &&
	       event->window == NULL;
}

static void mark_scattered(const struct assessment *a, struct events *events)
{
	size_t *counts = must_calloc(a->config->organisation_count, sizeof(*counts));

	for (size_t i = 0; i < events->count; i++)
		counts[events->items[i].organisation] += is_short(&events->items[i]);
	for (size_t i = 0; i < events->count; i++) {
		struct event *event = &events->items[i];
		event->scattered =
			is_short(event) && counts[event->organisation] >= EVENTS_SCATTERED;
	}
	free(counts);
}

void events_make(const struct assessment *assessment, struct events *out)
{
	struct gathering gathering = {.assessment = assessment};
	struct events events = {0};

	list_outages(&gathering);
	struct gathered *items = to_gather(&gathering);
	events.count = gathering_make(items, gathering.count);
	events.outage_count = gathering.count;
	events.items = must_calloc(events.count, sizeof(*events.items));
	events.outages = must_calloc(gathering.count, sizeof(*events.outages));
	fill_events(&gathering, items, &events);
	for (size_t i = 0; i < events.count; i++) {
		struct event *event = &events.items[i];
		count_paths(&events, event);
		event->whole = event->paths > 1 &&
			       event->paths == count_in_service(assessment, event->organisation);
		event->window = find_window(assessment, &events, event);
	}
	mark_scattered(assessment, &events);
	if (events.count > 0)
		qsort(events.items, events.count, sizeof(*events.items), compare_events);
	for (size_t i = 0; i < events.count; i++) {
		for (size_t k = 0; k < events.items[i].count; k++)
			events.outages[events.items[i].first + k].event = i;
	}
	free(items);
	free(gathering.outages);
	*out = events;
}

void events_finish(struct events *events)
{
	free(events->items);
	free(events->outages);
	*events = (struct events){0};
}
