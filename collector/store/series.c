/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/series.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The order of the rows' values; the layout's version is the list of names itself. */
enum curve_source {
	EXPECTED,
	SENT,
	LOST,
	DUPLICATED,
	REORDERED,
	LATE,
	REJECTED,
	MEASURED, /* 1 where a slot was recorded: the counts beside it are 0 where not */
	FLAGS,
	RTT_SUM,
	RTT_MIN,
	RTT_MEDIAN,
	RTT_MAX,
};

static const char *const curve_names[CURVE_SOURCES] = {
	"expected", "sent",  "lost",	"duplicated", "reordered",  "late",    "rejected",
	"measured", "flags", "rtt_sum", "rtt_min",    "rtt_median", "rtt_max",
};

enum hour_source {
	HOUR_LOST = RTT_BUCKETS + PDV_BUCKETS,
	HOUR_SLOTS,
	HOUR_RTT_MIN,
	HOUR_RTT_MAX,
	HOUR_PDV_MAX,
};

static uint32_t rows_for(nsec keep, nsec step)
{
	return keep <= 0 ? 1 : (uint32_t)(nsec_ceil(keep, step) / step);
}

struct ring_layout series_curves(nsec interval, nsec keep_slots, nsec keep_hours)
{
	nsec hour = interval > NSEC_PER_HOUR ? interval : NSEC_PER_HOUR;
	struct ring_layout layout = {
		.sources = CURVE_SOURCES,
		.step = (uint32_t)(interval / NSEC_PER_SEC),
		.archives = 2,
		.steps = {1, (uint32_t)(hour / interval)},
		.rows = {rows_for(keep_slots, interval), rows_for(keep_hours, hour)},
		.margin = CURVE_BATCH,
	};

	for (size_t i = 0; i < CURVE_SOURCES; i++)
		snprintf(layout.source[i], RING_NAME, "%s", curve_names[i]);
	return layout;
}

struct ring_layout series_histograms(nsec keep_hours)
{
	static const char *const scalars[] = {"lost", "slots", "rtt_min", "rtt_max", "pdv_max"};
	struct ring_layout layout = {
		.sources = HOUR_SOURCES,
		.step = 3600,
		.archives = 1,
		.steps = {1},
		.rows = {rows_for(keep_hours, NSEC_PER_HOUR)},
		.margin = HOUR_BATCH,
	};

	for (unsigned int i = 0; i < RTT_BUCKETS; i++)
		snprintf(layout.source[i], RING_NAME, "rtt%02u", i);
	for (unsigned int i = 0; i < PDV_BUCKETS; i++)
		snprintf(layout.source[RTT_BUCKETS + i], RING_NAME, "pdv%02u", i);
	for (size_t i = 0; i < 5; i++)
		snprintf(layout.source[HOUR_LOST + i], RING_NAME, "%s", scalars[i]);
	return layout;
}

uint64_t series_disk_use(nsec interval, nsec keep_slots, nsec keep_hours)
{
	struct ring_layout curves = series_curves(interval, keep_slots, keep_hours);
	struct ring_layout histograms = series_histograms(keep_hours);

	return ring_file_size(&curves) + ring_file_size(&histograms);
}

