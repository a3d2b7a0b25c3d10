/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What visits of pages took, phase by phase, and how they failed: each way once for a page, with
 * what was said of the first of them. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct failure {
	const struct service *service;
	const struct end_sighting *first;
	uint64_t visits;
	nsec last_seen;
};

struct failures {
	struct failure *items;
	size_t count;
	size_t capacity;
};

static bool same_way(const struct end_sighting *a, const struct end_sighting *b)
{
	return a->end == b->end && a->cause == b->cause && a->status == b->status;
}

static void take_end(struct failures *failures, const struct service *service,
		     const struct end_sighting *end)
{
	size_t i = 0;

	while (i < failures->count &&
	       (failures->items[i].service != service || !same_way(failures->items[i].first, end)))
		i++;
	if (i == failures->count) {
		failures->items = must_grow(failures->items, failures->count, &failures->capacity,
					    sizeof(*failures->items));
		failures->items[failures->count++] = (struct failure){service, end, 0, 0};
	}
	failures->items[i].visits += end->visits;
	failures->items[i].last_seen = end->last_seen;
}

static struct failures gather(const struct services *services)
{
	struct failures failures = {0};

	for (size_t i = 0; i < services->count; i++) {
		const struct path *path = &services->items[i].path;
		for (size_t k = 0; k < path->end_count; k++) {
			if (path->ends[k].end != VISIT_OPEN)
				take_end(&failures, &services->items[i], &path->ends[k]);
		}
	}
	return failures;
}

