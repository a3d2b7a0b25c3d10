/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/past.h"

/* Slots are read so long before a period, where an outage began earlier. */
static const nsec looked_back = 32 * NSEC_PER_DAY;

enum err past_read(const struct source *source, struct period period, const struct config *given,
		   struct past *out)
{
	struct past past = {.source = *source};
	struct period wide = {period.from - looked_back, period.until};
	enum err rc = configurations_read(source, wide, given, &past.configurations);

	if (rc != E_OK)
		return rc;
	if (source->slots != NULL) {
		past.successions = successions_create(source, &past.configurations);
		past.source = successions_source(past.successions);
	}
	*out = past;
	return E_OK;
}

void past_finish(struct past *past)
{
	successions_destroy(past->successions);
	configurations_finish(&past->configurations);
	*past = (struct past){0};
}
