/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/recurring.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

/* An hour that was judged. */
struct row {
	const struct timeline_hour *hour;
	struct delays delays; /* those that the path's quantiles count */
	nsec p95;	      /* NSEC_UNDEFINED where no delay is kept */
	double loss;
	int of_day; /* local hour in which it begins */
	int minute;
	bool bad;
};

struct rows {
	struct row *items;
	size_t count;
	size_t measured[DAY_HOURS];
	size_t bad[DAY_HOURS];
	bool recurs[DAY_HOURS];
};

static struct row row_of(const struct timeline_hour *hour)
{
	struct tm local = calendar_local(hour->from);
	struct row row = {
		.hour = hour,
		.delays = hour->delays,
		.p95 = NSEC_UNDEFINED,
		.loss = (double)hour->lost / (double)hour->sent,
		.of_day = local.tm_hour,
		.minute = local.tm_min,
	};

	row.delays.slots -= hour->left_out_slots;
	row.delays.lost -= hour->left_out_lost;
	if (row.delays.slots > 0)
		row.p95 = delays_quantile(&row.delays, 1, DELAY_RTT, percentiles[P95]).value;
	return row;
}

static void gather_rows(const struct timeline *timeline, struct rows *rows)
{
	rows->items = must_calloc(timeline->hour_count, sizeof(*rows->items));
	for (size_t i = 0; i < timeline->hour_count; i++) {
		if (timeline->hours[i].sent > 0)
			rows->items[rows->count++] = row_of(&timeline->hours[i]);
	}
}

static int compare_doubles(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

static double first_quarter(double *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(*values), compare_doubles);
	return values[(count - 1) / 4];
}

/* What the hours are measured by. */
struct ordinary {
	double p95;
	double loss;
};

static struct ordinary find_ordinary(const struct rows *rows)
{
	double *values = must_calloc(rows->count, sizeof(*values));
	struct ordinary ordinary;
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++)
		values[i] = rows->items[i].loss;
	ordinary.loss = first_quarter(values, rows->count);
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].p95 != NSEC_UNDEFINED)
			values[count++] = (double)rows->items[i].p95;
	}
	ordinary.p95 = first_quarter(values, count);
	free(values);
	return ordinary;
}

static bool is_bad(const struct row *row, const struct ordinary *ordinary)
{
	double p95 = (double)row->p95;

	if (row->p95 != NSEC_UNDEFINED && p95 >= RECURRING_RATIO * ordinary->p95 &&
	    p95 - ordinary->p95 >= (double)RECURRING_DELAY)
		return true;
	return row->hour->lost >= RECURRING_PACKETS && row->loss >= RECURRING_LOSS &&
	       row->loss >= 3 * ordinary->loss;
}

static void count_bad(struct rows *rows)
{
	struct ordinary ordinary = find_ordinary(rows);

	for (size_t i = 0; i < rows->count; i++) {
		struct row *row = &rows->items[i];
		row->bad = is_bad(row, &ordinary);
		rows->measured[row->of_day]++;
		rows->bad[row->of_day] += row->bad;
	}
}

/* Whether any hour of the day recurs, and the others do not. */
static bool find_recurring_hours(struct rows *rows)
{
	size_t other = 0;
	size_t other_bad = 0;
	bool any = false;

	for (int h = 0; h < DAY_HOURS; h++) {
		rows->recurs[h] =
			rows->measured[h] >= RECURRING_DAYS &&
			(double)rows->bad[h] >= RECURRING_OFTEN * (double)rows->measured[h];
		any |= rows->recurs[h];
		if (rows->recurs[h])
			continue;
		other += rows->measured[h];
		other_bad += rows->bad[h];
	}
	return any && other > 0 && (double)other_bad <= RECURRING_SELDOM * (double)other;
}

static bool covers(const struct recurring *recurring, int of_day)
{
	return (of_day - recurring->from_hour + DAY_HOURS) % DAY_HOURS < recurring->hours;
}

static bool is_taken(const struct rows *rows, const struct row *row,
		     const struct recurring *recurring)
{
	return recurring == NULL ? !rows->recurs[row->of_day] : covers(recurring, row->of_day);
}

