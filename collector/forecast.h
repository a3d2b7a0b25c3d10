/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A forecast is all that a configuration is going to do in a period: what is sent when and to whom,
 * what that takes, which bounds it exceeds. */
#ifndef NETGRADE_COLLECTOR_FORECAST_H
#define NETGRADE_COLLECTOR_FORECAST_H

#include "collector/base/err.h"
#include "collector/demands.h"
#include "collector/flows.h"
#include "collector/needs.h"
#include "collector/store/windows.h"
#include "collector/timeline.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

/* A stretch of the timeline: an hour of the local clock, or a day where there are many. */
struct stretch {
	struct period period;
	struct amount sent;
};

struct forecast {
	const struct config *config;
	size_t agent; /* CONFIG_NONE: all of them */
	struct flows flows;
	struct timeline *timeline;
	struct demand total;
	struct demands demands[BUDGET_SCOPES];
	struct needs *needs; /* by agent */
	struct stretch *stretches;
	size_t stretch_count;
	bool daily;
	struct window_list
		windows; /* all that are known; those within are told by forecast_shows */
	struct diagnostics excesses; /* of the whole configuration, whichever agent was asked for */
};

/* The configuration must stay. Of archive.db, where there is one, it reads the windows; what keeps
 * it from that is logged. The zone of the configuration must be the process's. */
MUST_CHECK enum err forecast_create(const struct config *config, struct period period, size_t agent,
				    struct forecast **out);
void forecast_destroy(struct forecast *forecast); /* NULL is fine */

/* Whether the part of the window that stands reaches into the period. */
bool forecast_shows(const struct forecast *forecast, const struct window_entry *window);

/* "agent centre", "site core", "anchor 192.0.2.9", "organisation city"; the row's own name. */
const char *forecast_name(const struct forecast *forecast, enum budget_scope scope, size_t index);

/* As tables of at most 80 columns; every row where all is not 0. */
enum forecast_rows { FORECAST_TOP, FORECAST_ALL };
void forecast_print(const struct forecast *forecast, enum forecast_rows rows);

/* As one JSON document on standard output. False when it could not be written. */
bool forecast_print_json(const struct forecast *forecast);

#endif
