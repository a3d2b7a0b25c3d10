/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How visits of pages failed: each way once for a page, with what was said of the first of them. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

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

void add_visits(struct monthly *m)
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
