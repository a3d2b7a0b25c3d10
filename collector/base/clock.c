/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static atomic_bool is_virtual;
static _Atomic nsec virtual_realtime;
static _Atomic nsec virtual_monotonic;

static nsec ask(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts); /* cannot fail for these clocks on Linux */
	return (nsec)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

nsec clock_realtime(void)
{
	return is_virtual ? virtual_realtime : ask(CLOCK_REALTIME);
}

nsec clock_monotonic(void)
{
	return is_virtual ? virtual_monotonic : ask(CLOCK_MONOTONIC);
}

nsec clock_processor(void)
{
	return ask(CLOCK_THREAD_CPUTIME_ID);
}

nsec clock_processor_all(void)
{
	return ask(CLOCK_PROCESS_CPUTIME_ID);
}

nsec clock_stopwatch(void)
{
	return ask(CLOCK_MONOTONIC);
}

void clock_sleep_until(nsec monotonic)
{
	struct timespec until = {monotonic / NSEC_PER_SEC, monotonic % NSEC_PER_SEC};

	if (is_virtual && monotonic > virtual_monotonic)
		clock_advance(monotonic - virtual_monotonic);
	if (is_virtual)
		return;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

nsec clock_offset(void)
{
	nsec best_width = INT64_MAX;
	nsec best = 0;

	for (int attempt = 0; attempt < 4; attempt++) {
		nsec before = clock_monotonic();
		nsec real = clock_realtime();
		nsec after = clock_monotonic();
		if (after - before >= best_width)
			continue;
		best_width = after - before;
		best = real - (before + best_width / 2);
	}
	return best;
}

void clock_use_virtual(nsec realtime, nsec monotonic)
{
	virtual_realtime = realtime;
	virtual_monotonic = monotonic;
	is_virtual = true;
}

void clock_advance(nsec by)
{
	virtual_realtime += by;
	virtual_monotonic += by;
}

void clock_step_virtual(nsec by)
{
	virtual_realtime += by;
}
