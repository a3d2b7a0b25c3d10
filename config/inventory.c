/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/inventory.h"
#include "config/closest.h"
#include "config/csv.h"
#include "config/plain.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN_TEXT = 64 };

/* A key of a site that a column may hold: "tier", "scored.test". */
struct column {
	char name[COLUMN_TEXT];
	const struct key_row *row;
	size_t section; /* offset of the section that the key belongs to */
	size_t value;	/* offset of the value in the site */
	bool held;	/* the header has it */
};

struct inventory {
	const struct reading *reading;
	struct column columns[CSV_CELLS_MAX];
	size_t column_count;
	struct column *of_cell[CSV_CELLS_MAX]; /* NULL: unknown, ignored after its error */
	size_t cell_count;
};

static void add_columns(struct inventory *inventory, const struct key_row *rows, const char *prefix,
			size_t section)
{
	for (; rows->name != NULL && inventory->column_count < CSV_CELLS_MAX; rows++) {
		if (rows->type == VALUE_SECTION) {
			add_columns(inventory, rows->rows, rows->name, section + rows->offset);
			continue;
		}
		struct column *column = &inventory->columns[inventory->column_count++];
		*column = (struct column){
			.row = rows, .section = section, .value = section + rows->offset};
		snprintf(column->name, sizeof(column->name), "%s%s%s", prefix,
			 prefix[0] == '\0' ? "" : ".", rows->name);
	}
}

static struct column *find_column(struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->column_count; i++) {
		if (strcmp(inventory->columns[i].name, name) == 0)
			return &inventory->columns[i];
	}
	return NULL;
}

static void complain(struct inventory *inventory, struct place place, const char *key,
		     const char *message)
{
	diagnostics_add(inventory->reading->diagnostics, SEVERITY_ERROR, place, key, "%s", message);
}

static void unknown_column(struct inventory *inventory, const struct cell *cell)
{
	const char *names[CSV_CELLS_MAX];
	char message[512];
	size_t used;

	for (size_t i = 0; i < inventory->column_count; i++)
		names[i] = inventory->columns[i].name;
	const char *closest = closest_name(cell->text, names, inventory->column_count);
	if (closest != NULL) {
		snprintf(message, sizeof(message), "is an unknown column; did you mean %s?",
			 closest);
		find_column(inventory, closest)->held = true;
	} else {
		used = (size_t)snprintf(message, sizeof(message), "is an unknown column; known:");
		for (size_t i = 0; i < inventory->column_count && used < sizeof(message); i++)
			used += (size_t)snprintf(message + used, sizeof(message) - used, "%s %s",
						 i == 0 ? "" : ",", names[i]);
	}
	complain(inventory, cell->place, cell->text, message);
}

static void read_header(struct inventory *inventory, const struct csv *csv)
{
	inventory->cell_count = csv->count < CSV_CELLS_MAX ? csv->count : CSV_CELLS_MAX;
	if (csv->count > CSV_CELLS_MAX)
		complain(inventory, csv->cells[0].place, "", "has more than 64 columns");
	for (size_t i = 0; i < inventory->cell_count; i++) {
		struct column *column = find_column(inventory, csv->cells[i].text);
		if (column == NULL) {
			unknown_column(inventory, &csv->cells[i]);
			continue;
		}
		if (column->held)
			complain(inventory, csv->cells[i].place, column->name,
				 "is the second such column; remove one");
		else
			inventory->of_cell[i] = column;
		column->held = true;
	}
	for (size_t i = 0; i < inventory->column_count; i++) {
		const struct column *column = &inventory->columns[i];
		if (column->row->required && !column->held)
			complain(inventory, csv->cells[0].place, column->name,
				 "is missing; the header row must name this column");
	}
}

/* Words between spaces or semicolons, each a value of the list. */
static void set_list(const struct reading *reading, struct section *section,
		     const struct key_row *row, struct value *value, struct cell *cell)
{
	static const char separators[] = " ;\t";
	struct place place = cell->place;
	char *rest = NULL;

	*value = (struct value){.row = row, .state = VALUE_GIVEN, .place = place};
	value->items =
		arena_zeroed(reading->arena, strlen(cell->text) / 2 + 1, sizeof(*value->items));
	for (char *word = strtok_r(cell->text, separators, &rest); word != NULL;
	     word = strtok_r(NULL, separators, &rest)) {
		struct value *item = &value->items[value->count++];
		section_set(reading, section, row, item, place, word);
		if (item->state == VALUE_REFUSED)
			value->state = VALUE_REFUSED;
	}
}

