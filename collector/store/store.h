/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store keeps the slots of many series: spooled durably at once, then gathered into curves and
 * histograms by a thread of its own. */
#ifndef NETGRADE_STORE_STORE_H
#define NETGRADE_STORE_STORE_H

#include "collector/base/err.h"
#include "collector/metric/histogram.h"
#include "collector/metric/summary.h"
#include "collector/store/key.h"
#include "collector/store/syncing.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

struct store_options {
	const char *directory; /* made with mode 0700 if absent */
	nsec keep_slots;       /* of native rows */
	nsec keep_hours;       /* of hourly rows */
	nsec gather;	       /* how long slots may wait in the spool before they are filed */
	nsec share;   /* how long a slot waits for others to share its commit; 0: a second */
	nsec closing; /* how long closing may go on filing, or what one group of files takes; 0: 10
			 s */
	enum syncing syncing;
	uint64_t wait_octets;  /* 0: 256 MiB */
	uint64_t spool_octets; /* 0: 4 GiB */
};

/* The bounds. Slots that the spool does not take, because the disk is full or read-only, wait in
 * memory and are tried again after every share. They take at most wait_octets there; when that is
 * reached the slots that come are dropped, of all series, until a commit has made room. When
 * spool.db has reached spool_octets, because slots cannot be filed, slots are dropped too, but for
 * the first of an hour of each series: it lets the hour before be filed and freed. What was dropped
 * is recorded with the next commit, for each series as a span with its number of slots and the
 * reason; readers see those slots with SLOT_DROPPED. A slot whose commit has returned is never
 * dropped. Beside the spool lies its journal, some tens of MB. Files of new series leave one part
 * in 128 of the disk to the spool. */

/* Takes the directory for this process (E_BUSY if another holds it), writes undo images back,
 * replays the spool, starts the threads. */
MUST_CHECK enum err store_open(const struct store_options *options, struct store **out);

/* Stops the threads after everything put has been committed and, within options.closing, filed;
 * what the spool keeps is filed after the next start. NULL is fine. */
void store_close(struct store *store);

/* Registers a series, or finds it; its slots have this length (whole seconds, a divisor of an
 * hour or 2, 4, 8 hours). A length other than the recorded one closes the old file as an epoch. */
MUST_CHECK enum err store_series(struct store *store, const struct series_key *key, nsec interval,
				 uint32_t *out);

/* Hands a finished slot over and returns at once; delays may be NULL when it holds none. Slots of a
 * series come in the order of time; one at or before the last known is dropped (counted). The
 * delays of a slot that cannot be judged are left out; those of a slot longer than an hour count
 * in the hour in which it starts. An hour goes into the histograms when a slot of a later hour is
 * filed: nothing else proves that it is over. Until then its slots stay in the spool. */
void store_put(struct store *store, uint32_t series, const struct summary *summary,
	       const struct delays *delays);

/* Returns when every slot put before is committed and filed; the first error since the last call.
 */
MUST_CHECK enum err store_flush(struct store *store);

/* The end of the last slot known of the series, NSEC_UNDEFINED if none: a restart goes on there. */
nsec store_last(struct store *store, uint32_t series);

struct store_counters {
	uint64_t put;
	uint64_t committed;
	uint64_t filed;	      /* curve rows written */
	uint64_t dropped_old; /* slots at or before the last known one */
	uint64_t dropped;     /* slots for which there was no room */
	uint64_t misfits;     /* slots off the series' grid or of another length */
	uint64_t quarantined; /* files set aside */
	uint64_t waiting;     /* put, not yet committed */
};
struct store_counters store_counters(struct store *store);

#endif
