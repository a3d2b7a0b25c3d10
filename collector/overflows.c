/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/overflows.h"

#include <string.h>

static void join_first(struct overflows *overflows)
{
	struct period *times = overflows->times;

	times[1].from = times[0].from;
	memmove(&times[0], &times[1], --overflows->count * sizeof(times[0]));
}

void overflows_add(struct overflows *overflows, struct period time)
{
	if (overflows->count > 0) {
		struct period *last = &overflows->times[overflows->count - 1];
		if (time.from <= last->until) {
			last->until = time.until > last->until ? time.until : last->until;
			return;
		}
	}
	if (overflows->count == OVERFLOWS_MAX)
		join_first(overflows);
	overflows->times[overflows->count++] = time;
}

bool overflows_concern(const struct overflows *overflows, const struct flight *flight)
{
	for (size_t i = overflows->count; i-- > 0;) {
		if (overflows->times[i].until < flight->slot.from)
			return false;
		if (flight_missed(flight, overflows->times[i]))
			return true;
	}
	return false;
}