static int compare_failures(const void *a, const void *b)
{
	const struct failure *x = a;
	const struct failure *y = b;

	if (x->visits != y->visits)
		return x->visits > y->visits ? -1 : 1;
	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static const char *say_way(const struct monthly *m, const struct end_sighting *end)
{
	static const enum text_id causes[LOSS_CAUSES] = {
		[LOSS_UNTOLD] = TEXT_VISIT_UNTOLD,
		[LOSS_REFUSED] = TEXT_VISIT_REFUSED,
		[LOSS_UNREACHABLE] = TEXT_VISIT_UNREACHABLE,
		[LOSS_FILTERED] = TEXT_VISIT_FILTERED,
		[LOSS_NEIGHBOUR] = TEXT_VISIT_NEIGHBOUR,
		[LOSS_FAILURE] = TEXT_VISIT_UNTOLD,
		[LOSS_WRONG] = TEXT_VISIT_UNTOLD,
		[LOSS_MALFORMED] = TEXT_VISIT_UNTOLD,
		[LOSS_NAME] = TEXT_VISIT_NAME,
		[LOSS_TLS] = TEXT_VISIT_TLS,
		[LOSS_STATUS] = TEXT_VISIT_STATUS,
		[LOSS_TEXT] = TEXT_VISIT_TEXT,
		[LOSS_BOUNDS] = TEXT_VISIT_BOUNDS,
		[LOSS_BLOCKED] = TEXT_VISIT_BLOCKED,
	};

	if (end->end == VISIT_TIMED_OUT)
		return word(m, TEXT_VISIT_TIMED_OUT);
	return word(m, end->end == VISIT_NOT_MADE ? TEXT_VISIT_NOT_MADE : causes[end->cause]);
}

static void add_failure_row(struct monthly *m, const struct failure *failure)
{
	const struct end_sighting *first = failure->first;

	doc_row(m->doc, (struct value[]){
				value_site(m, failure->service->assessed),
				value_text(say_family(failure->service->family)),
				value_text(say_way(m, first)),
				first->status == 0 ? value_text("–") : value_count(first->status),
				value_count(failure->visits),
				value_time(first->from),
				value_time(failure->last_seen),
				value_text(first->reason),
			});
}

/* --- where the time goes --- */

struct phases {
	uint64_t visits;
	struct phase_sum of[VISIT_PHASES];
};

static struct phases phases_of(const struct path *path)
{
	struct phases all = {0};

	for (size_t i = 0; i < path->end_count; i++) {
		const struct end_sighting *end = &path->ends[i];
		if (end->end != VISIT_OPEN)
			continue;
		all.visits += end->visits;
		for (int p = 0; p < VISIT_PHASES; p++) {
			all.of[p].visits += end->phase[p].visits;
			all.of[p].sum += end->phase[p].sum;
			if (end->phase[p].most > all.of[p].most)
				all.of[p].most = end->phase[p].most;
		}
	}
	return all;
}

static struct value value_mean(const struct phase_sum *phase)
{
	double sum = (double)phase->sum / NSEC_PER_MSEC;

	return value_milliseconds(phase->visits == 0 ? (double)NAN : sum / (double)phase->visits);
}

static void add_phase_row(struct monthly *m, const struct service *service)
{
	const struct phases phases = phases_of(&service->path);
	const struct phase_sum *total = &phases.of[VISIT_TOTAL];

	if (phases.visits == 0)
		return;
	doc_row(m->doc,
		(struct value[]){
			value_site(m, service->assessed),
			value_text(say_family(service->family)),
			value_count(phases.visits),
			value_mean(&phases.of[VISIT_NAME]),
			value_mean(&phases.of[VISIT_CONNECT]),
			value_mean(&phases.of[VISIT_TLS]),
			value_mean(&phases.of[VISIT_FIRST_BYTE]),
			value_mean(total),
			value_milliseconds(total->visits == 0 ? (double)NAN
							      : facts_milliseconds(total->most)),
		});
}

static size_t count_opened(const struct services *services)
{
	size_t count = 0;

	for (size_t i = 0; i < services->count; i++)
		count += phases_of(&services->items[i].path).visits > 0;
	return count;
}

static void add_phases(struct monthly *m)
{
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"visits", word(m, TEXT_VISIT_OPENED), ALIGN_END},
		{"name", word(m, TEXT_VISIT_PHASE_NAME), ALIGN_END},
		{"connect", word(m, TEXT_VISIT_PHASE_CONNECT), ALIGN_END},
		{"tls", word(m, TEXT_VISIT_PHASE_TLS), ALIGN_END},
		{"first_byte", word(m, TEXT_VISIT_PHASE_FIRST_BYTE), ALIGN_END},
		{"total", word(m, TEXT_VISIT_PHASE_TOTAL), ALIGN_END},
		{"most", word(m, TEXT_VISIT_MOST), ALIGN_END},
	};
	const struct services *services = m->services;
	size_t count = count_opened(services);

	if (count == 0)
		return;
	doc_table(m->doc, "phases", word(m, TEXT_VISIT_PHASES), columns, COUNT(columns));
	for (size_t i = 0, told = 0; i < services->count && told < TABLE_BOUNDED; i++) {
		told += phases_of(&services->items[i].path).visits > 0;
		add_phase_row(m, &services->items[i]);
	}
	if (count > TABLE_BOUNDED)
		doc_note(m->doc, PHRASE(m, TEXT_VISIT_BOUNDED, say_count(m, TABLE_BOUNDED),
					say_count(m, count)));
	doc_note(m->doc, word(m, TEXT_VISIT_PHASES_NOTE));
}

/* --- how they failed --- */

static void add_failures(struct monthly *m)
{
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"cause", word(m, TEXT_VISIT_CAUSE), ALIGN_START},
		{"status", word(m, TEXT_VISIT_CODE), ALIGN_END},
		{"visits", word(m, TEXT_WEBSITE_VISITS), ALIGN_END},
		{"from", word(m, TEXT_VISIT_FROM), ALIGN_START},
		{"last", word(m, TEXT_VISIT_LAST), ALIGN_START},
		{"reason", word(m, TEXT_VISIT_REASON), ALIGN_START},
	};
	struct failures failures = gather(m->services);

	if (failures.count > 0) {
		qsort(failures.items, failures.count, sizeof(*failures.items), compare_failures);
		doc_table(m->doc, "visits", word(m, TEXT_VISIT_TABLE), columns, COUNT(columns));
	}
	for (size_t i = 0; i < failures.count && i < TABLE_BOUNDED; i++)
		add_failure_row(m, &failures.items[i]);
	if (failures.count > TABLE_BOUNDED)
		doc_note(m->doc, PHRASE(m, TEXT_VISIT_BOUNDED, say_count(m, TABLE_BOUNDED),
					say_count(m, failures.count)));
	if (failures.count > 0)
		doc_note(m->doc, word(m, TEXT_VISIT_NOTE));
	free(failures.items);
}

void add_visits(struct monthly *m)
{
	add_phases(m);
	add_failures(m);
}
