/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A watcher captures the packets of a series at the beginning of an outage, as evidence. It is
 * bounded: few captures at once, few packets each. */
#ifndef NETGRADE_COLLECTOR_WATCHER_H
#define NETGRADE_COLLECTOR_WATCHER_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/journal.h"
#include "collector/net/capture.h"
#include "collector/store/key.h"

struct watcher;

/* Makes DIRECTORY/evidence. The capture and the journal outlive the watcher. */
MUST_CHECK enum err watcher_create(const char *directory, struct capture *capture,
				   struct journal *journal, struct watcher **out);

/* Finishes what is being captured. NULL is fine. */
void watcher_destroy(struct watcher *watcher);

/* Captures what matches the filter for the rest of the slot and one more of its length. */
void watcher_start(struct watcher *watcher, const struct series_key *key, struct period slot,
		   const char *filter);

/* Copies what has arrived and finishes captures whose time is over. */
void watcher_tick(struct watcher *watcher);

#endif
