/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A week of visits says how often a website opened from one Monday to the next, and what the rule
 * for government websites makes of it: monitored for a week, with visits spread over the days, a
 * site fails as a whole when the share of visits that did not open in time reaches the rule's. */
#ifndef NETGRADE_REPORTER_WEEK_H
#define NETGRADE_REPORTER_WEEK_H

#include "collector/base/nsec.h"
#include "collector/metric/summary.h"
#include "config/profile.h"

#include <stddef.h>
#include <stdint.h>

struct week {
	struct period period; /* from Monday 0:00, local time, until the next */
	uint64_t
		visits; /* that opened or failed; in planned maintenance too: the rule knows none */
	uint64_t failed;     /* of them: the page was not there, whole, within the deadline */
	uint64_t unassessed; /* besides them: a page that only keeps agents out, or a visit not made
			      */
};

enum week_verdict { WEEK_NOT_JUDGED, WEEK_TOO_FEW, WEEK_MET, WEEK_VETOED };

/* Not judged where the rule is not given. */
enum week_verdict week_judge(const struct website_rule *rule, const struct week *week);

/* The weeks that end in a period: their Sunday's end lies after its start and not after its end.
 * The caller frees. */
struct week *weeks_of(struct period period, size_t *count);

/* Counts a slot in the week that it starts in. Slots that say nothing of the site, because the
 * agent was off or cut off or lost packets itself, are no visits. */
void weeks_add(struct week *weeks, size_t count, const struct summary *slot);

#endif
