/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/calendar.h"
#include "reporter/out/out.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The blocks of doc, written and read again; doc is destroyed. */
static json_t *written(struct doc *doc)
{
	char *text = NULL;
	size_t size = 0;
	json_error_t error;
	const struct out_format *format = out_formats;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	while (strcmp(format->name, "json") != 0)
		format++;
	assert_int_equal(format->write(doc, file), E_OK);
	assert_int_equal(fclose(file), 0);
	doc_destroy(doc);
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (json == NULL)
		fail_msg("line %d: %s", error.line, error.text);
	return json;
}

static const json_t *block(const json_t *json, size_t index)
{
	return json_array_get(json_object_get(json, "blocks"), index);
}

static void figures_keep_text_and_full_value(void **state)
{
	(void)state;
	struct doc *doc = doc_create(LANGUAGE_EN, "t");
	doc_figures(doc, "summary");
	doc_figure(doc, "score", "Score", value_toned(value_number(75.0866, 1, ""), TONE_FAIR));
	doc_figure(doc, "delay", "Delay", value_number((double)INFINITY, 1, "ms"));
	doc_figure(doc, "mttr", "MTTR", value_number((double)NAN, 1, "min"));
	doc_figure(doc, "grade", "Grade", value_text("Fair"));
	json_t *json = written(doc);
	const json_t *figures = json_object_get(block(json, 0), "figures");
	const json_t *score = json_object_get(figures, "score");
	const json_t *delay = json_object_get(figures, "delay");
	const json_t *mttr = json_object_get(figures, "mttr");
	assert_string_equal(json_string_value(json_object_get(score, "text")), "75.1");
	assert_true(json_real_value(json_object_get(score, "value")) == 75.0866);
	assert_string_equal(json_string_value(json_object_get(score, "tone")), "fair");
	assert_null(json_object_get(score, "unit"));
	assert_true(json_is_null(json_object_get(delay, "value")));
	assert_true(json_is_true(json_object_get(delay, "infinite")));
	assert_string_equal(json_string_value(json_object_get(delay, "unit")), "ms");
	assert_true(json_is_null(json_object_get(mttr, "value")));
	assert_null(json_object_get(mttr, "infinite"));
	assert_string_equal(json_string_value(json_object_get(figures, "grade")), "Fair");
	json_decref(json);
}

static void rows_are_objects_by_column_key(void **state)
{
	(void)state;
	static const struct column columns[] = {{"site", "Site", ALIGN_START},
						{"loss", "Loss", ALIGN_END}};
	struct doc *doc = doc_create(LANGUAGE_ZH_CN, "t");
	doc_table(doc, "sites", "Sites", columns, 2);
	doc_row(doc, (struct value[]){value_text("甲\xff"), value_number(0.124717, 3, "%")});
	json_t *json = written(doc);
	const json_t *row = json_array_get(json_object_get(block(json, 0), "rows"), 0);
	assert_string_equal(json_string_value(json_object_get(json, "language")), "zh-CN");
	assert_string_equal(json_string_value(json_object_get(block(json, 0), "key")), "sites");
	assert_string_equal(json_string_value(json_object_get(row, "site")), "甲\uFFFD");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(row, "loss"), "text")), "0.125%");
	json_decref(json);
}

static const json_t *first_series(const json_t *json)
{
	const json_t *chart = json_object_get(block(json, 0), "chart");

	return json_array_get(json_object_get(chart, "series"), 0);
}

static struct doc *doc_with(enum chart_kind kind, const struct chart_point *points, size_t count)
{
	struct doc *doc = doc_create(LANGUAGE_EN, "t");
	struct chart *chart = chart_create(kind, "t", "ms", (struct period){0, NSEC_PER_HOUR});

	assert_int_equal(calendar_use_zone("UTC"), E_OK);
	chart_add_series(chart, "a");
	for (size_t i = 0; i < count; i++)
		chart_add_point(chart, 0, points[i]);
	doc_chart(doc, "c", chart);
	return doc;
}

static void even_points_are_values_by_step(void **state)
{
	(void)state;
	static const struct chart_point points[] = {
		{0, NSEC_PER_MIN, 1.5, VERDICT_GOOD},
		{NSEC_PER_MIN, 2 * NSEC_PER_MIN, (double)NAN, VERDICT_GOOD},
		{2 * NSEC_PER_MIN, 3 * NSEC_PER_MIN, (double)INFINITY, VERDICT_GOOD},
		{9 * NSEC_PER_MIN, 10 * NSEC_PER_MIN, 4, VERDICT_GOOD},
	};
	json_t *json = written(doc_with(CHART_LINES, points, 3));
	const json_t *series = first_series(json);
	const json_t *values = json_object_get(series, "values");
	assert_string_equal(json_string_value(json_object_get(series, "from")),
			    "1970-01-01T00:00:00+00:00");
	assert_int_equal(json_integer_value(json_object_get(series, "step_s")), 60);
	assert_int_equal(json_array_size(values), 3);
	assert_true(json_real_value(json_array_get(values, 0)) == 1.5);
	assert_true(json_is_null(json_array_get(values, 1)));
	assert_string_equal(json_string_value(json_array_get(values, 2)), "infinite");
	json_decref(json);

	json = written(doc_with(CHART_LINES, points, 4));
	const json_t *uneven = json_object_get(first_series(json), "points");
	assert_int_equal(json_array_size(uneven), 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(uneven, 3), "from")),
			    "1970-01-01T00:09:00+00:00");
	json_decref(json);
}

static void equal_verdicts_are_one_entry(void **state)
{
	(void)state;
	static const struct chart_point points[] = {
		{0, NSEC_PER_MIN, 0, VERDICT_GOOD},
		{NSEC_PER_MIN, 2 * NSEC_PER_MIN, 0, VERDICT_GOOD},
		{2 * NSEC_PER_MIN, 3 * NSEC_PER_MIN, 0, VERDICT_BAD},
		{5 * NSEC_PER_MIN, 6 * NSEC_PER_MIN, 0, VERDICT_BAD},
	};
	json_t *json = written(doc_with(CHART_STRIP, points, 4));
	const json_t *runs = json_object_get(first_series(json), "points");
	assert_int_equal(json_array_size(runs), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 0), "until")),
			    "1970-01-01T00:02:00+00:00");
	assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 1), "verdict")),
			    "bad");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_keep_text_and_full_value),
		cmocka_unit_test(rows_are_objects_by_column_key),
		cmocka_unit_test(even_points_are_values_by_step),
		cmocka_unit_test(equal_verdicts_are_one_entry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
