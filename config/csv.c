/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/csv.h"

void csv_start(struct csv *csv, const struct source *source)
{
	*csv = (struct csv){.at = source->text, .place = {source->path, 1, 1}};
}

/* Moves on by one octet; a column is a character, which continuation octets do not begin. */
static void step(struct csv *csv)
{
	char c = *csv->at++;

	if (c == '\n' || (c == '\r' && *csv->at != '\n')) {
		csv->place.line++;
		csv->place.column = 1;
	} else if (((unsigned char)*csv->at & 0xC0) != 0x80 && c != '\r') {
		csv->place.column++;
	}
}

static bool ends_cell(char c)
{
	return c == ',' || c == '\n' || c == '\r' || c == '\0';
}

static bool refuse(struct csv *csv, struct place place, const char *problem)
{
	csv->problem = problem;
	csv->problem_place = place;
	return false;
}

/* A cell in quotes, unquoted towards its front; *csv->at is the opening quote. */
static bool quoted_cell(struct csv *csv, struct cell *cell)
{
	char *into = csv->at;

	step(csv);
	for (;;) {
		if (*csv->at == '\0')
			return refuse(csv, cell->place,
				      "the quote is not closed; end the cell with \"");
		if (*csv->at == '"') {
			step(csv);
			if (*csv->at != '"')
				break;
		}
		*into++ = *csv->at;
		step(csv);
	}
	if (!ends_cell(*csv->at))
		return refuse(csv, csv->place,
			      "text follows the closing quote; write a quote inside a cell twice");
	/* Never the octet at csv->at: the quotes themselves made room. */
	*into = '\0';
	return true;
}

static bool plain_cell(struct csv *csv)
{
	for (; !ends_cell(*csv->at); step(csv)) {
		if (*csv->at == '"')
			return refuse(csv, csv->place,
				      "a quote in a cell that has none around it; quote the cell "
				      "and double the quote");
	}
	return true;
}

/* The line break or end behind a record. */
static void end_record(struct csv *csv)
{
	if (*csv->at == '\r')
		step(csv);
	if (*csv->at == '\n')
		step(csv);
}

static bool read_record(struct csv *csv)
{
	struct cell beyond;
	char separator;

	csv->count = 0;
	do {
		struct cell *cell = csv->count < CSV_CELLS_MAX ? &csv->cells[csv->count] : &beyond;
		*cell = (struct cell){csv->at, csv->place};
		csv->count++;
		if (*csv->at == '"' ? !quoted_cell(csv, cell) : !plain_cell(csv))
			return false;
		char *end = csv->at;
		separator = *end;
		if (separator == ',')
			step(csv);
		else
			end_record(csv);
		if (separator != '\0')
			*end = '\0';
	} while (separator == ',');
	return true;
}

bool csv_next(struct csv *csv)
{
	while (*csv->at != '\0') {
		if (!read_record(csv))
			return false;
		if (csv->count > 1 || csv->cells[0].text[0] != '\0')
			return true;
	}
	return false;
}
