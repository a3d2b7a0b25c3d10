/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instants and spans of a draft, in the zone of the process. What is wrong is reported. */
#ifndef NETGRADE_SIMULATE_INSTANTS_H
#define NETGRADE_SIMULATE_INSTANTS_H

#include "collector/base/nsec.h"
#include "collector/simulate/draft.h"

#include <stdbool.h>

/* A time of day such as "19:30", up to 24:00. False with a complaint. */
bool instants_time_of_day(const struct reading *reading, struct section *section,
			  struct value *value, nsec *out);

/* The instant of a value; one that was left out leaves *out as it is. False with a complaint. */
bool instants_read(const struct reading *reading, struct section *section, struct value *value,
		   nsec *out);

struct spans {
	struct period *items; /* in the arena of the reading */
	size_t count;
};

/* The spans within bounds that a draft names: one, or one a day. */
bool instants_spans(const struct reading *reading, struct section *section,
		    struct draft_span *draft, struct period bounds, struct spans *out);

#endif
