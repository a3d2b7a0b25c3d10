/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The published worked example of the score as slots: a backbone path over 31 days at 60 s × 20
 * packets, 240 slots planned, 300 without record, 45 bad in three outages, 200 packets lost
 * elsewhere, a round trip of 18 ms and a delay variation of 6.5 ms at the 95th percentile. */
#ifndef NETGRADE_TESTS_UNIT_WORKED_EXAMPLE_H
#define NETGRADE_TESTS_UNIT_WORKED_EXAMPLE_H

#include "collector/metric/quantile.h"
#include "collector/metric/summary.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORKED_SLOTS = 31 * 24 * 60, WORKED_PACKETS = 20 };

/* The slot with this index in a month that begins at start; false where there is no record. */
bool worked_slot(size_t index, nsec start, struct summary *summary, struct delays *delays);

#endif
