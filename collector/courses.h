/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Courses are the series under measurement; a new plan is taken over by difference, so that what it
 * leaves untouched keeps its phase and its open slots. */
#ifndef NETGRADE_COLLECTOR_COURSES_H
#define NETGRADE_COLLECTOR_COURSES_H

#include "collector/agent.h"
#include "collector/base/err.h"
#include "collector/plan.h"

#include <stddef.h>
#include <stdint.h>

/* Kept small, there being one for each series: its key is made when it is asked for. */
struct course {
	struct target target;
	struct ask *ask;			/* the target's, owned; NULL */
	const struct calendar_config *calendar; /* of the plan taken over last */
	uint32_t number;			/* the agent's */
	uint32_t stored;			/* the store's */
	char name[];				/* the target's */
};

struct courses {
	char agent[KEY_NAME];  /* all of them have it measure */
	struct course **items; /* in the order of their keys */
	size_t count;
	struct course **by_number; /* those retired too: their last slots are still to come */
	size_t number_count;
};

struct difference {
	size_t kept;
	size_t added;
	size_t retired;
	size_t left_out; /* this machine cannot measure them; logged */
};

/* E_MEMORY: what was taken over until then stays. */
MUST_CHECK enum err courses_take_over(struct courses *courses, struct agent *agent,
				      const struct plan *plan, struct difference *out);
void courses_finish(struct courses *courses);

struct series_key courses_key(const struct courses *courses, const struct course *course);

/* NULL if there never was one of this number. */
const struct course *courses_at(const struct courses *courses, uint32_t number);

#endif
