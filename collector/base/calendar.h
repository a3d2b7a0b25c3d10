/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar periods in one named time zone for the whole process. Periods are half-open. */
#ifndef NETGRADE_BASE_CALENDAR_H
#define NETGRADE_BASE_CALENDAR_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stddef.h>
#include <time.h>

enum { CALENDAR_TEXT = 40 };

/* Makes name (such as "Asia/Shanghai") the zone of this process, for localtime too.
 * E_NOT_FOUND if the zone's file is not installed: libc would silently mean UTC. */
MUST_CHECK enum err calendar_use_zone(const char *name);

/* "2026-10" → from its first midnight to the next month's. E_SYNTAX, E_RANGE. */
MUST_CHECK enum err calendar_month(const char *text, struct period *out);

/* The month that t lies in. */
struct period calendar_month_of(nsec t);

/* The week that t lies in, from Monday's midnight to the next. */
struct period calendar_week_of(nsec t);

/* "2026-10-05", "2026-10-05T08:30", "2026-10-05T08:30:15", local time; one with a time of day may
 * end in its offset from UTC, "+08:00" or "Z". E_SYNTAX, E_RANGE; E_RANGE also for a local time
 * that a change of clocks leaves out, or repeats and has no offset. */
MUST_CHECK enum err calendar_parse(const char *text, nsec *out);

/* The local date and time at an instant. */
struct tm calendar_local(nsec t);

/* "2026-10-05 08:30:15" (seconds left out when zero), local time. */
void calendar_format(nsec t, char out[CALENDAR_TEXT]);

/* "2026-10-05T08:30:15+08:00". */
void calendar_format_iso(nsec t, char out[CALENDAR_TEXT]);

/* Local midnight that starts the day after the one t lies in; days may have 23 or 25 hours. */
nsec calendar_next_midnight(nsec t);

#endif
