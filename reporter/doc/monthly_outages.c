/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chapter of outages and anomalies: outages by organisation and by path, and their repair. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/gathering.h"
#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { OUTAGES_SHOWN = 300 };

static int compare_order(const struct event_outage *x, const struct event_outage *y)
{
	if (x->assessed != y->assessed)
		return x->assessed < y->assessed ? -1 : 1;
	return (x->family > y->family) - (x->family < y->family);
}

static int compare_events(const void *a, const void *b)
{
	const struct event_outage *x = a;
	const struct event_outage *y = b;

	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	if (x->outage->from != y->outage->from)
		return x->outage->from < y->outage->from ? -1 : 1;
	return compare_order(x, y);
}

static int compare_lengths(const void *a, const void *b)
{
	const struct event_outage *x = a;
	const struct event_outage *y = b;

	if (x->outage->within != y->outage->within)
		return x->outage->within > y->outage->within ? -1 : 1;
	return compare_events(a, b);
}

static const char *say_remarks_of(struct monthly *m, const struct event_outage *listed)
{
	const struct outage *outage = listed->outage;
	const char *remarks = "";

	if (outage->before)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_BEFORE));
	if (outage->open)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_ONGOING));
	if (outage->unseen)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_UNSEEN));
	if (listed->recurring)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_RECURRING));
	return remarks;
}

static void add_outage_row(struct monthly *m, const struct event_outage *listed)
{
	const struct path *path = &m->assessment->sites[listed->assessed].path[listed->family];
	const struct outage *outage = listed->outage;
	const char *evidence = path->evidence[outage - path->facts.outages];

	doc_row(m->doc, (struct value[]){
				value_site(m, listed->assessed),
				value_text(say_family(listed->family)),
				value_count(listed->event + 1),
				value_time(outage->from),
				outage->open ? value_text(word(m, TEXT_OUTAGE_OPEN))
					     : value_time(outage->until),
				value_length(m, outage->length),
				value_length(m, outage->within),
				value_text(say_remarks_of(m, listed)),
				value_text(evidence != NULL ? evidence : ""),
			});
}

/* Those shown are the longest, in the order of time. */
static void add_outage_table(struct monthly *m)
{
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"event", word(m, TEXT_COLUMN_EVENT), ALIGN_END},
		{"start", word(m, TEXT_COLUMN_START), ALIGN_START},
		{"end", word(m, TEXT_COLUMN_END), ALIGN_START},
		{"duration", word(m, TEXT_COLUMN_DURATION), ALIGN_END},
		{"in_period", word(m, TEXT_COLUMN_IN_PERIOD), ALIGN_END},
		{"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
		{"evidence", word(m, TEXT_COLUMN_EVIDENCE_FILE), ALIGN_START},
	};
	const struct events *events = &m->findings->events;
	size_t count = events->outage_count;
	size_t shown = count < OUTAGES_SHOWN ? count : OUTAGES_SHOWN;
	struct event_outage *outages = must_calloc(count, sizeof(*outages));

	memcpy(outages, events->outages, count * sizeof(*outages));
	qsort(outages, count, sizeof(*outages), compare_lengths);
	qsort(outages, shown, sizeof(*outages), compare_events);
	doc_table(m->doc, "outages", word(m, TEXT_OUTAGE_TABLE), columns, COUNT(columns));
	for (size_t i = 0; i < shown; i++)
		add_outage_row(m, &outages[i]);
	if (shown < count)
		doc_note(m->doc,
			 PHRASE(m, TEXT_OUTAGE_BOUNDED, say_count(m, shown), say_count(m, count)));
	free(outages);
}

/* --- taken together --- */

static const char *say_event_remarks(struct monthly *m, const struct event *event)
{
	const char *remarks = "";

	if (event->whole)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_WHOLE));
	if (event->before)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_BEFORE));
	if (event->open)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_ONGOING));
	if (event->recurring)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_RECURRING));
	return say_listed(m, remarks, say_announced(m, event->window));
}

static void add_event_row(struct monthly *m, size_t index)
{
	const struct event *event = &m->findings->events.items[index];

	doc_row(m->doc, (struct value[]){
				value_count(index + 1),
				value_organisation(m, event->organisation),
				value_time(event->period.from),
				event->open ? value_text(word(m, TEXT_OUTAGE_OPEN))
					    : value_time(event->period.until),
				value_length(m, event->longest),
				value_count(event->sites),
				value_count(event->paths),
				value_text(say_event_remarks(m, event)),
			});
}

static void add_event_table(struct monthly *m)
{
	const struct column columns[] = {
		{"event", word(m, TEXT_COLUMN_EVENT), ALIGN_END},
		{"organisation", word(m, TEXT_COLUMN_ORGANISATION), ALIGN_START},
		{"start", word(m, TEXT_COLUMN_START), ALIGN_START},
		{"end", word(m, TEXT_COLUMN_END), ALIGN_START},
		{"in_period", word(m, TEXT_COLUMN_LONGEST), ALIGN_END},
		{"sites", word(m, TEXT_SUMMARY_MEMBERS), ALIGN_END},
		{"paths", word(m, TEXT_COLUMN_PATHS), ALIGN_END},
		{"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};
	size_t count = m->findings->events.count;
	size_t shown = count < OUTAGES_SHOWN ? count : OUTAGES_SHOWN;

	doc_table(m->doc, "events", word(m, TEXT_OUTAGE_EVENTS), columns, COUNT(columns));
	for (size_t i = 0; i < shown; i++)
		add_event_row(m, i);
	if (shown < count)
		doc_note(m->doc, PHRASE(m, TEXT_OUTAGE_EVENTS_BOUNDED, say_count(m, shown),
					say_count(m, count)));
	doc_note(m->doc, PHRASE(m, TEXT_OUTAGE_EVENTS_RULE, say_count(m, GATHERING_SLOTS)));
}

/* Count, time and mean time to repair of the sites that had outages. */
static void add_repair_table(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"outages", word(m, TEXT_SUMMARY_OUTAGES), ALIGN_END},
		{"in_period", word(m, TEXT_COLUMN_IN_PERIOD), ALIGN_END},
		{"mttr", word(m, TEXT_COLUMN_MTTR), ALIGN_END},
	};

	doc_table(m->doc, "repair", word(m, TEXT_OUTAGE_REPAIR), columns, COUNT(columns));
	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
			const struct facts *facts = &a->sites[i].path[f].facts;
			nsec within = 0;
			if (facts->outage_count == 0)
				continue;
			for (size_t k = 0; k < facts->outage_count; k++)
				within += facts->outages[k].within;
			doc_row(m->doc, (struct value[]){
						value_site(m, i),
						value_text(say_family(f)),
						value_count(facts->outage_count),
						value_length(m, within),
						value_length(m, facts->mean_repair),
					});
		}
	}
}

void add_outages(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	size_t count = m->findings->events.outage_count;

	doc_heading(m->doc, 1, word(m, TEXT_CHAPTER_OUTAGES), "outages");
	if (count == 0) {
		doc_text(m->doc, word(m, TEXT_OUTAGE_NONE));
	} else {
		add_event_table(m);
		add_outage_table(m);
		add_repair_table(m);
		doc_note(m->doc, PHRASE(m, TEXT_OUTAGE_FAMILIES, say_primary(m)));
	}
	add_path_events(m);
	doc_note(m->doc, PHRASE(m, TEXT_OUTAGE_RULE, say_count(m, a->profile->outage_slots),
				say_length(m, a->profile->outage_bridge_ns)));
}