static void set_cell(struct inventory *inventory, struct draft_site *site,
		     const struct column *column, struct cell *cell)
{
	struct section *section = (struct section *)(void *)((char *)site + column->section);
	struct value *value = (struct value *)(void *)((char *)site + column->value);

	value->place = cell->place;
	if (cell->text[0] == '\0')
		return;
	if (!plain_text(cell->text, strlen(cell->text))) {
		complain(inventory, cell->place, column->name,
			 "holds a line break or tab; write it on one line");
		value->state = VALUE_REFUSED;
		section->broken = true;
	} else if (column->row->list) {
		set_list(inventory->reading, section, column->row, value, cell);
	} else {
		section_set(inventory->reading, section, column->row, value, cell->place,
			    cell->text);
	}
}

/* A column that the header lacks or misspells was reported there once, not in every row. */
static void excuse_columns(const struct inventory *inventory, struct draft_site *site)
{
	bool in_cells[CSV_CELLS_MAX] = {false};

	for (size_t i = 0; i < inventory->cell_count; i++) {
		if (inventory->of_cell[i] != NULL)
			in_cells[inventory->of_cell[i] - inventory->columns] = true;
	}
	for (size_t i = 0; i < inventory->column_count; i++) {
		const struct column *column = &inventory->columns[i];
		struct value *value = (struct value *)(void *)((char *)site + column->value);
		if (in_cells[i] || (!column->row->required && !column->held))
			continue;
		value->state = VALUE_REFUSED;
		((struct section *)(void *)((char *)site + column->section))->broken = true;
	}
}

static void read_site(struct inventory *inventory, struct csv *csv, struct draft_site *site)
{
	const struct reading *reading = inventory->reading;

	site->named.section = (struct section){csv->cells[0].place, "", false};
	site->scored.section = (struct section){csv->cells[0].place, "scored", false};
	excuse_columns(inventory, site);
	for (size_t i = 0; i < csv->count; i++) {
		if (inventory->of_cell[i] != NULL)
			set_cell(inventory, site, inventory->of_cell[i], &csv->cells[i]);
	}
	for (const struct key_row *row = site_rows; row->name != NULL; row++) {
		if (row->type == VALUE_SECTION)
			section_finish(reading, row->rows, section_member(site, row));
	}
	section_finish(reading, site_rows, site);
}

static struct draft_site *append_site(struct section_list *sites, size_t *capacity)
{
	if (sites->count == *capacity) {
		*capacity = 2 * *capacity + 64;
		sites->items = memory_grow(sites->items, *capacity, sizeof(struct draft_site));
	}
	struct draft_site *site = (struct draft_site *)(void *)sites->items + sites->count++;
	memset(site, 0, sizeof(*site));
	return site;
}

/* The rows behind the header, into a growing array that is not in the arena. */
static void read_rows(struct inventory *inventory, struct csv *csv, struct section_list *sites)
{
	char message[128];
	size_t capacity = 0;

	while (csv_next(csv)) {
		if (csv->count == inventory->cell_count) {
			read_site(inventory, csv, append_site(sites, &capacity));
			continue;
		}
		snprintf(message, sizeof(message), "the row has %zu cells; the header names %zu",
			 csv->count, inventory->cell_count);
		complain(inventory, csv->cells[0].place, "", message);
		sites->broken = true;
	}
	if (csv->problem != NULL) {
		complain(inventory, csv->problem_place, "", csv->problem);
		sites->broken = true;
	}
}

/* One array in the arena from what the YAML gave and what the rows gave. */
static void join(struct arena *arena, struct section_list *sites, struct section_list *rows)
{
	char *items = arena_zeroed(arena, sites->count + rows->count, sizeof(struct draft_site));

	if (sites->count > 0)
		memcpy(items, sites->items, sites->count * sizeof(struct draft_site));
	if (rows->count > 0)
		memcpy(items + sites->count * sizeof(struct draft_site), rows->items,
		       rows->count * sizeof(struct draft_site));
	free(rows->items);
	sites->items = items;
	sites->count += rows->count;
	sites->broken |= rows->broken;
}

void inventory_read(const struct reading *reading, const struct source *source,
		    struct section_list *sites)
{
	struct inventory inventory = {.reading = reading};
	struct section_list rows = {.items = NULL};
	struct csv csv;

	csv_start(&csv, source);
	add_columns(&inventory, site_rows, "", 0);
	if (csv_next(&csv)) {
		read_header(&inventory, &csv);
		read_rows(&inventory, &csv, &rows);
	} else if (csv.problem != NULL) {
		complain(&inventory, csv.problem_place, "", csv.problem);
		rows.broken = true;
	} else {
		complain(&inventory, (struct place){source->path, 1, 1}, "",
			 "is empty; the header row must name the columns, name, organisation and "
			 "tier among them");
		rows.broken = true;
	}
	join(reading->arena, sites, &rows);
}
