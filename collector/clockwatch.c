/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/clockwatch.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"

/* realtime − monotonic does not move but by a step; what slewing could leak into it in the time
 * between two looks is allowed for. */
static const nsec step_min = 100 * NSEC_PER_USEC;
static const int64_t slew_divisor = 1000;

/* After a jump ahead of more than an hour the clock may be wrong by years. Slots written then would
 * bar every honest one, so nothing is handed over until the clock has stood for a while. */
static const nsec jump_ahead = NSEC_PER_HOUR;
static const nsec distrust = 5 * NSEC_PER_MIN;

struct clockwatch clockwatch_start(void)
{
	nsec now = clock_monotonic();

	return (struct clockwatch){.offset = clock_offset(), .looked_at = now, .trusted_from = now};
}

nsec clockwatch_look(struct clockwatch *watch)
{
	nsec now = clock_monotonic();
	nsec offset = clock_offset();
	nsec moved = offset - watch->offset;
	nsec allowed = step_min + (now - watch->looked_at) / slew_divisor;

	watch->looked_at = now;
	if (moved < -allowed || moved > allowed)
		return moved;
	watch->offset = offset;
	return 0;
}

/* A clock that leapt ahead must stand for a while, unless it was set back to where it was. */
void clockwatch_accept(struct clockwatch *watch, nsec moved)
{
	nsec now = watch->looked_at;

	watch->offset += moved;
	watch->ahead = (now < watch->trusted_from ? watch->ahead : 0) + moved;
	watch->trusted_from = now;
	if (watch->ahead <= jump_ahead)
		return;
	watch->trusted_from = now + distrust;
	log_warn("agent",
		 "the system clock leapt ahead by more than an hour: no slot is handed over for "
		 "%.0f min, in case it is wrong",
		 (double)distrust / (double)NSEC_PER_MIN);
}

bool clockwatch_trusted(const struct clockwatch *watch)
{
	return clock_monotonic() >= watch->trusted_from;
}
