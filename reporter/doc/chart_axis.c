/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/chart_axis.h"

#include "collector/base/calendar.h"
#include "reporter/doc/doc.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_tick(struct axis *axis, double value, const char *label)
{
	if (axis->count == TICKS_MAX)
		return;
	struct tick *tick = &axis->ticks[axis->count++];
	tick->value = value;
	snprintf(tick->label, sizeof(tick->label), "%s", label);
}

/* The least of 1, 2, 5 × 10^n that is not below rough; the power into *decade. */
static double round_step(double rough, int *decade)
{
	*decade = (int)floor(log10(rough));
	double power = pow(10, *decade);

	/* The tolerance keeps 0.3 / 3 at 0.1. */
	for (int i = 0; i < 3; i++) {
		static const double steps[] = {1, 2, 5};
		if (steps[i] * power >= rough * (1 - 1e-9))
			return steps[i] * power;
	}
	*decade += 1;
	return 10 * power;
}

static struct axis linear(double low, double high, size_t wanted)
{
	struct axis axis = {0};
	int decade;
	double step = round_step((high - low) / (double)wanted, &decade);
	double first = floor(low / step + 1e-9);
	double last = ceil(high / step - 1e-9);

	for (double k = first; k <= last && axis.count < TICKS_MAX; k++) {
		struct value value = value_number(k * step, decade < 0 ? -decade : 0, "");
		add_tick(&axis, k * step, value.text);
		value_finish(&value);
	}
	axis.low = first * step;
	axis.high = last * step;
	return axis;
}

struct axis axis_from_zero(double high, size_t wanted)
{
	assert(isfinite(high) && wanted > 0);
	return linear(0, high > 0 && high > 1e-12 ? high : 1, wanted);
}

struct axis axis_of_values(double low, double high, size_t wanted)
{
	assert(isfinite(low) && isfinite(high) && low <= high);
	if (low >= 0 && low < high / 2)
		return axis_from_zero(high, wanted);
	/* One value alone, or a spread lost in its digits, gets room on both sides. */
	double least = fmax(fabs(high) * 1e-6, 1e-9);
	if (high - low < least) {
		if (high == 0)
			return axis_from_zero(1, wanted);
		double around = fmax(fabs(high) * 0.05, least);
		return linear(low - around, high + around, wanted);
	}
	return linear(low, high, wanted);
}

struct axis axis_of_delays(double low, double high, size_t most)
{
	static const double steps[][3] = {{1, 2, 5}, {1, 3, 0}, {1, 0, 0}};
	struct axis axis = {0};

	assert(low > 0 && low < high && most > 1);
	for (size_t i = 0; i < 3; i++) {
		axis = (struct axis){.low = low, .high = high};
		int first = (int)floor(log10(low));
		int last = (int)ceil(log10(high));
		for (int decade = first; decade <= last; decade++) {
			for (size_t k = 0; k < 3 && steps[i][k] > 0; k++) {
				double value = steps[i][k] * pow(10, decade);
				char label[TICK_LABEL];
				if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9))
					continue;
				snprintf(label, sizeof(label), "%.10g\u202Fms",
					 value / (double)NSEC_PER_MSEC);
				add_tick(&axis, value, label);
			}
		}
		if (axis.count <= most)
			break;
	}
	return axis;
}

/* The start of the local day that t lies in. */
static nsec day_of(nsec t)
{
	char text[CALENDAR_TEXT];
	nsec start = t;

	calendar_format(t, text);
	text[10] = '\0';
	(void)!calendar_parse(text, &start);
	return start;
}

static int day_of_month(nsec t)
{
	char text[CALENDAR_TEXT];

	calendar_format(t, text);
	return atoi(text + 8);
}

/* Years count twelve months from January of year 0. */
static int month_number(nsec t)
{
	char text[CALENDAR_TEXT];

	calendar_format(t, text);
	return atoi(text) * 12 + atoi(text + 5) - 1;
}

enum label_kind { LABEL_SECOND, LABEL_MINUTE, LABEL_DAY, LABEL_MONTH };

static void add_instant(struct axis *axis, nsec t, enum label_kind kind)
{
	char text[CALENDAR_TEXT];
	char label[TICK_LABEL];

	calendar_format(t, text);
	bool midnight = t == day_of(t);
	if (kind == LABEL_MONTH)
		snprintf(label, sizeof(label), "%.7s", text);
	else if (kind == LABEL_DAY || midnight)
		snprintf(label, sizeof(label), "%.5s", text + 5);
	else if (kind == LABEL_MINUTE)
		snprintf(label, sizeof(label), "%.5s", text + 11);
	else
		snprintf(label, sizeof(label), "%.5s:%.2s", text + 11,
			 text[16] == ':' ? text + 17 : "00");
	add_tick(axis, (double)t, label);
}

