/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maintenance tells which slots announced windows make planned, while they are measured: their
 * histograms then leave them out. It reads the archive again and again, so that a window is noticed
 * soon after it was entered or cancelled. */
#ifndef NETGRADE_COLLECTOR_MAINTENANCE_H
#define NETGRADE_COLLECTOR_MAINTENANCE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/store/windows.h"
#include "config/config.h"

#include <stdbool.h>

/* Whether the window covers the site, and what all windows of the list make planned of it. */
bool maintenance_covers(const struct config *config, size_t site, const struct window_entry *entry);
MUST_CHECK enum err maintenance_of(const struct config *config, size_t site,
				   const struct window_list *list, struct planned_path **out);

struct maintenance;

MUST_CHECK enum err maintenance_create(struct maintenance **out);
void maintenance_destroy(struct maintenance *maintenance); /* NULL is fine */

/* From now on these sites and this rule; the configuration must outlive their use. */
void maintenance_configure(struct maintenance *maintenance, const struct config *config);

/* From now on these windows; takes the list over and leaves an empty one. */
void maintenance_take(struct maintenance *maintenance, struct window_list *list);

/* Whether the slot of the series that measure the site with this key is planned. Without memory it
 * is not; logged. */
bool maintenance_plans(struct maintenance *maintenance, const char *key, struct period slot);

/* Whether it is time to read the windows again; then the next time is a while later. now:
 * monotonic. */
bool maintenance_due(struct maintenance *maintenance, nsec now);

#endif
