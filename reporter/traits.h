/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traits are what is kept of a path's timeline once it has been read: what recurs in it, and when
 * nothing could be told. */
#ifndef NETGRADE_REPORTER_TRAITS_H
#define NETGRADE_REPORTER_TRAITS_H

#include "reporter/recurring.h"
#include "reporter/timeline.h"

#include <stddef.h>

struct traits {
	struct recurring recurring[RECURRING_MOST];
	size_t recurring_count;
	/* Unknown through the measurement's own doing: not those before the first answer, nor those
	 * that a router limits. */
	struct stretch *unknown;
	size_t unknown_count;
	struct period limited; /* from the first to the last slot of that kind; empty: none */
};

/* traits_finish frees, also what is all zero. */
void traits_make(const struct timeline *timeline, struct traits *out);
void traits_finish(struct traits *traits);

#endif
