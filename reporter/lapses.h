/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lapses are times in which the measurement itself failed: an agent that was off, cut off, or could
 * not do its work, told from the slots that it left unknown. They cost no points. */
#ifndef NETGRADE_REPORTER_LAPSES_H
#define NETGRADE_REPORTER_LAPSES_H

#include "reporter/assessment.h"

struct lapse {
	size_t agent;
	enum unknown_reason why;
	struct period period; /* of the slots, cut at the period */
	size_t paths;
	bool whole;	       /* all paths of the agent */
	struct period cut_off; /* as the agent told it; empty where it told none */
};

struct lapses {
	struct lapse *items; /* in the order of time */
	size_t count;
};

/* lapses_finish frees. */
void lapses_make(const struct assessment *assessment, struct lapses *out);
void lapses_finish(struct lapses *lapses);

#endif
