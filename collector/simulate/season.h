/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A season is what one configuration says of slots while they are measured: its calendars, and the
 * maintenance that was announced. */
#ifndef NETGRADE_SIMULATE_SEASON_H
#define NETGRADE_SIMULATE_SEASON_H

#include "collector/base/err.h"
#include "collector/maintenance.h"
#include "collector/store/archive.h"
#include "collector/timetable.h"

struct season {
	struct timetable timetable;
	struct maintenance *maintenance;
};

/* With the windows that the archive has. */
MUST_CHECK enum err season_init(struct season *season, const struct config *config,
				struct archive *archive);
void season_finish(struct season *season);

#endif
