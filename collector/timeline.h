/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A timeline says when the tests of a configuration run in a period, by their calendars: in whole
 * slots, cut only where the period begins and ends. */
#ifndef NETGRADE_COLLECTOR_TIMELINE_H
#define NETGRADE_COLLECTOR_TIMELINE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

/* Times without overlap, in order; those that touch are one. */
struct spans {
	struct period *items;
	size_t count;
};

struct timeline {
	struct period period;
	struct spans always; /* of what no calendar rules */
	struct spans *tests; /* index for index */
	size_t test_count;
};

/* The period begins and ends with a whole second. The zone of the configuration must be the
 * process's. */
MUST_CHECK enum err timeline_create(const struct config *config, struct period period,
				    struct timeline **out);
void timeline_destroy(struct timeline *timeline); /* NULL is fine */

/* When a test runs; CONFIG_NONE: what is sent always. */
const struct spans *timeline_spans(const struct timeline *timeline, size_t test);

bool spans_contain(const struct spans *spans, nsec at);

/* How much of the period they cover. */
nsec spans_within(const struct spans *spans, struct period period);

#endif
