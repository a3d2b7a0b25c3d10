/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A timetable tells by the calendars of a configuration which slots are measured. The zone of the
 * configuration must be that of the process. */
#ifndef NETGRADE_COLLECTOR_TIMETABLE_H
#define NETGRADE_COLLECTOR_TIMETABLE_H

#include "collector/base/nsec.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

struct timetable {
	const struct config *config;
	/* By calendar: the year last told in the log, of those not known and of those coming. */
	int missing_told[CALENDARS_MOST];
	int coming_told[CALENDARS_MOST];
};

/* The calendars of a configuration, which must stay as long as it is asked. */
void timetable_take(struct timetable *timetable, const struct config *config);

/* Why a slot that starts then is not measured by a calendar (NULL: always open): 0, it is;
 * SLOT_UNSCHEDULED outside the calendar; SLOT_UNSENT in a year whose holidays are not known, which
 * is logged once. */
uint32_t timetable_withholds(struct timetable *timetable, const struct calendar_config *calendar,
			     nsec from);

/* Looks at its calendars as of now. False with an error among the diagnostics. */
bool timetable_check(const struct config *config, nsec now, struct diagnostics *diagnostics);

/* A configuration that can be used now, its zone become the process's. NULL with an error among the
 * diagnostics. */
struct config *timetable_load(const char *path, nsec now, struct diagnostics *diagnostics);

#endif
