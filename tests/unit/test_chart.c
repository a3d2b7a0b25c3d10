/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/calendar.h"
#include "collector/base/random.h"
#include "reporter/doc/canvas.h"
#include "reporter/doc/chart_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void join_labels(const struct axis *axis, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < axis->count; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : " ",
					 axis->ticks[i].label);
}

static void expect_labels(const char *name, const struct axis *axis, const char *wanted)
{
	char labels[600];

	join_labels(axis, labels, sizeof(labels));
	if (strcmp(labels, wanted) != 0)
		fail_msg("%s: %s, not %s", name, labels, wanted);
}

static void value_axes_step_by_1_2_or_5(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double low;
		double high;
		const char *labels;
	} rows[] = {
		{"zero to one", 0, 1, "0.0 0.5 1.0"},
		{"delays from zero", 2, 18.3, "0 5 10 15 20"},
		{"small shares", 0.001, 0.0037, "0.000 0.001 0.002 0.003 0.004"},
		{"a narrow band far from zero", 97.2, 99.9, "97 98 99 100"},
		{"a very narrow band", 99.991, 99.999,
		 "99.990 99.992 99.994 99.996 99.998 100.000"},
		{"one value", 40, 40, "38 39 40 41 42"},
		{"only zeros", 0, 0, "0.0 0.5 1.0"},
		{"below zero", -3, 4, "\u22124 \u22122 0 2 4"},
		{"large counts", 0, 90000, "0 50\u202F000 100\u202F000"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct axis axis = axis_of_values(rows[i].low, rows[i].high, 4);
		expect_labels(rows[i].name, &axis, rows[i].labels);
		assert_true(axis.low <= rows[i].low && axis.high >= rows[i].high);
		assert_true(axis.low < axis.high);
	}
}

static void time_axes_follow_the_calendar(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *zone;
		const char *from;
		const char *until;
		const char *labels;
	} rows[] = {
		{"a minute", "Asia/Shanghai", "2026-10-05T08:30", "2026-10-05T08:31",
		 "08:30:00 08:30:10 08:30:20 08:30:30 08:30:40 08:30:50"},
		{"half an hour over midnight", "Asia/Shanghai", "2026-10-05T23:45",
		 "2026-10-06T00:15", "23:45 23:50 23:55 10-06 00:05 00:10"},
		{"an hour", "Asia/Shanghai", "2026-10-05T08:30", "2026-10-05T09:30",
		 "08:30 08:40 08:50 09:00 09:10 09:20"},
		{"a day", "Asia/Shanghai", "2026-10-05", "2026-10-06",
		 "10-05 03:00 06:00 09:00 12:00 15:00 18:00 21:00"},
		{"the day the clocks go back", "Europe/Berlin", "2026-10-25", "2026-10-26",
		 "10-25 02:00 05:00 08:00 11:00 14:00 17:00 20:00"},
		{"a week", "Asia/Shanghai", "2026-10-05", "2026-10-12",
		 "10-05 10-06 10-07 10-08 10-09 10-10 10-11"},
		{"a month of 31 days", "Asia/Shanghai", "2026-10-01", "2026-11-01",
		 "10-01 10-06 10-11 10-16 10-21 10-26"},
		{"February", "Asia/Shanghai", "2026-02-01", "2026-03-01",
		 "02-01 02-06 02-11 02-16 02-21 02-26"},
		{"a quarter", "Asia/Shanghai", "2026-10-01", "2027-01-01",
		 "10-01 10-16 11-01 11-16 12-01 12-16"},
		{"a year and a month", "Asia/Shanghai", "2025-10-01", "2026-11-01",
		 "2025-11 2026-01 2026-03 2026-05 2026-07 2026-09"},
		{"half a second", "UTC", "2026-10-05T08:30:15", "2026-10-05T08:30:16", "08:30:15"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct period period;
		assert_int_equal(calendar_use_zone(rows[i].zone), E_OK);
		assert_int_equal(calendar_parse(rows[i].from, &period.from), E_OK);
		assert_int_equal(calendar_parse(rows[i].until, &period.until), E_OK);
		struct axis axis = axis_of_time(period, 9);
		expect_labels(rows[i].name, &axis, rows[i].labels);
		assert_true(axis.count <= 9);
	}
}

/* "1 2" → "1 ms 2 ms". */
static void add_units(const char *numbers, char *out, size_t size)
{
	size_t used = 0;

	for (; *numbers != '\0'; numbers++) {
		bool last = numbers[1] == ' ' || numbers[1] == '\0';
		used += (size_t)snprintf(out + used, size - used, "%c%s", *numbers,
					 last ? "\u202Fms" : "");
	}
}

