/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/findings.h"

#include "reporter/text/must.h"

#include <stdbool.h>
#include <stdlib.h>

/* What the headline lacks because of one site, by indicator; the last is the veto's. */
struct losses {
	double points[INDICATOR_COUNT + 1];
};

struct making {
	struct findings *findings;
	struct losses *losses; /* by assessed site */
	size_t capacity;
};

static void sum_losses(struct making *making)
{
	const struct assessment *a = making->findings->assessment;

	making->losses = must_calloc(a->site_count, sizeof(*making->losses));
	for (size_t i = 0; i < a->cause_count; i++) {
		const struct cause *cause = &a->causes[i];
		making->losses[cause->assessed].points[cause->indicator] += cause->points;
	}
}

static void add(struct making *making, struct finding finding)
{
	struct findings *findings = making->findings;

	findings->items = must_grow(findings->items, findings->count, &making->capacity,
				    sizeof(*findings->items));
	findings->items[findings->count++] = finding;
}

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static bool is_primary(const struct assessment *a, size_t assessed, enum family family)
{
	return assessment_site(a, assessed)->primary == family;
}

static bool is_longest(const struct facts *facts, const struct outage *outage)
{
	for (size_t i = 0; i < facts->outage_count; i++) {
		if (facts->outages[i].within > outage->within ||
		    (facts->outages[i].within == outage->within && &facts->outages[i] < outage))
			return false;
	}
	return true;
}

/* Its part of the unavailable time is its part of the points that this and the packets lost in it
 * cost; a veto goes with the longest outage. */
static double points_of_outage(const struct making *making, const struct event_outage *outage)
{
	const struct assessment *a = making->findings->assessment;
	const struct facts *facts = &a->sites[outage->assessed].path[outage->family].facts;
	const double *points = making->losses[outage->assessed].points;

	if (!is_primary(a, outage->assessed, outage->family))
		return 0;
	double part = share((double)outage->outage->within, (double)facts->time[VERDICT_BAD]);
	double lost = share((double)(facts->judged.lost - facts->available.lost),
			    (double)facts->judged.lost);
	double veto = is_longest(facts, outage->outage) ? points[INDICATOR_COUNT] : 0;
	return part * (points[INDICATOR_AVAILABILITY] + lost * points[INDICATOR_LOSS]) + veto;
}

static bool is_first_scattered(const struct events *events, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (events->items[i].scattered &&
		    events->items[i].organisation == events->items[index].organisation)
			return false;
	}
	return true;
}

static double points_of_event(const struct making *making, const struct event *event)
{
	double points = 0;

	for (size_t k = event->first; k < event->first + event->count; k++)
		points += points_of_outage(making, &making->findings->events.outages[k]);
	return points;
}

static void add_scattered(struct making *making, size_t first)
{
	const struct events *events = &making->findings->events;
	struct finding finding = {FINDING_SCATTERED, first, 0, 0};

	for (size_t i = first; i < events->count; i++) {
		const struct event *event = &events->items[i];
		if (!event->scattered || event->organisation != events->items[first].organisation)
			continue;
		finding.points += points_of_event(making, event);
		finding.weight += event->total;
	}
	add(making, finding);
}

static void add_events(struct making *making)
{
	const struct events *events = &making->findings->events;

	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];
		if (event->scattered && is_first_scattered(events, i))
			add_scattered(making, i);
		if (!event->recurring && !event->scattered)
			add(making, (struct finding){FINDING_OUTAGE, i,
						     points_of_event(making, event), event->total});
	}
}

/* Delay, variation, and its part of the packets lost and of the unavailable time. */
static double points_of_recurring(const struct making *making, const struct pattern_path *member)
{
	const struct assessment *a = making->findings->assessment;
	const struct facts *facts = &pattern_path(a, member)->facts;
	const struct recurring *recurring = pattern_recurring(a, member);
	const double *points = making->losses[member->assessed].points;

	if (!is_primary(a, member->assessed, member->family))
		return 0;
	double lost = share((double)recurring->within.lost, (double)facts->judged.lost);
	double bad = share((double)recurring->bad_time, (double)facts->time[VERDICT_BAD]);
	double delay = member->index == 0 ? points[INDICATOR_DELAY] + points[INDICATOR_PDV] : 0;
	return delay + lost * points[INDICATOR_LOSS] + bad * points[INDICATOR_AVAILABILITY];
}

/* What its delay costs where it rose and nothing recurs. */
static double points_of_shift(const struct making *making, const struct pattern_path *member)
{
	const struct assessment *a = making->findings->assessment;
	const struct shift *shift = pattern_shift(a, member);

	if (!is_primary(a, member->assessed, member->family) || member->index > 0 ||
	    shift->after.level < shift->before.level ||
	    pattern_path(a, member)->traits.recurring_count > 0)
		return 0;
	return making->losses[member->assessed].points[INDICATOR_DELAY];
}

