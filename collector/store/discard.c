/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/discard.h"

#include <stdlib.h>

void discard_finish(struct discard *discard)
{
	free(discard->rows);
	*discard = (struct discard){0};
}

enum err discard_add_row(struct discard *discard, int64_t row)
{
	if (discard->count == discard->room) {
		size_t room = discard->room == 0 ? 1024 : 2 * discard->room;
		int64_t *rows = realloc(discard->rows, room * sizeof(*rows));
		if (rows == NULL)
			return E_MEMORY;
		discard->rows = rows;
		discard->room = room;
	}
	discard->rows[discard->count++] = row;
	return E_OK;
}

enum err discard_add(struct discard *discard, struct spool *spool, int64_t newest)
{
	int64_t row = newest;
	enum err rc = E_OK;

	while (row > 0 && rc == E_OK) {
		int64_t previous;
		rc = spool_previous(spool, row, &previous);
		if (rc == E_OK)
			rc = discard_add_row(discard, row);
		if (rc == E_OK)
			row = previous;
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a;
	const int64_t *y = b;

	return (*x > *y) - (*x < *y);
}

enum err discard_run(struct discard *discard, struct spool *spool)
{
	const int64_t *rows = discard->rows;
	enum err rc = E_OK;

	if (discard->count > 1)
		qsort(discard->rows, discard->count, sizeof(*rows), compare);
	for (size_t i = 0, end; rc == E_OK && i < discard->count; i = end) {
		for (end = i + 1; end < discard->count && rows[end] == rows[end - 1] + 1;)
			end++;
		rc = spool_free_between(spool, rows[i], rows[end - 1]);
	}
	discard_clear(discard);
	return rc;
}

void discard_clear(struct discard *discard)
{
	discard->count = 0;
}