static void delay_axes_are_logarithmic(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double low;
		double high;
		const char *labels;
	} rows[] = {
		{"two decades", 1e6, 1e8, "1 2 5 10 20 50 100"},
		{"microseconds to seconds", 5e4, 3e9, "0.1 0.3 1 3 10 30 100 300 1000 3000"},
		{"nearly one decade", 1.5e6, 1.2e7, "2 5 10"},
		{"eight decades", 1e3, 1e11, "0.001 0.01 0.1 1 10 100 1000 10000 100000"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct axis axis = axis_of_delays(rows[i].low, rows[i].high, 10);
		char wanted[600];
		add_units(rows[i].labels, wanted, sizeof(wanted));
		expect_labels(rows[i].name, &axis, wanted);
	}
}

static void texts_are_cut_to_their_room(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		double width;
		const char *first;
		const char *second;
	} rows[] = {
		{"short", "p95", 100, "p95", NULL},
		{"Han text breaks anywhere", "政务外网骨干节点", 60, "政务外网骨", "干节点"},
		{"Latin text breaks at blanks", "City backbone core network", 95, "City backbone",
		 "core network"},
		{"two lines are the most", "政务外网骨干节点政务外网骨干节点", 60, "政务外网骨",
		 "干节点政…"},
		{"no room at all", "政", 1, "", "…"},
		{"nothing", "", 10, "", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *lines[2];
		canvas_wrap_text(rows[i].text, 12, rows[i].width, lines);
		if (strcmp(lines[0], rows[i].first) != 0 ||
		    strcmp(lines[1] == NULL ? "" : lines[1],
			   rows[i].second == NULL ? "" : rows[i].second) != 0)
			fail_msg("%s: %s / %s", rows[i].name, lines[0], lines[1]);
		free(lines[0]);
		free(lines[1]);
	}
}

/* Remembers what was drawn. */
struct record {
	struct canvas canvas;
	double height;
	struct box letters[200];
	char texts[200][64];
	size_t letter_count;
	size_t shapes; /* calls of polyline, polygon, boxes */
	size_t most;   /* spots of the longest polyline */
	size_t box_count;
	size_t outside; /* spots and boxes outside the chart */
	struct box boxes[INK_COUNT][3000];
	size_t counts[INK_COUNT];
	size_t lines[INK_COUNT];
	double highest; /* least y of a series' line */
};

static bool is_outside(const struct record *record, double x, double y)
{
	return !(x >= -0.01 && x <= CHART_WIDTH + 0.01 && y >= -0.01 && y <= record->height + 0.01);
}

static void record_polyline(struct canvas *canvas, enum ink ink, const struct spot *spots,
			    size_t count)
{
	struct record *record = (struct record *)canvas;

	assert_true(count >= 2);
	record->shapes++;
	record->lines[ink]++;
	record->most = count > record->most ? count : record->most;
	for (size_t i = 0; i < count; i++) {
		record->outside += is_outside(record, spots[i].x, spots[i].y);
		if (ink >= INK_SERIES)
			record->highest = fmin(record->highest, spots[i].y);
	}
}

static void record_polygon(struct canvas *canvas, enum ink ink, const struct spot *spots,
			   size_t count)
{
	struct record *record = (struct record *)canvas;

	record->shapes++;
	record->lines[ink]++;
	for (size_t i = 0; i < count; i++)
		record->outside += is_outside(record, spots[i].x, spots[i].y);
}

static void record_boxes(struct canvas *canvas, enum ink ink, const struct box *boxes, size_t count)
{
	struct record *record = (struct record *)canvas;

	record->shapes++;
	for (size_t i = 0; i < count; i++) {
		record->outside += is_outside(record, boxes[i].x, boxes[i].y);
		record->outside += is_outside(record, boxes[i].x + boxes[i].width,
					      boxes[i].y + boxes[i].height);
		assert_true(boxes[i].width > 0 && boxes[i].height >= 0);
		if (record->counts[ink] < 3000)
			record->boxes[ink][record->counts[ink]++] = boxes[i];
	}
	record->box_count += count;
}

static void record_letters(struct canvas *canvas, enum ink ink, const struct lettering *lettering)
{
	struct record *record = (struct record *)canvas;
	double width = canvas_text_width(lettering->text, lettering->size);
	double x = lettering->at.x;

	(void)ink;
	if (lettering->anchor == ANCHOR_MIDDLE)
		x -= width / 2;
	else if (lettering->anchor == ANCHOR_END)
		x -= width;
	assert_true(record->letter_count < 200);
	snprintf(record->texts[record->letter_count], 64, "%s", lettering->text);
	record->letters[record->letter_count++] =
		(struct box){x, lettering->at.y - lettering->size * 0.8, width, lettering->size};
}

static const struct canvas_ops record_ops = {record_polyline, record_polygon, record_boxes,
					     record_letters};

static struct record *draw(const struct chart *chart)
{
	struct record *record = calloc(1, sizeof(*record));

