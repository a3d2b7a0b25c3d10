/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A random month of one path: windows, outages, gaps of the agent, changed intervals, a calendar.
 */
#ifndef NETGRADE_TESTS_UNIT_RANDOM_MONTH_H
#define NETGRADE_TESTS_UNIT_RANDOM_MONTH_H

#include "collector/base/random.h"
#include "collector/metric/planned.h"
#include "reporter/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MONTH_WINDOWS = 5, MONTH_PACKETS = 12 };

/* A slot as it was put on record, and its packets. */
struct month_slot {
	struct period slot;
	uint32_t flags; /* SLOT_NO_RECORD: nothing was put */
	uint32_t count;
	nsec trips[MONTH_PACKETS]; /* NSEC_INFINITE lost, NSEC_UNDEFINED unsent */
};

struct random_month {
	struct period period;
	struct planned_rule rule;
	struct window windows[MONTH_WINDOWS];
	size_t window_count;
	struct month_slot *slots; /* some before the period and some after it */
	size_t slot_count;
	size_t capacity;
};

/* In the process's zone, which it sets. random_month_finish frees. */
void random_month_make(struct random *random, struct random_month *out);
void random_month_finish(struct random_month *month);

/* An answered packet of a slot in the period, at random; false if there is none. */
bool random_month_pick(const struct random_month *month, struct random *random, size_t *slot,
		       size_t *packet);

/* What a store keeps of it. month_record_finish frees. */
struct month_record {
	struct record record;
	struct summary *summaries;
	struct hour *hours;
};
void month_record_make(const struct random_month *month, struct month_record *out);
void month_record_finish(struct month_record *record);

#endif
