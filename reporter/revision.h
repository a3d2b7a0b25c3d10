/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revisions are the figures in which a new edition of a month differs from the one before. */
#ifndef NETGRADE_REPORTER_REVISION_H
#define NETGRADE_REPORTER_REVISION_H

#include "reporter/assessment.h"

#include <stddef.h>
#include <stdint.h>

/* The indicators in the profile's units, and behind them these two. */
enum { FIGURE_COVERAGE = INDICATOR_COUNT, FIGURE_SCORE, FIGURE_COUNT };

/* The indicators' names, "coverage" and "score". */
const char *figure_name(size_t figure);

/* What an assessment says of one site in one family. */
struct site_figures {
	char *site;
	uint8_t family; /* 4 or 6 */
	double value[FIGURE_COUNT];
};

/* Of all sites, by site and family. */
struct figures {
	struct site_figures *items;
	size_t count;
};

void figures_of(const struct assessment *assessment, struct figures *out);
void figures_finish(struct figures *figures);

/* Called for every figure that differs; one that is not there is NAN. */
struct revision {
	const char *site;
	uint8_t family;
	size_t figure;
	double before;
	double after;
};
typedef enum err revision_visit(void *context, const struct revision *revision);
MUST_CHECK enum err figures_compare(const struct figures *before, const struct figures *after,
				    revision_visit *visit, void *context);

#endif