	assert_non_null(record);
	record->canvas = (struct canvas){&record_ops, LANGUAGE_ZH_CN};
	record->height = chart_height(chart, LANGUAGE_ZH_CN);
	record->highest = (double)INFINITY;
	chart_draw(chart, &record->canvas);
	return record;
}

/* Nothing leaves the chart, and no letters lie over others. */
static void check_layout(const char *name, const struct record *record)
{
	if (record->outside != 0)
		fail_msg("%s: %zu outside", name, record->outside);
	for (size_t i = 0; i < record->letter_count; i++) {
		const struct box *one = &record->letters[i];
		if (is_outside(record, one->x, one->y) ||
		    is_outside(record, one->x + one->width, one->y + one->height))
			fail_msg("%s: %s leaves the chart", name, record->texts[i]);
		for (size_t k = 0; k < i; k++) {
			const struct box *other = &record->letters[k];
			if (one->x < other->x + other->width && other->x < one->x + one->width &&
			    one->y < other->y + other->height && other->y < one->y + one->height)
				fail_msg("%s: %s over %s", name, record->texts[i],
					 record->texts[k]);
		}
	}
}

static struct period of(const char *from, const char *until)
{
	struct period period = {0};

	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	assert_int_equal(calendar_parse(from, &period.from), E_OK);
	assert_int_equal(calendar_parse(until, &period.until), E_OK);
	return period;
}

static double chance(struct random *random, double scale)
{
	switch (random_below(random, 12)) {
	case 0:
		return (double)NAN;
	case 1:
		return (double)INFINITY;
	case 2:
		return 0;
	default:
		return scale * random_unit(random);
	}
}

static void fill(struct chart *chart, struct random *random, double scale)
{
	size_t points = 1 + random_below(random, 3000);
	nsec step = (chart->period.until - chart->period.from) / (nsec)points;
	nsec at = chart->kind == CHART_HISTOGRAM ? 1 + (nsec)random_below(random, 1000000)
						 : chart->period.from;

	for (size_t i = 0; i < points && (chart->kind != CHART_HISTOGRAM || i < 40); i++) {
		nsec until = chart->kind == CHART_HISTOGRAM ? at + at / 4 + 1 : at + step;
		if (chart->kind == CHART_HISTOGRAM && i == 39)
			until = NSEC_INFINITE;
		double value = chart->kind == CHART_HISTOGRAM ? scale * random_unit(random)
							      : chance(random, scale);
		for (size_t s = 0; s < chart->series_count; s++)
			chart_add_point(chart, s,
					(struct chart_point){
						at, until, value,
						(enum verdict)random_below(random, VERDICT_COUNT)});
		at = until;
	}
}

static void nothing_overflows_whatever_the_data(void **state)
{
	(void)state;
	static const char *const names[] = {
		"p50", "市电子政务外网骨干核心节点", "",
		"Western Mountains Autonomous County Centre for Data",
		"西部山区民族自治县乡村振兴与公共服务数据共享交换中心机房"};
	static const char *const untils[] = {"2026-10-01T00:01", "2026-10-01T06:00", "2026-10-08",
					     "2026-11-01", "2027-11-01"};
	struct random random = random_seeded(5);

	for (int round = 0; round < 300; round++) {
		enum chart_kind kind = (enum chart_kind)(round % 4);
		double scale = pow(10, (double)random_below(&random, 10) - 4);
		struct chart *chart =
			chart_create(kind, "t", round % 3 ? "ms" : "%",
				     of("2026-10-01", untils[random_below(&random, 5)]));
		size_t series = random_below(&random, 6);
		for (size_t i = 0; i < series; i++)
			chart_add_series(chart, names[random_below(&random, 5)]);
		if (series > 0 && random_below(&random, 8) != 0)
			fill(chart, &random, scale);
		if (random_below(&random, 2) == 0)
			chart_set_bound(chart,
					kind == CHART_HISTOGRAM ? 1e6
								: scale * random_unit(&random) * 8,
					names[random_below(&random, 5)]);
		struct record *record = draw(chart);
		char name[64];
		snprintf(name, sizeof(name), "round %d, kind %d", round, kind);
		check_layout(name, record);
		assert_true(record->most <= 1500);
		free(record);
		free(chart_describe(chart, LANGUAGE_EN));
		free(chart_remark(chart, LANGUAGE_EN));
		chart_destroy(chart);
	}
}

