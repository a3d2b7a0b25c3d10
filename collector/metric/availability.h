/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Availability judges a slot: what state the network was in, as far as the slot can tell
 * (ITU-T Y.1540, clause 7, with the slot as T_av). */
#ifndef NETGRADE_METRIC_AVAILABILITY_H
#define NETGRADE_METRIC_AVAILABILITY_H

#include "collector/base/err.h"
#include "collector/metric/summary.h"

#include <stdbool.h>

enum verdict {
	VERDICT_GOOD,
	VERDICT_DEGRADED,
	VERDICT_BAD,
	VERDICT_PLANNED,
	VERDICT_UNKNOWN,
	VERDICT_UNSCHEDULED,
	VERDICT_COUNT
};

/* "good" and so on: the words of the JSON documents. */
const char *verdict_name(enum verdict verdict);
/* The reverse; E_SYNTAX. */
MUST_CHECK enum err verdict_parse(const char *name, enum verdict *out);

struct availability_rule {
	double c1;	      /* bad when lost/sent ≥ c1; 0 < c1 ≤ 1 */
	double degraded_loss; /* degraded when lost/sent > this */
	nsec degraded_delay;  /* degraded when the median round trip is above this */
};

/* The first that fits: unscheduled, planned, unknown, bad, degraded, good. */
enum verdict availability_judge(const struct availability_rule *rule, const struct summary *slot);

/* Whether the slot enters J = good + degraded + bad; the rule's bounds have no part in it. */
bool availability_judgeable(const struct summary *slot);

#endif
