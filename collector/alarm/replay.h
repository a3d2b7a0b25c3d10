/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A replay finds the outages and alarms that stored slots make by given counts, whatever was told
 * when they were measured. */
#ifndef NETGRADE_ALARM_REPLAY_H
#define NETGRADE_ALARM_REPLAY_H

#include "collector/alarm/condition.h"
#include "collector/base/err.h"
#include "collector/store/outages.h"
#include "collector/store/view.h"

#include <stddef.h>

struct replay {
	struct outage_record *outages;
	size_t outage_count;
	size_t outage_room;
	struct alarm_record *alarms;
	size_t alarm_count;
	size_t alarm_room;
};

struct replay_request {
	struct view *view;
	const struct series_key *key;
	struct condition_rule rule;
	struct period period;
};

/* Adds those of a path that overlap the period. E_NOT_FOUND: nothing is stored of it. */
MUST_CHECK enum err replay_path(struct replay *replay, const struct replay_request *request);

/* Those that the archive has, in place of what was there. */
MUST_CHECK enum err replay_recorded(struct replay *replay, struct archive *archive,
				    struct period period);

/* In the order of their beginnings, then of their keys. */
void replay_sort(struct replay *replay);

void replay_finish(struct replay *replay);

#endif