static char *put_number(char *at, int64_t value)
{
	char digits[20];
	size_t count = 0;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	if (value < 0)
		*at++ = '-';
	do {
		digits[count++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

static char *put_count(char *at, uint64_t value)
{
	*at++ = ':';
	return put_number(at, (int64_t)value);
}

static char *put_delay(char *at, nsec delay)
{
	*at++ = ':';
	if (delay == NSEC_UNDEFINED || delay == NSEC_INFINITE) {
		*at++ = 'U';
		return at;
	}
	return put_number(at, delay);
}

size_t series_curve_row(const struct summary *s, char out[CURVE_TEXT])
{
	char *at = put_number(out, s->until / NSEC_PER_SEC);

	at = put_count(at, s->expected);
	at = put_count(at, s->sent);
	at = put_count(at, s->lost);
	at = put_count(at, s->duplicated);
	at = put_count(at, s->reordered);
	at = put_count(at, s->late);
	at = put_count(at, s->rejected);
	at = put_count(at, (s->flags & SLOT_NO_RECORD) == 0);
	at = put_count(at, s->flags & ~(uint32_t)SLOT_NO_RECORD);
	at = put_delay(at, s->rtt_sum);
	at = put_delay(at, s->rtt_min);
	at = put_delay(at, s->rtt_median);
	at = put_delay(at, s->rtt_max);
	*at = '\0';
	return (size_t)(at - out);
}

static uint64_t count_of(double value, uint64_t limit)
{
	if (!(value >= 0))
		return 0;
	return value >= (double)limit ? limit : (uint64_t)(value + 0.5);
}

static uint32_t count32_of(double value)
{
	return (uint32_t)count_of(value, UINT32_MAX);
}

static nsec delay_of(double value)
{
	return !(fabs(value) < 9e18) ? NSEC_UNDEFINED : llround(value);
}

struct summary series_summary(const double row[CURVE_SOURCES], struct period slot)
{
	struct summary s = summary_absent(slot, 0);

	if (isnan(row[MEASURED]))
		return summary_absent(slot, SLOT_NO_RECORD);
	s.expected = count32_of(row[EXPECTED]);
	s.sent = count32_of(row[SENT]);
	s.lost = count32_of(row[LOST]);
	s.duplicated = count32_of(row[DUPLICATED]);
	s.reordered = count32_of(row[REORDERED]);
	s.late = count32_of(row[LATE]);
	s.rejected = count32_of(row[REJECTED]);
	s.flags = count32_of(row[FLAGS]);
	if (row[MEASURED] < 0.5)
		s.flags |= SLOT_NO_RECORD;
	s.rtt_sum = isnan(row[RTT_SUM]) ? 0 : delay_of(row[RTT_SUM]);
	s.rtt_min = delay_of(row[RTT_MIN]);
	s.rtt_median = delay_of(row[RTT_MEDIAN]);
	s.rtt_max = delay_of(row[RTT_MAX]);
	/* Nearest rank ⌈sent/2⌉ over answered packets first, lost ones after them. */
	if (s.rtt_median == NSEC_UNDEFINED && s.sent > 0 &&
	    ((uint64_t)s.sent + 1) / 2 + s.lost > s.sent)
		s.rtt_median = NSEC_INFINITE;
	return s;
}

size_t series_hour_row(nsec from, const struct delays *d, char out[HOUR_TEXT])
{
	char *at = put_number(out, (from + NSEC_PER_HOUR) / NSEC_PER_SEC);

	for (size_t i = 0; i < RTT_BUCKETS; i++)
		at = put_count(at, d->rtt[i]);
	for (size_t i = 0; i < PDV_BUCKETS; i++)
		at = put_count(at, d->pdv[i]);
	at = put_count(at, d->lost);
	at = put_count(at, d->slots);
	at = put_delay(at, d->rtt_min);
	at = put_delay(at, d->rtt_max);
	at = put_delay(at, d->pdv_max);
	*at = '\0';
	return (size_t)(at - out);
}

struct delays series_delays(const double row[HOUR_SOURCES])
{
	struct delays d = delays_empty();

	d.slots = count32_of(row[HOUR_SLOTS]);
	if (d.slots == 0)
		return d;
	for (size_t i = 0; i < RTT_BUCKETS; i++)
		d.rtt[i] = count32_of(row[i]);
	for (size_t i = 0; i < PDV_BUCKETS; i++)
		d.pdv[i] = count32_of(row[RTT_BUCKETS + i]);
	d.lost = count_of(row[HOUR_LOST], UINT64_C(1) << 53);
	d.rtt_min = delay_of(row[HOUR_RTT_MIN]);
	d.rtt_max = delay_of(row[HOUR_RTT_MAX]);
	d.pdv_max = delay_of(row[HOUR_PDV_MAX]);
	return d;
}
