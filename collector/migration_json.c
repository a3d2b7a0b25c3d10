/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/migration.h"
#include "collector/store/series.h"

#include <jansson.h>

static json_t *pair(json_int_t before, json_int_t after)
{
	return json_pack("{s:I, s:I}", "before", before, "after", after);
}

static json_t *octets_pair(uint64_t before, uint64_t after)
{
	return pair((json_int_t)before, (json_int_t)after);
}

static json_t *changes_json(const struct migration_row *row)
{
	json_t *changes = json_array();

	for (unsigned int change = CHANGE_RETENTION; change <= CHANGE_DAMAGED; change <<= 1) {
		if ((row->changes & change) != 0)
			json_array_append_new(changes, json_string(migration_change_name(change)));
	}
	return changes;
}

static json_t *interval_json(const struct migration_row *row)
{
	nsec before = row->holding == NULL ? 0 : row->holding->interval;
	nsec after = row->planned == NULL ? 0 : row->planned->target.interval;

	return json_pack("{s:o, s:o}", "before",
			 before == 0 ? json_null() : json_integer(before / NSEC_PER_SEC), "after",
			 after == 0 ? json_null() : json_integer(after / NSEC_PER_SEC));
}

static json_t *packets_json(const struct migration_row *row)
{
	return json_pack(
		"{s:o, s:o}", "before",
		row->earlier == NULL ? json_null() : json_integer(row->earlier->target.packets),
		"after",
		row->planned == NULL ? json_null() : json_integer(row->planned->target.packets));
}

/* A file as it is and will be: its octets, and the rows that its archives keep. */
static json_t *file_json(const struct holding_file *file, const struct growth *growth,
			 size_t archives)
{
	json_t *rows = json_array();

	for (size_t a = 0; a < archives && file->state == HOLDING_GOOD; a++) {
		uint64_t after =
			migration_grows(file, growth) ? growth->rows[a] : file->head.rows[a];
		json_array_append_new(rows, octets_pair(file->head.rows[a], after));
	}
	return json_pack("{s:s, s:b, s:o, s:o}", "file", file->name, "grows",
			 migration_grows(file, growth), "octets",
			 octets_pair(growth->before, growth->after), "rows", rows);
}

static json_t *files_json(const struct migration_row *row)
{
	json_t *files = json_array();
	const struct holding *holding = row->holding;

	if (holding == NULL || holding->interval == 0)
		return files;
	json_array_append_new(files, file_json(&holding->curves, &row->curves, 2));
	json_array_append_new(files, file_json(&holding->hours, &row->hours, 1));
	return files;
}

static json_t *site_json(const struct config *config, const struct planned *planned)
{
	return planned == NULL ? json_null() : json_string(config->sites[planned->site].name);
}

static json_t *row_json(const struct migration *migration, const struct migration_row *row)
{
	char key[KEY_TEXT];

	series_key_format(migration_key(row), key);
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "series", key,
			 "site", site_json(migration->config, row->planned), "earlier_site",
			 site_json(migration->earlier, row->earlier), "fate",
			 migration_fate_name(row->fate), "changes", changes_json(row), "interval",
			 interval_json(row), "packets", packets_json(row), "epochs",
			 (json_int_t)(row->holding == NULL ? 0 : row->holding->epochs), "octets",
			 octets_pair(row->before, row->after), "files", files_json(row));
}

static json_t *total_json(const struct migration_total *total)
{
	return json_pack("{s:I, s:o}", "series", (json_int_t)total->series, "octets",
			 octets_pair(total->before, total->after));
}

static json_t *totals_json(const struct migration *migration)
{
	json_t *totals = json_object();

	for (enum migration_fate fate = 0; fate < FATES; fate++)
		json_object_set_new(totals, migration_fate_name(fate),
				    total_json(&migration->totals[fate]));
	json_object_set_new(totals, "all", total_json(&migration->all));
	return totals;
}

static json_t *since_json(const struct migration *migration)
{
	char at[CALENDAR_TEXT];

	if (migration->earlier == NULL)
		return json_null();
	calendar_format_iso(migration->earlier_at, at);
	return json_string(at);
}

static json_t *result_json(const struct migration_result *result)
{
	return result == NULL ? json_null()
			      : json_pack("{s:I, s:I}", "grown", (json_int_t)result->grown,
					  "failed", (json_int_t)result->failed);
}

bool migration_print_json(const struct migration *migration, const struct migration_result *result)
{
	json_t *series = json_array();

	for (size_t i = 0; i < migration->count; i++)
		json_array_append_new(series, row_json(migration, &migration->rows[i]));
	json_t *document = json_pack(
		"{s:b, s:s, s:s, s:o, s:o, s:o, s:{s:I, s:I, s:I}, s:o}", "dry_run", result == NULL,
		"configuration", migration->config->path, "data", migration->config->data,
		"compared_with_configuration_since", since_json(migration), "series", series,
		"totals", totals_json(migration), "disk", "files_to_grow",
		(json_int_t)migration->growing, "needed", (json_int_t)migration->peak, "free",
		(json_int_t)migration->room, "result", result_json(result));
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    putchar('\n') != EOF && fflush(stdout) == 0;

	json_decref(document);
	return good;
}
