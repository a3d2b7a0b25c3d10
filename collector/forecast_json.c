/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/diagnostic_json.h"
#include "collector/forecast.h"
#include "collector/window.h"

#include <jansson.h>
#include <stdio.h>

static json_t *instant_json(nsec at)
{
	char text[CALENDAR_TEXT];

	calendar_format_iso(at, text);
	return json_string(text);
}

static json_t *spans_json(const struct spans *spans)
{
	json_t *list = json_array();

	for (size_t i = 0; i < spans->count; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "from",
						      instant_json(spans->items[i].from), "until",
						      instant_json(spans->items[i].until)));
	return list;
}

static json_t *rate_json(struct rate rate)
{
	return json_pack("{s:f, s:f}", "packets_per_second", rate.packets, "bits_per_second",
			 rate.bits);
}

static json_t *demand_json(const char *name, const struct demand *d)
{
	json_t *busiest = rate_json(d->busiest);
	json_t *peak = json_pack("{s:I, s:I, s:o}", "packets_per_second",
				 (json_int_t)d->peak.packets, "bits_per_second",
				 (json_int_t)(8 * d->peak.octets), "at", instant_json(d->peak_at));

	json_object_set_new(busiest, "from", instant_json(d->busiest_at));
	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "name", name, "streams",
			 (json_int_t)d->series, "packets", (json_int_t)d->sent.packets, "octets",
			 (json_int_t)d->sent.octets, "mean", rate_json(d->average), "busiest",
			 busiest, "peak", peak);
}

static json_t *demands_json(const struct forecast *f, enum budget_scope scope)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->demands[scope].count; i++) {
		const struct demand_row *row = &f->demands[scope].rows[i];
		json_t *item = demand_json(forecast_name(f, scope, row->index), &row->demand);
		if (scope == BUDGET_TARGET) {
			size_t owner = f->flows.hosts[row->index].owner;
			json_object_set_new(
				item, "owner",
				owner == CONFIG_NONE
					? json_null()
					: json_string(f->config->organisations[owner].name));
		}
		if (row->index == CONFIG_NONE)
			json_object_set_new(item, "name", json_null());
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *stretches_json(const struct forecast *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->stretch_count; i++) {
		const struct stretch *s = &f->stretches[i];
		json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:I}", "from",
						      instant_json(s->period.from), "until",
						      instant_json(s->period.until), "packets",
						      (json_int_t)s->sent.packets, "octets",
						      (json_int_t)s->sent.octets));
	}
	return list;
}

static json_t *tests_json(const struct forecast *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->config->test_count; i++) {
		const struct test_config *test = &f->config->tests[i];
		json_array_append_new(
			list, json_pack("{s:s, s:s?, s:o}", "name", test->name, "calendar",
					test->calendar == NULL ? NULL : test->calendar->name,
					"runs", spans_json(timeline_spans(f->timeline, i))));
	}
	return list;
}

static json_t *window_json(const struct forecast *f, const struct window_entry *entry)
{
	struct period standing = window_standing(&entry->window);
	json_t *scopes = json_array();

	for (size_t i = 0; i < entry->scope_count; i++) {
		char scope[WINDOW_SCOPE_TEXT];
		window_scope_format(f->config, &entry->scopes[i], scope);
		json_array_append_new(scopes, json_string(scope));
	}
	return json_pack("{s:I, s:o, s:o, s:o, s:s, s:s}", "id", (json_int_t)entry->window.id,
			 "from", instant_json(standing.from), "until", instant_json(standing.until),
			 "scopes", scopes, "owner", entry->owner, "reason", entry->reason);
}

static json_t *windows_json(const struct forecast *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->windows.count; i++) {
		if (forecast_shows(f, &f->windows.items[i]))
			json_array_append_new(list, window_json(f, &f->windows.items[i]));
	}
	return list;
}

static json_t *needs_json(const struct forecast *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->config->agent_count; i++) {
		const struct needs *needs = &f->needs[i];
		json_t *years = json_array();
		if (f->agent != CONFIG_NONE && f->agent != i)
			continue;
		for (unsigned int year = 0; year <= NEEDS_YEARS; year++)
			json_array_append_new(years,
					      json_integer((json_int_t)needs_disk(needs, year)));
		json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I}", "agent",
				  f->config->agents[i].name, "series", (json_int_t)needs->series,
				  "curves", (json_int_t)needs->curves, "histograms",
				  (json_int_t)needs->histograms, "spool", (json_int_t)needs->spool,
				  "archive_each_year", (json_int_t)needs->archive,
				  "evidence_each_year", (json_int_t)needs->evidence,
				  "closed_months_each_year", (json_int_t)needs->closed,
				  "disk_after_years", years, "memory", (json_int_t)needs->memory));
	}
	return list;
}

bool forecast_print_json(const struct forecast *forecast)
{
	struct diagnostics excesses = forecast->excesses;
	json_t *document = json_pack(
		"{s:b, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ok",
		forecast->excesses.errors == 0, "configuration", forecast->config->path, "from",
		instant_json(forecast->timeline->period.from), "until",
		instant_json(forecast->timeline->period.until), "time_zone",
		forecast->config->time_zone, "total", demand_json("total", &forecast->total),
		"timeline", stretches_json(forecast), "tests", tests_json(forecast), "windows",
		windows_json(forecast), "agents", demands_json(forecast, BUDGET_AGENT), "targets",
		demands_json(forecast, BUDGET_TARGET), "owners",
		demands_json(forecast, BUDGET_OWNER), "needs", needs_json(forecast), "excesses",
		diagnostics_json(&excesses));
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    putchar('\n') != EOF;

	json_decref(document);
	return good;
}