static double points_of_none(const struct making *making, const struct pattern_path *member)
{
	(void)making;
	(void)member;
	return 0; /* never answered, or unknown: not scored */
}

static void add_patterns(struct making *making, enum pattern_kind kind)
{
	static double (*const points_of[PATTERN_KINDS])(const struct making *making,
							const struct pattern_path *member) = {
		[PATTERN_RECURRING] = points_of_recurring,
		[PATTERN_SHIFT] = points_of_shift,
		[PATTERN_SILENT] = points_of_none,
		[PATTERN_LIMITED] = points_of_none,
	};
	const struct patterns *patterns = &making->findings->patterns[kind];

	for (size_t i = 0; i < patterns->count; i++) {
		const struct pattern *pattern = &patterns->items[i];
		struct finding finding = {
			.kind = FINDING_RECURRING + (enum finding_kind)kind,
			.item = i,
			.weight = (nsec)pattern->paths * NSEC_PER_DAY,
		};
		for (size_t k = pattern->first; k < pattern->first + pattern->count; k++)
			finding.points += points_of[kind](making, &patterns->paths[k]);
		add(making, finding);
	}
}

static void add_lapses(struct making *making)
{
	const struct lapses *lapses = &making->findings->lapses;

	for (size_t i = 0; i < lapses->count; i++) {
		const struct lapse *lapse = &lapses->items[i];
		nsec length = lapse->period.until - lapse->period.from;
		add(making, (struct finding){FINDING_LAPSE, i, 0, length * (nsec)lapse->paths});
	}
}

/* Whether an event tells of the window already. */
static bool is_told(const struct findings *findings, const struct window_entry *entry)
{
	for (size_t i = 0; i < findings->events.count; i++) {
		if (findings->events.items[i].window == entry)
			return true;
	}
	return false;
}

static size_t count_covered(const struct assessment *a, const struct window_entry *entry)
{
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++)
		count += path_covered(a->config, a->sites[i].site, entry);
	return count;
}

static void add_windows(struct making *making)
{
	const struct assessment *a = making->findings->assessment;

	for (size_t i = 0; i < a->windows.count; i++) {
		const struct window_entry *entry = &a->windows.items[i];
		struct period standing = window_standing(&entry->window);
		if (standing.from >= standing.until || standing.from >= a->period.passed.until ||
		    standing.until <= a->period.passed.from || is_told(making->findings, entry) ||
		    count_covered(a, entry) == 0)
			continue;
		add(making, (struct finding){FINDING_WINDOW, i, 0, standing.until - standing.from});
	}
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a;
	const struct finding *y = b;

	if (x->points != y->points)
		return x->points > y->points ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

void findings_make(const struct assessment *assessment, struct findings *out)
{
	struct making making = {.findings = out};

	*out = (struct findings){.assessment = assessment};
	sum_losses(&making);
	events_make(assessment, &out->events);
	lapses_make(assessment, &out->lapses);
	add_events(&making);
	for (enum pattern_kind kind = 0; kind < PATTERN_KINDS; kind++) {
		patterns_make(assessment, kind, &out->patterns[kind]);
		add_patterns(&making, kind);
	}
	add_lapses(&making);
	add_windows(&making);
	if (out->count > 0)
		qsort(out->items, out->count, sizeof(*out->items), compare_findings);
	free(making.losses);
}

void findings_finish(struct findings *findings)
{
	events_finish(&findings->events);
	lapses_finish(&findings->lapses);
	for (size_t k = 0; k < PATTERN_KINDS; k++)
		patterns_finish(&findings->patterns[k]);
	free(findings->items);
	*findings = (struct findings){0};
}

size_t *findings_choose(const struct findings *findings, size_t most, size_t *count)
{
	bool *chosen = must_calloc(findings->count, sizeof(*chosen));
	size_t *out = must_calloc(most, sizeof(*out));
	bool kinds[FINDING_KINDS] = {0};
	size_t left = most;

	for (size_t i = 0; i < findings->count && left > 0; i++) {
		enum finding_kind kind = findings->items[i].kind;
		if (kinds[kind])
			continue;
		kinds[kind] = true;
		chosen[i] = true;
		left--;
	}
	for (size_t i = 0; i < findings->count && left > 0; i++) {
		left -= !chosen[i];
		chosen[i] = true;
	}
	*count = 0;
	for (size_t i = 0; i < findings->count; i++) {
		if (chosen[i])
			out[(*count)++] = i;
	}
	free(chosen);
	return out;
}

const struct pattern *finding_pattern(const struct findings *findings,
				      const struct finding *finding)
{
	const struct patterns *patterns = &findings->patterns[finding->kind - FINDING_RECURRING];

	return &patterns->items[finding->item];
}
