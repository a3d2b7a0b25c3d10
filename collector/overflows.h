/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overflows are the times in which a receiving queue of the agent's own was full, so that answers
 * may be missing that came. Instants are realtime. */
#ifndef NETGRADE_COLLECTOR_OVERFLOWS_H
#define NETGRADE_COLLECTOR_OVERFLOWS_H

#include "collector/base/nsec.h"
#include "collector/probe/flight.h"

#include <stdbool.h>
#include <stddef.h>

enum { OVERFLOWS_MAX = 64 };

struct overflows {
	struct period times[OVERFLOWS_MAX]; /* in their order, apart from each other */
	size_t count;
};

/* In the order of time. When there are too many the first two become one, with the time between
 * them. */
void overflows_add(struct overflows *overflows, struct period time);

/* Whether a packet of the slot is without answer that was on its way in one of the times. */
bool overflows_concern(const struct overflows *overflows, const struct flight *flight);

#endif
