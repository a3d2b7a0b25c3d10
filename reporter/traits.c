/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/traits.h"

#include "reporter/text/must.h"

#include <stdlib.h>

static void add_limited(struct period *limited, const struct stretch *stretch)
{
	if (stretch->why != UNKNOWN_LIMITED)
		return;
	if (limited->from == limited->until)
		limited->from = stretch->from;
	limited->until = stretch->until;
}

void traits_make(const struct timeline *timeline, struct traits *out)
{
	struct traits traits = {0};
	size_t capacity = 0;

	traits.recurring_count = recurring_find(timeline, traits.recurring);
	for (size_t i = 0; i < timeline->stretch_count; i++) {
		const struct stretch *stretch = &timeline->stretches[i];
		add_limited(&traits.limited, stretch);
		if (stretch->verdict != VERDICT_UNKNOWN ||
		    stretch->why == UNKNOWN_NOT_COMMISSIONED || stretch->why == UNKNOWN_LIMITED)
			continue;
		traits.unknown = must_grow(traits.unknown, traits.unknown_count, &capacity,
					   sizeof(*traits.unknown));
		traits.unknown[traits.unknown_count++] = *stretch;
	}
	*out = traits;
}

void traits_finish(struct traits *traits)
{
	free(traits->unknown);
	*traits = (struct traits){0};
}
