/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/closest.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 64 };

/* Levenshtein distance; words longer than WORD_MAX are never close. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t len = strlen(b);

	if (strlen(a) > WORD_MAX || len > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}

const char *closest_name(const char *word, const char *const *candidates, size_t count)
{
	size_t allowed = strlen(word) <= 4 ? 1 : strlen(word) <= 8 ? 2 : 3;
	const char *closest = NULL;

	for (size_t i = 0; i < count; i++) {
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