/* Steps below a day start anew at each local midnight, so that a change of clocks moves nothing. */
static void tick_clock(struct axis *axis, struct period period, nsec step)
{
	enum label_kind kind = step < NSEC_PER_MIN ? LABEL_SECOND : LABEL_MINUTE;

	for (nsec day = day_of(period.from); day < period.until;) {
		nsec next = calendar_next_midnight(day);
		/* Only the ticks inside: a day of seconds would be many to pass over. */
		nsec start = period.from > day ? day + nsec_ceil(period.from - day, step) : day;
		for (nsec t = start; t < next && t < period.until; t += step) {
			if (next - t >= step / 2 || next > period.until)
				add_instant(axis, t, kind);
			if (axis->count == TICKS_MAX)
				return;
		}
		if (next <= day)
			return;
		day = next;
	}
}

/* Every step-th day of the month from the 1st; one too near the next 1st is left out. */
static bool is_day_tick(nsec day, int step)
{
	int number = day_of_month(day);

	return (number - 1) % step == 0 && (step == 1 || number + step / 2 <= 31);
}

static bool is_month_tick(nsec day, int step)
{
	return day_of_month(day) == 1 && month_number(day) % step == 0;
}

static void tick_midnights(struct axis *axis, struct period period, int step, enum label_kind kind)
{
	bool (*is_tick)(nsec day, int step) = kind == LABEL_MONTH ? is_month_tick : is_day_tick;

	for (nsec day = day_of(period.from); day < period.until;) {
		nsec next = calendar_next_midnight(day);
		if (day >= period.from && is_tick(day, step))
			add_instant(axis, day, kind);
		if (next <= day)
			return;
		day = next;
	}
}

struct axis axis_of_time(struct period period, size_t most)
{
	static const struct {
		nsec length; /* about */
		nsec clock;
		int days;
		int months;
	} steps[] = {
		{NSEC_PER_SEC, NSEC_PER_SEC, 0, 0},
		{5 * NSEC_PER_SEC, 5 * NSEC_PER_SEC, 0, 0},
		{10 * NSEC_PER_SEC, 10 * NSEC_PER_SEC, 0, 0},
		{15 * NSEC_PER_SEC, 15 * NSEC_PER_SEC, 0, 0},
		{30 * NSEC_PER_SEC, 30 * NSEC_PER_SEC, 0, 0},
		{NSEC_PER_MIN, NSEC_PER_MIN, 0, 0},
		{2 * NSEC_PER_MIN, 2 * NSEC_PER_MIN, 0, 0},
		{5 * NSEC_PER_MIN, 5 * NSEC_PER_MIN, 0, 0},
		{10 * NSEC_PER_MIN, 10 * NSEC_PER_MIN, 0, 0},
		{15 * NSEC_PER_MIN, 15 * NSEC_PER_MIN, 0, 0},
		{30 * NSEC_PER_MIN, 30 * NSEC_PER_MIN, 0, 0},
		{NSEC_PER_HOUR, NSEC_PER_HOUR, 0, 0},
		{2 * NSEC_PER_HOUR, 2 * NSEC_PER_HOUR, 0, 0},
		{3 * NSEC_PER_HOUR, 3 * NSEC_PER_HOUR, 0, 0},
		{6 * NSEC_PER_HOUR, 6 * NSEC_PER_HOUR, 0, 0},
		{12 * NSEC_PER_HOUR, 12 * NSEC_PER_HOUR, 0, 0},
		{NSEC_PER_DAY, 0, 1, 0},
		{2 * NSEC_PER_DAY, 0, 2, 0},
		{5 * NSEC_PER_DAY, 0, 5, 0},
		{10 * NSEC_PER_DAY, 0, 10, 0},
		{15 * NSEC_PER_DAY, 0, 15, 0},
		{30 * NSEC_PER_DAY, 0, 0, 1},
		{60 * NSEC_PER_DAY, 0, 0, 2},
		{91 * NSEC_PER_DAY, 0, 0, 3},
		{182 * NSEC_PER_DAY, 0, 0, 6},
		{365 * NSEC_PER_DAY, 0, 0, 12},
	};
	size_t last = sizeof(steps) / sizeof(steps[0]) - 1;
	size_t i = 0;

	assert(period.until > period.from && most > 1);
	struct axis axis = {.low = (double)period.from, .high = (double)period.until};
	while (i < last && (period.until - period.from) / steps[i].length >= (nsec)most)
		i++;
	if (steps[i].clock != 0)
		tick_clock(&axis, period, steps[i].clock);
	else if (steps[i].days != 0)
		tick_midnights(&axis, period, steps[i].days, LABEL_DAY);
	else
		tick_midnights(&axis, period, steps[i].months, LABEL_MONTH);
	return axis;
}
