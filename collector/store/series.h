/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A series' files: which data sources and rows they have, and how slots and hours become rows and
 * are read back. Curves: DATA/series/<stem>.rrd, one row a slot and one an hour. Histograms:
 * DATA/series/<stem>.hist.rrd, one row an hour. Delays are whole nanoseconds, U where undefined. */
#ifndef NETGRADE_STORE_SERIES_H
#define NETGRADE_STORE_SERIES_H

#include "collector/metric/histogram.h"
#include "collector/metric/summary.h"
#include "collector/store/ring.h"

#include <stddef.h>

/* CURVE_BATCH and HOUR_BATCH: the most rows that one update may have (see ring_layout.margin). */
enum {
	CURVE_SOURCES = 13,
	CURVE_BATCH = 512,
	CURVE_TEXT = 320,
	HOUR_SOURCES = RTT_BUCKETS + PDV_BUCKETS + 5,
	HOUR_BATCH = 32,
	HOUR_TEXT = 1200,
};

/* What is kept for how long only matters when a file is made: 0 and 0 serve for reading. */
struct ring_layout series_curves(nsec interval, nsec keep_slots, nsec keep_hours);
struct ring_layout series_histograms(nsec keep_hours);

/* Octets that a series takes on disk. */
uint64_t series_disk_use(nsec interval, nsec keep_slots, nsec keep_hours);

/* The row of a slot, as text for ring_append; gives its length. */
size_t series_curve_row(const struct summary *slot, char out[CURVE_TEXT]);
/* The reverse. A row that was never written gives summary_absent(slot, SLOT_NO_RECORD). An infinite
 * median is stored as unknown and told by the counts: lost packets reach its rank. */
struct summary series_summary(const double row[CURVE_SOURCES], struct period slot);

/* The row of the hour that starts at from. */
size_t series_hour_row(nsec from, const struct delays *delays, char out[HOUR_TEXT]);
struct delays series_delays(const double row[HOUR_SOURCES]);

#endif
