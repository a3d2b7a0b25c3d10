/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any octets as a profile: every diagnostic has its place, and what loads has a source for each
 * threshold. */
#include "config/profile.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sources(const struct profile *profile)
{
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++) {
		const struct scale *scale = profile_scale(profile, i, TIER_METRO, REACH_CITY);
		assert(scale->count >= 2 && scale->count <= SCALE_ANCHORS_MAX);
		for (size_t k = 0; k < scale->count; k++)
			assert(scale->anchors[k].source != NULL);
		(void)scale_points(scale, scale_value(scale, 50));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = {0};
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	struct profile *profile = profile_load_text(text, "fuzz.yaml", &diagnostics);
	for (size_t i = 0; i < diagnostics.count; i++) {
		assert(diagnostics.items[i].line >= 1 && diagnostics.items[i].column >= 1);
		assert(diagnostics.items[i].message[0] != '\0');
	}
	assert((profile == NULL) == (diagnostics.errors > 0));
	if (profile != NULL)
		check_sources(profile);
	profile_destroy(profile);
	diagnostics_finish(&diagnostics);
	free(text);
	return 0;
}