/* The hours of the pattern, or those that do not recur. */
static struct hours_taken take_hours(const struct rows *rows, const struct recurring *recurring)
{
	struct delays *delays = must_calloc(rows->count, sizeof(*delays));
	struct hours_taken out = {.p95 = NSEC_UNDEFINED};
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->items[i];
		if (!is_taken(rows, row, recurring))
			continue;
		out.sent += row->hour->sent;
		out.lost += row->hour->lost;
		if (row->delays.slots > 0)
			delays[count++] = row->delays;
	}
	if (count > 0)
		out.p95 = delays_quantile(delays, count, DELAY_RTT, percentiles[P95]).value;
	free(delays);
	return out;
}

/* The days on which a run of hours began that was measured. */
struct day_count {
	int day; /* of the year; −1 before the first */
	size_t hours;
	size_t bad;
};

static void settle_day(struct day_count *day, struct recurring *recurring)
{
	recurring->days += day->hours > 0;
	recurring->bad_days += day->hours > 0 && 2 * day->bad >= day->hours;
	*day = (struct day_count){-1, 0, 0};
}

static void count_days(const struct rows *rows, struct recurring *recurring)
{
	struct day_count day = {-1, 0, 0};

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->items[i];
		if (!covers(recurring, row->of_day))
			continue;
		int past = (row->of_day - recurring->from_hour + DAY_HOURS) % DAY_HOURS;
		int began = calendar_local(row->hour->from - past * NSEC_PER_HOUR).tm_yday;
		if (began != day.day)
			settle_day(&day, recurring);
		day.day = began;
		day.hours++;
		day.bad += row->bad;
		if (!row->bad)
			continue;
		if (recurring->first == NSEC_UNDEFINED)
			recurring->first = row->hour->from;
		recurring->last = row->hour->from + NSEC_PER_HOUR;
	}
	settle_day(&day, recurring);
}

/* The run of recurring hours that begins at the hour of the day. */
static struct recurring run_from(const struct rows *rows, int hour)
{
	struct recurring recurring = {
		.from_hour = hour, .first = NSEC_UNDEFINED, .last = NSEC_UNDEFINED};

	while (recurring.hours < DAY_HOURS && rows->recurs[(hour + recurring.hours) % DAY_HOURS])
		recurring.hours++;
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].of_day == hour)
			recurring.minute = rows->items[i].minute;
	}
	count_days(rows, &recurring);
	recurring.within = take_hours(rows, &recurring);
	recurring.otherwise = take_hours(rows, NULL);
	return recurring;
}

static nsec sum_bad(const struct timeline *timeline, const struct recurring *recurring)
{
	nsec sum = 0;

	for (size_t i = 0; i < timeline->stretch_count; i++) {
		const struct stretch *stretch = &timeline->stretches[i];
		struct period period = {stretch->from, stretch->until};
		if (stretch->verdict == VERDICT_BAD && recurring_holds(recurring, period))
			sum += period.until - period.from;
	}
	return sum;
}

size_t recurring_find(const struct timeline *timeline, struct recurring out[RECURRING_MOST])
{
	struct rows rows = {0};
	size_t found = 0;

	gather_rows(timeline, &rows);
	count_bad(&rows);
	if (find_recurring_hours(&rows)) {
		for (int h = 0; h < DAY_HOURS && found < RECURRING_MOST; h++) {
			if (rows.recurs[h] && !rows.recurs[(h + DAY_HOURS - 1) % DAY_HOURS])
				out[found++] = run_from(&rows, h);
		}
	}
	for (size_t i = 0; i < found; i++)
		out[i].bad_time = sum_bad(timeline, &out[i]);
	free(rows.items);
	return found;
}

bool recurring_holds(const struct recurring *recurring, struct period period)
{
	nsec past = recurring->minute * NSEC_PER_MIN;

	if (period.until - period.from > recurring->hours * NSEC_PER_HOUR)
		return false;
	for (nsec t = period.from; t < period.until; t += NSEC_PER_HOUR) {
		if (!covers(recurring, calendar_local(t - past).tm_hour))
			return false;
	}
	return covers(recurring, calendar_local(period.until - 1 - past).tm_hour);
}
