/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events are outages that began and ended together on the paths of one organisation. */
#ifndef NETGRADE_REPORTER_EVENTS_H
#define NETGRADE_REPORTER_EVENTS_H

#include "reporter/assessment.h"

/* So many outages of an organisation that are shorter than this, do not recur and were not
 * announced are scattered: one finding. */
#define EVENTS_SHORT NSEC_PER_HOUR
enum { EVENTS_SCATTERED = 4 };

/* An outage of one path; those of an event stand together. */
struct event_outage {
	size_t assessed;
	enum family family;
	const struct outage *outage;
	size_t event;
	bool recurring; /* it lies in hours of the day that are bad again and again */
};

struct event {
	size_t organisation;
	struct period period; /* from the first beginning to the last end, or the period's */
	bool before;	      /* it began before the period */
	bool open;	      /* it was not over at the period's end */
	nsec longest;	      /* of its outages, in the period */
	nsec total;	      /* of all of them */
	size_t paths;
	size_t sites;
	bool whole;	/* all paths of the organisation that are in service */
	bool recurring; /* all of its outages are */
	bool scattered;
	const struct window_entry *window; /* announced over it, but not planned; NULL: none */
	size_t first;			   /* of its outages; there are as many as paths, or more */
	size_t count;
};

struct events {
	struct event *items; /* in the order of time */
	size_t count;
	struct event_outage *outages;
	size_t outage_count;
};

/* Points into the assessment; events_finish frees. */
void events_make(const struct assessment *assessment, struct events *out);
void events_finish(struct events *events);

#endif
