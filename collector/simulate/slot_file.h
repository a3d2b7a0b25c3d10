/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slot file is a file of slot rows, checked as a whole before the first row is used. */
#ifndef NETGRADE_SIMULATE_SLOT_FILE_H
#define NETGRADE_SIMULATE_SLOT_FILE_H

#include "collector/base/err.h"
#include "collector/store/slot_row.h"

#include <stdbool.h>
#include <stddef.h>

struct slot_file;

enum { SLOT_FILE_LONGEST = 4096 };
#define SLOT_FILE_NONE SIZE_MAX

/* E_SYNTAX when it has lines that are no slots; they, and what else is wrong, are printed on
 * standard error. */
MUST_CHECK enum err slot_file_open(const char *path, struct slot_file **out);
void slot_file_close(struct slot_file *file); /* NULL is fine */

size_t slot_file_count(const struct slot_file *file); /* series */
/* The number of a series, below the count; SLOT_FILE_NONE if it has no slot. */
size_t slot_file_find(const struct slot_file *file, const struct series_key *key);
struct period slot_file_period(const struct slot_file *file);
nsec slot_file_shortest(const struct slot_file *file); /* slot */

struct slot_file_row {
	struct slot_row slot;
	size_t series;
	bool begins; /* the first of its series, or of another length than the one before */
};

/* The next row, those of a series in the order of time; E_NOT_FOUND: there is none. */
MUST_CHECK enum err slot_file_next(struct slot_file *file, struct slot_file_row *out);

#endif
