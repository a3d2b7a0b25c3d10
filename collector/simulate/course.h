/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A course is one series of a scenario under one configuration: what is asked of its agent, and the
 * link that its packets meet. */
#ifndef NETGRADE_SIMULATE_COURSE_H
#define NETGRADE_SIMULATE_COURSE_H

#include "collector/base/err.h"
#include "collector/simulate/link.h"
#include "collector/simulate/scenario.h"
#include "collector/store/key.h"

#include <stdbool.h>
#include <stddef.h>

struct course {
	struct series_key key;
	size_t phase;				/* whose configuration asks for it */
	const struct calendar_config *calendar; /* NULL: always */
	struct link link;
	nsec next;	 /* start of its next slot */
	nsec until;	 /* no slot begins at or after this */
	uint32_t stored; /* its number in the store */
	bool registered; /* there */
};

struct course_list {
	struct course *items; /* those of one series in the order of time */
	size_t count;
};

/* What every agent would plan, phase by phase. E_MEMORY, E_UNSUPPORTED. */
MUST_CHECK enum err course_list_make(const struct scenario *scenario, struct course_list *out);
void course_list_finish(struct course_list *list);

#endif
