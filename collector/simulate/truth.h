/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The truth is what really happened to the packets of a scenario, written as CSV beside the data:
 * slots.csv, every slot with its counts and delay buckets; months.csv, the exact percentiles of
 * each series and month; events.csv, what befell which series when. */
#ifndef NETGRADE_SIMULATE_TRUTH_H
#define NETGRADE_SIMULATE_TRUTH_H

#include "collector/base/err.h"
#include "collector/metric/sample.h"
#include "collector/simulate/link.h"
#include "collector/store/key.h"

struct truth;

/* Makes the directory and its files; series numbers are below most. */
MUST_CHECK enum err truth_open(const char *directory, size_t most, struct truth **out);

/* Ends the files; what could not be written. NULL is fine. */
MUST_CHECK enum err truth_close(struct truth *truth);

/* One slot as handed to the store. */
struct true_slot {
	size_t series;
	const struct series_key *key;
	const struct sample *sample;
	const struct summary *summary;
	const struct delays *delays;
};

/* Slots of a series come in the order of time. Keeps all round trips of its month in memory. */
MUST_CHECK enum err truth_take(struct truth *truth, const struct true_slot *slot);

/* What befalls a series, as its link knows it. */
void truth_tell_events(struct truth *truth, const struct series_key *key, const struct link *link);

#endif
