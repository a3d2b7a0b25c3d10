/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that make facts share. */
#ifndef NETGRADE_REPORTER_FACTS_INSIDE_H
#define NETGRADE_REPORTER_FACTS_INSIDE_H

#include "reporter/facts.h"

/* Whether the slot starts in the record's period. */
static inline bool facts_has(const struct record *record, const struct summary *slot)
{
	return slot->from >= record->period.from && slot->from < record->period.until;
}

bool facts_before_service(const struct record *record, const struct summary *slot);
/* Of a slot that is unknown. */
enum unknown_reason facts_unknown_reason(const struct record *record, const struct summary *slot);
bool facts_is_planned(const struct record *record, const struct summary *slot, enum figure figure);

/* Both figures' delays and quantiles; their slots are counted. */
void facts_count_delays(const struct facts_rule *rule, const struct record *record,
			struct facts *facts);

/* Finds the hour with the largest part of a sum that is given in the order of time. */
struct peak_search {
	nsec hour;
	double in_hour;
	nsec best;
	double most;
	double total;
};
void peak_add(struct peak_search *search, nsec at, double amount);
struct peak peak_of(const struct peak_search *search);

#endif
