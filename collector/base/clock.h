/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only place that asks the kernel for the time; a virtual clock can take its place. */
#ifndef NETGRADE_BASE_CLOCK_H
#define NETGRADE_BASE_CLOCK_H

#include "collector/base/nsec.h"

nsec clock_realtime(void);  /* since 1970 UTC; steps when the system clock is set */
nsec clock_monotonic(void); /* since an arbitrary start; never steps */

/* The time that this thread has kept a processor busy; the virtual clock does not know it. */
nsec clock_processor(void);

/* The same of all threads of the process. */
nsec clock_processor_all(void);

/* Monotonic, whatever a virtual clock shows: for telling how long work took. */
nsec clock_stopwatch(void);

/* Returns at this monotonic instant or later; the virtual clock moves on to it. */
void clock_sleep_until(nsec monotonic);

/* realtime − monotonic, read between two monotonic readings so that being descheduled cannot pass
 * for a step: the best of a few attempts. Its noise is about 0.2 µs; a change of more than 100 µs
 * between two calls is a clock step. */
nsec clock_offset(void);

/* From now on both clocks stand still at these values until clock_advance moves them. */
void clock_use_virtual(nsec realtime, nsec monotonic);
void clock_advance(nsec by);
void clock_step_virtual(nsec by); /* moves realtime alone, as an operator's date(1) would */

#endif
