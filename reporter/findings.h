/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings are what a reader must know of a period: what failed, what is bad again and again, what
 * changed, what never answered, what was planned, and where the measurement itself failed. */
#ifndef NETGRADE_REPORTER_FINDINGS_H
#define NETGRADE_REPORTER_FINDINGS_H

#include "reporter/assessment.h"
#include "reporter/events.h"
#include "reporter/lapses.h"
#include "reporter/patterns.h"

enum finding_kind {
	FINDING_OUTAGE,	   /* item: event */
	FINDING_SCATTERED, /* item: the first of an organisation's scattered events */
	FINDING_RECURRING, /* item: pattern of that kind, as the next three */
	FINDING_SHIFT,
	FINDING_SILENT,
	FINDING_LIMITED,
	FINDING_LAPSE,	/* item: lapse */
	FINDING_WINDOW, /* item: window; announced, and over a site of the assessment */
	FINDING_KINDS
};

struct finding {
	enum finding_kind kind;
	size_t item;
	double points; /* of the headline's 100 that went with it; 0 where it costs none */
	nsec weight;   /* which of those that cost the same comes first */
};

struct findings {
	const struct assessment *assessment;
	struct events events;
	struct lapses lapses;
	struct patterns patterns[PATTERN_KINDS];
	struct finding *items; /* most points first */
	size_t count;
};

/* Points into the assessment; findings_finish frees. */
void findings_make(const struct assessment *assessment, struct findings *out);
void findings_finish(struct findings *findings);

/* Up to most of them to be told first, in their order: of each kind the one that weighs most, then
 * the others. Indices; the caller frees. */
size_t *findings_choose(const struct findings *findings, size_t most, size_t *count);

const struct pattern *finding_pattern(const struct findings *findings,
				      const struct finding *finding);

#endif
