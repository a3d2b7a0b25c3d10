/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of the chapter of outages: what happened to the ways of the paths that are traced. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t count_events(const struct assessment *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++)
			count += a->sites[i].path[f].event_count;
	}
	return count;
}

/* The last hop that answered. */
static const char *last_hop(const char *hops)
{
	const char *space = strrchr(hops, ' ');

	return space == NULL ? hops : space + 1;
}

static void add_event(struct monthly *m, size_t site, enum family family,
		      const struct path_event *event)
{
	static const enum text_id words[PATH_EVENT_KINDS] = {
		[PATH_ROUTE_CHANGED] = TEXT_PATHS_ROUTE,
		[PATH_BLACK_HOLE] = TEXT_PATHS_BLACK_HOLE,
		[PATH_OUTAGE_TRACED] = TEXT_PATHS_OUTAGE,
	};
	const char *before = event->before;
	const char *after = event->after;

	if (event->kind >= PATH_EVENT_KINDS)
		return;
	if (event->kind == PATH_BLACK_HOLE) {
		before = PHRASE(m, TEXT_PATHS_CARRIED, before);
		after = PHRASE(m, TEXT_PATHS_VANISHED, after);
	} else if (event->kind == PATH_OUTAGE_TRACED) {
		before = "–";
		after = *after == '\0' ? word(m, TEXT_PATHS_NO_HOP) : last_hop(after);
	}
	doc_row(m->doc, (struct value[]){
				value_site(m, site),
				value_text(say_family(family)),
				value_text(word(m, words[event->kind])),
				value_time(event->since),
				value_time(event->at),
				value_text(before),
				value_text(after),
			});
}

void add_path_events(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"what", word(m, TEXT_PATHS_WHAT), ALIGN_START},
		{"since", word(m, TEXT_PATHS_SINCE), ALIGN_START},
		{"at", word(m, TEXT_PATHS_AT), ALIGN_START},
		{"before", word(m, TEXT_PATHS_BEFORE), ALIGN_START},
		{"after", word(m, TEXT_PATHS_AFTER), ALIGN_START},
	};

	if (count_events(a) == 0)
		return;
	doc_table(m->doc, "paths", word(m, TEXT_PATHS_TABLE), columns, COUNT(columns));
	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
			const struct path *path = &a->sites[i].path[f];
			for (size_t k = 0; k < path->event_count; k++)
				add_event(m, i, f, &path->events[k]);
		}
	}
	doc_note(m->doc, word(m, TEXT_PATHS_NOTE));
}
