/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alarms follow every slot that is measured, away from the measuring loop: outages are recorded,
 * and whom the configuration names is told when they begin and end. */
#ifndef NETGRADE_ALARM_ALARMS_H
#define NETGRADE_ALARM_ALARMS_H

#include "collector/alarm/condition.h"
#include "collector/base/err.h"
#include "collector/metric/summary.h"
#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

struct alarms;

/* How the configuration wants slots judged. */
struct condition_rule alarms_rule(const struct config *config);

/* Starts the threads; the archive and what was stored are in the directory. */
MUST_CHECK enum err alarms_open(const char *directory, struct alarms **out);

/* Tells what has been gathered, gives its delivery some seconds, writes what is to be written.
 * What was not delivered is told after the next start. NULL is fine. */
void alarms_close(struct alarms *alarms);

struct alarm_path {
	uint32_t number; /* small; the same key always has the same */
	char *key;	 /* series_key_format; allocated */
};
void alarm_paths_free(struct alarm_path *paths, size_t count);

/* From now on this configuration and these paths, which are taken over. */
MUST_CHECK enum err alarms_configure(struct alarms *alarms, const struct config *config,
				     size_t agent, struct alarm_path *paths, size_t count);

/* A finished slot, handed to the store too. Returns at once. */
void alarms_put(struct alarms *alarms, uint32_t number, const struct summary *slot);

/* The agent is cut off in a family, or no more. Returns at once. */
struct alarm_cut_off {
	uint8_t family;
	struct period period; /* so far */
	bool open;
};
void alarms_cut_off(struct alarms *alarms, const struct alarm_cut_off *cut_off);

#endif
