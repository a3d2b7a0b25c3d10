/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document as JSON. Keys are free of language; a figure is an object with its text as printed
 * and its value in full, null where it was not measured or is infinite. */
#include "reporter/out/formats.h"

#include "collector/base/calendar.h"
#include "reporter/out/markup.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* Only memory can fail here, and without it a report ends (see doc.h). */
static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		abort();
}

static json_t *text_of(const char *text)
{
	char *clean = markup_clean(text);
	json_t *json = json_string(clean);

	free(clean);
	return json;
}

static json_t *number_of(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

static const char *const tones[] = {
	[TONE_PLAIN] = "plain", [TONE_BEST] = "best", [TONE_GOOD] = "good",
	[TONE_FAIR] = "fair",	[TONE_BAD] = "bad",   [TONE_MUTED] = "muted",
};

/* A text is a string, a figure an object. */
static json_t *value_of(const struct value *value)
{
	if (!value->is_number)
		return text_of(value->text);
	json_t *json = json_object();
	put(json, "text", text_of(value->text));
	put(json, "value", number_of(value->number));
	if (isinf(value->number))
		put(json, "infinite", json_true());
	if (value->rough)
		put(json, "exact", json_false());
	if (value->unit != NULL && value->unit[0] != '\0')
		put(json, "unit", text_of(value->unit));
	if (value->tone != TONE_PLAIN)
		put(json, "tone", json_string(tones[value->tone]));
	return json;
}

static json_t *figures_of(const struct block *block)
{
	json_t *figures = json_object();

	for (size_t i = 0; i < block->figure_count; i++) {
		const struct labelled *figure = &block->figures[i];
		json_t *json = value_of(&figure->value);
		put(figures, figure->key, json);
	}
	return figures;
}

static json_t *labels_of(const struct block *block)
{
	json_t *labels = json_object();

	for (size_t i = 0; i < block->figure_count; i++)
		put(labels, block->figures[i].key, text_of(block->figures[i].label));
	return labels;
}

static json_t *columns_of(const struct block *block)
{
	json_t *columns = json_array();

	for (size_t i = 0; i < block->column_count; i++) {
		json_t *column = json_object();
		put(column, "key", text_of(block->columns[i].key));
		put(column, "title", text_of(block->columns[i].title));
		append(columns, column);
	}
	return columns;
}

static json_t *rows_of(const struct block *block)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < block->row_count; i++) {
		json_t *row = json_object();
		for (size_t k = 0; k < block->column_count; k++)
			put(row, block->columns[k].key,
			    value_of(&block->cells[i * block->column_count + k]));
		append(rows, row);
	}
	return rows;
}

static json_t *instant_of(nsec t)
{
	char text[CALENDAR_TEXT];

	calendar_format_iso(t, text);
	return json_string(text);
}

static json_t *point_of(const struct chart *chart, const struct chart_point *point, nsec until)
{
	json_t *json = json_object();

	if (chart->kind == CHART_HISTOGRAM) {
		put(json, "from_ns", json_integer(point->at));
		put(json, "until_ns", until == NSEC_INFINITE ? json_null() : json_integer(until));
	} else {
		put(json, "from", instant_of(point->at));
		put(json, "until", instant_of(until));
	}
	if (chart->kind == CHART_STRIP) {
		put(json, "verdict", json_string(verdict_name(point->verdict)));
		return json;
	}
	put(json, "value", number_of(point->value));
	if (isinf(point->value))
		put(json, "infinite", json_true());
	return json;
}

/* Slots of one verdict that follow each other without a gap are one entry. */
static json_t *points_of(const struct chart *chart, const struct chart_series *series)
{
	json_t *points = json_array();

	for (size_t i = 0; i < series->count; i++) {
		const struct chart_point *point = &series->points[i];
		nsec until = point->until;
		while (chart->kind == CHART_STRIP && i + 1 < series->count &&
		       series->points[i + 1].verdict == point->verdict &&
		       series->points[i + 1].at == until)
			until = series->points[++i].until;
		append(points, point_of(chart, point, until));
	}
	return points;
}

/* The step in whole seconds if the points follow each other evenly, else 0. */
static nsec step_of(const struct chart *chart, const struct chart_series *series)
{
	if (chart->kind == CHART_STRIP || chart->kind == CHART_HISTOGRAM || series->count == 0)
		return 0;
	nsec step = series->points[0].until - series->points[0].at;
	for (size_t i = 0; i < series->count; i++) {
		if (series->points[i].until - series->points[i].at != step ||
		    (i > 0 && series->points[i].at != series->points[i - 1].until))
			return 0;
	}
	return step % NSEC_PER_SEC == 0 ? step / NSEC_PER_SEC : 0;
}

