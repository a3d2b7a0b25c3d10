/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV as RFC 4180 has it: records of cells, a cell in quotes may hold commas, line breaks and
 * doubled quotes; lines end with LF or CRLF. */
#ifndef NETGRADE_CONFIG_CSV_H
#define NETGRADE_CONFIG_CSV_H

#include "config/source.h"

struct cell {
	char *text; /* inside the source, unquoted in place */
	struct place place;
};

enum { CSV_CELLS_MAX = 64 };

struct csv {
	char *at;
	struct place place; /* of *at */
	struct cell cells[CSV_CELLS_MAX];
	size_t count; /* cells of the record, those beyond CSV_CELLS_MAX too */
	const char *problem;
	struct place problem_place;
};

/* Reads the source's text, which it changes. */
void csv_start(struct csv *csv, const struct source *source);

/* The next record that is not blank. False at the end, or with a problem. */
bool csv_next(struct csv *csv);

#endif