static void one_bad_minute_is_seen_in_a_month(void **state)
{
	(void)state;
	struct chart *chart = chart_create(CHART_STRIP, "t", "", of("2026-10-01", "2026-11-01"));
	nsec at = chart->period.from;

	chart_add_series(chart, "a");
	for (size_t i = 0; i < 44640; i++, at += NSEC_PER_MIN)
		chart_add_point(chart, 0,
				(struct chart_point){at, at + NSEC_PER_MIN, 0,
						     i == 20000 ? VERDICT_BAD : VERDICT_GOOD});
	struct record *record = draw(chart);
	/* One for the lane and one for the sample beside the name. */
	assert_int_equal(record->counts[ink_of_verdict(VERDICT_BAD)], 2);
	assert_true(record->boxes[ink_of_verdict(VERDICT_BAD)][0].width >= 1);
	assert_int_equal(record->counts[ink_of_verdict(VERDICT_GOOD)], 3);
	char *remark = chart_remark(chart, LANGUAGE_EN);
	assert_non_null(remark);
	free(remark);
	free(record);
	chart_destroy(chart);
}

static void equal_verdicts_are_one_box(void **state)
{
	(void)state;
	struct chart *chart = chart_create(CHART_STRIP, "t", "", of("2026-10-01", "2026-10-02"));
	nsec at = chart->period.from;

	chart_add_series(chart, "a");
	for (size_t i = 0; i < 1440; i++, at += NSEC_PER_MIN)
		chart_add_point(chart, 0,
				(struct chart_point){at, at + NSEC_PER_MIN, 0, VERDICT_GOOD});
	struct record *record = draw(chart);
	assert_int_equal(record->counts[ink_of_verdict(VERDICT_GOOD)], 2);
	assert_null(chart_remark(chart, LANGUAGE_EN));
	free(record);
	chart_destroy(chart);
}

static void lines_break_at_gaps_and_mark_the_infinite(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double values[6];
		nsec hole; /* before the last point */
		size_t lines;
		size_t marks; /* one more for the name of the mark */
	} rows[] = {
		{"whole", {1, 2, 3, 4, 5, 6}, 0, 1, 0},
		{"one missing", {1, 2, (double)NAN, 4, 5, 6}, 0, 2, 0},
		{"an hour left out", {1, 2, 3, 4, 5, 6}, NSEC_PER_HOUR, 2, 0},
		{"one infinite", {1, 2, (double)INFINITY, 4, 5, 6}, 0, 1, 2},
		{"an infinite run is one mark",
		 {1, (double)INFINITY, (double)INFINITY, 4, 5, 6},
		 0,
		 1,
		 2},
		{"all missing",
		 {(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN},
		 0,
		 0,
		 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct chart *chart =
			chart_create(CHART_LINES, "t", "ms", of("2026-10-01", "2026-10-02"));
		chart_add_series(chart, "a");
		for (int k = 0; k < 6; k++) {
			nsec at = chart->period.from + k * NSEC_PER_HOUR +
				  (k == 5 ? rows[i].hole : 0);
			chart_add_point(chart, 0,
					(struct chart_point){at, at + NSEC_PER_HOUR,
							     rows[i].values[k], VERDICT_GOOD});
		}
		struct record *record = draw(chart);
		/* One more line leads to the series' name. */
		size_t lines = rows[i].lines == 0 ? 0 : rows[i].lines + 1;
		if (record->lines[INK_SERIES] != lines)
			fail_msg("%s: %zu lines", rows[i].name, record->lines[INK_SERIES]);
		if (record->lines[INK_BEYOND] != rows[i].marks)
			fail_msg("%s: %zu marks", rows[i].name, record->lines[INK_BEYOND]);
		free(record);
		chart_destroy(chart);
	}
}

static void merged_points_keep_the_largest_and_say_so(void **state)
{
	(void)state;
	struct chart *chart = chart_create(CHART_LINES, "t", "ms", of("2026-10-01", "2026-11-01"));
	nsec at = chart->period.from;

	chart_add_series(chart, "a");
	for (size_t i = 0; i < 44640; i++, at += NSEC_PER_MIN)
		chart_add_point(chart, 0,
				(struct chart_point){at, at + NSEC_PER_MIN, i == 31234 ? 20 : 5,
						     VERDICT_GOOD});
	struct record *record = draw(chart);
	char *remark = chart_remark(chart, LANGUAGE_EN);
	assert_true(record->most <= 1500);
	/* The axis ends at 20, at the top of the area. */
	assert_true(record->highest < 31);
	assert_non_null(remark);
	assert_non_null(strstr(remark, "30"));
	free(remark);
	free(record);
	chart_destroy(chart);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_axes_step_by_1_2_or_5),
		cmocka_unit_test(time_axes_follow_the_calendar),
		cmocka_unit_test(delay_axes_are_logarithmic),
		cmocka_unit_test(texts_are_cut_to_their_room),
		cmocka_unit_test(nothing_overflows_whatever_the_data),
		cmocka_unit_test(one_bad_minute_is_seen_in_a_month),
		cmocka_unit_test(equal_verdicts_are_one_box),
		cmocka_unit_test(lines_break_at_gaps_and_mark_the_infinite),
		cmocka_unit_test(merged_points_keep_the_largest_and_say_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