/* Null: not measured; "infinite": beyond T_max. */
static json_t *values_of(const struct chart_series *series)
{
	json_t *values = json_array();

	for (size_t i = 0; i < series->count; i++) {
		double value = series->points[i].value;
		append(values, isinf(value) ? json_string("infinite") : number_of(value));
	}
	return values;
}

/* Even steps need their start only, which is a fifth of the octets. */
static json_t *series_of(const struct chart *chart, const struct chart_series *series)
{
	json_t *json = json_object();
	nsec step = step_of(chart, series);

	put(json, "name", text_of(series->name));
	if (step > 0) {
		put(json, "from", instant_of(series->points[0].at));
		put(json, "step_s", json_integer(step));
		put(json, "values", values_of(series));
	} else {
		put(json, "points", points_of(chart, series));
	}
	return json;
}

static json_t *chart_of(const struct chart *chart)
{
	static const char *const kinds[] = {
		[CHART_LINES] = "lines",
		[CHART_COLUMNS] = "columns",
		[CHART_STRIP] = "strip",
		[CHART_HISTOGRAM] = "histogram",
	};
	json_t *json = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < chart->series_count; i++)
		append(list, series_of(chart, &chart->series[i]));
	put(json, "kind", json_string(kinds[chart->kind]));
	put(json, "unit", text_of(chart->unit));
	put(json, "from", instant_of(chart->period.from));
	put(json, "until", instant_of(chart->period.until));
	if (!isnan(chart->bound)) {
		put(json, "bound", number_of(chart->bound));
		put(json, "bound_name", text_of(chart->bound_name));
	}
	put(json, "series", list);
	return json;
}

static void add_heading(json_t *json, const struct block *block)
{
	put(json, "anchor", text_of(block->key));
	put(json, "level", json_integer(block->level));
	put(json, "text", text_of(block->text));
}

static void add_text(json_t *json, const struct block *block)
{
	put(json, "text", text_of(block->text));
}

static void add_callout(json_t *json, const struct block *block)
{
	put(json, "tone", json_string(tones[block->tone]));
	put(json, "text", text_of(block->text));
}

static void add_figures(json_t *json, const struct block *block)
{
	put(json, "key", text_of(block->key));
	put(json, "figures", figures_of(block));
	put(json, "labels", labels_of(block));
}

static void add_table(json_t *json, const struct block *block)
{
	put(json, "key", text_of(block->key));
	put(json, "caption", text_of(block->text));
	put(json, "columns", columns_of(block));
	put(json, "rows", rows_of(block));
}

static void add_chart(json_t *json, const struct block *block)
{
	put(json, "key", text_of(block->key));
	put(json, "title", text_of(block->text));
	put(json, "chart", chart_of(block->chart));
}

static void add_cover(json_t *json, const struct block *block)
{
	put(json, "title", text_of(block->text));
	put(json, "subtitle", text_of(block->second));
	put(json, "figures", figures_of(block));
	put(json, "labels", labels_of(block));
}

static const struct {
	const char *name;
	void (*add)(json_t *json, const struct block *block);
} kinds_of_block[] = {
	[BLOCK_HEADING] = {"heading", add_heading}, [BLOCK_TEXT] = {"text", add_text},
	[BLOCK_NOTE] = {"note", add_text},	    [BLOCK_CALLOUT] = {"callout", add_callout},
	[BLOCK_FIGURES] = {"figures", add_figures}, [BLOCK_TABLE] = {"table", add_table},
	[BLOCK_CHART] = {"chart", add_chart},	    [BLOCK_BREAK] = {"break", NULL},
	[BLOCK_COVER] = {"cover", add_cover},
};

enum err json_write(const struct doc *doc, FILE *file)
{
	json_t *json = json_object();
	json_t *blocks = json_array();

	put(json, "title", text_of(doc->title));
	put(json, "language", json_string(language_name(doc->language)));
	put(json, "program", json_string("netgrade " NETGRADE_VERSION));
	for (size_t i = 0; i < doc->count; i++) {
		const struct block *block = &doc->blocks[i];
		json_t *one = json_object();
		put(one, "kind", json_string(kinds_of_block[block->kind].name));
		if (kinds_of_block[block->kind].add != NULL)
			kinds_of_block[block->kind].add(one, block);
		append(blocks, one);
	}
	put(json, "blocks", blocks);
	int written = json_dumpf(json, file, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
	json_decref(json);
	if (written != 0 || putc('\n', file) == EOF)
		return err_from_errno(errno);
	return E_OK;
}
