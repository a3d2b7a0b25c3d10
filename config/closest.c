/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/closest.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Slips that turn one word into the other: a letter added, left out or mistaken, or two neighbours
 * swapped (Damerau, in its restricted form). Words longer than WORD_MAX are never close. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1]; /* of the last three letters of a */
	size_t len = strlen(b);

	if (strlen(a) > WORD_MAX || len > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= len; j++)
		rows[0][j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *above_that = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above_that[j - 2] + 1);
		}
	}
	return rows[strlen(a) % 3][len];
}

const char *closest_name(const char *word, const char *const *candidates, size_t count)
{
	size_t allowed = strlen(word) <= 1 ? 0 : strlen(word) <= 4 ? 1 : strlen(word) <= 8 ? 2 : 3;
	const char *closest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(candidates[i]);
		/* The distance is at least the difference of the lengths. */
		if (len > strlen(word) + allowed || strlen(word) > len + allowed)
			continue;
		size_t distance = edit_distance(word, candidates[i]);
		if (distance > allowed)
			continue;
		allowed = distance > 0 ? distance - 1 : 0;
		closest = candidates[i];
		if (distance == 0)
			break;
	}
	return closest;
}
