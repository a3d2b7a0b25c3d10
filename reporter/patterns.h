/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns are what the paths of an organisation have in common beyond single outages: hours that
 * are bad again and again, a level of delay that shifted, addresses that never answered, probe
 * packets that a router limits. */
#ifndef NETGRADE_REPORTER_PATTERNS_H
#define NETGRADE_REPORTER_PATTERNS_H

#include "reporter/assessment.h"

/* A path of a pattern, and which of its recurring hours or shifts it is. */
struct pattern_path {
	size_t assessed;
	enum family family;
	size_t index;
	size_t pattern; /* of its kind */
};

enum pattern_kind {
	PATTERN_RECURRING,
	PATTERN_SHIFT,
	PATTERN_SILENT,
	PATTERN_LIMITED,
	PATTERN_KINDS
};

struct pattern {
	size_t organisation;
	enum family family;   /* of what never answered */
	struct period period; /* first bad hour to last; the shifts; first slot asked to the end;
			       * first slot limited to the last */
	nsec limited;	      /* time of its paths, together */
	/* Of recurring hours the widest run; days and bad days of the path that has most. */
	struct recurring recurring;
	struct shift shift; /* its levels are those of the path in the middle, packets are summed */
	size_t paths;
	size_t of_paths; /* that the organisation has, of what never answered in the family */
	size_t first;	 /* of its paths in the list; there are as many as paths, or more */
	size_t count;
};

struct patterns {
	struct pattern *items; /* in the order of the organisations, then of time */
	size_t count;
	struct pattern_path *paths;
	size_t path_count;
};

/* Those of one kind; patterns_finish frees. */
void patterns_make(const struct assessment *assessment, enum pattern_kind kind,
		   struct patterns *out);
void patterns_finish(struct patterns *patterns);

/* What a path of a pattern has. */
const struct path *pattern_path(const struct assessment *assessment,
				const struct pattern_path *member);
const struct recurring *pattern_recurring(const struct assessment *assessment,
					  const struct pattern_path *member);
const struct shift *pattern_shift(const struct assessment *assessment,
				  const struct pattern_path *member);

#endif
