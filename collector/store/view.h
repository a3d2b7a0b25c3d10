/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view reads what a store keeps, from another process too, while the store goes on writing. */
#ifndef NETGRADE_STORE_VIEW_H
#define NETGRADE_STORE_VIEW_H

#include "collector/base/err.h"
#include "collector/metric/histogram.h"
#include "collector/metric/summary.h"
#include "collector/store/key.h"

#include <stdbool.h>
#include <stddef.h>

struct view;

/* While a store runs, or after one was killed, the directory must be writable for SQLite's shared
 * memory beside spool.db; after a proper end read-only media serve too. */
MUST_CHECK enum err view_open(const char *directory, struct view **out);
void view_close(struct view *view);

struct view_series {
	struct series_key key;
	nsec interval;	  /* of the newest epoch */
	nsec first_slot;  /* start of the first slot ever recorded, NSEC_UNDEFINED if none */
	nsec first_reply; /* start of the first slot with an answer, NSEC_UNDEFINED if none: the
			   * series is not commissioned */
	nsec last_slot;	  /* end of the last slot recorded */
};

/* E_NOT_FOUND if the store never knew the series. */
MUST_CHECK enum err view_find(struct view *view, const struct series_key *key,
			      struct view_series *out);

/* Every slot whose start lies in the period, in order, without gaps: a slot of which nothing is
 * kept comes as summary_absent(SLOT_NO_RECORD), with SLOT_DROPPED where the store says that it was
 * measured and had to be dropped, cut at the recorded interval; where that changed,
 * what is left and shorter than a slot is one absent slot of its own. The caller frees
 * *out. Whether a slot is read from the spool or from the curves makes no difference. */
MUST_CHECK enum err view_slots(struct view *view, const struct series_key *key,
			       struct period period, struct summary **out, size_t *count);

/* One hour of delays. */
struct hour {
	nsec from;
	bool beyond; /* slots outside the period are counted too: only the whole hour is kept */
	struct delays delays;
};

/* Every hour (UTC-aligned) that overlaps the period and has at least one judged slot, in order. An
 * hour that the period cuts is counted from its slots inside the period while those are in the
 * spool, and as a whole, marked beyond, afterwards. The caller frees *out. */
MUST_CHECK enum err view_hours(struct view *view, const struct series_key *key,
			       struct period period, struct hour **out, size_t *count);

/* What of a period was kept once and is no more: its rows have expired, or their file is missing or
 * damaged. Empty where nothing is gone. */
struct view_gone {
	struct period slots;
	struct period hours;
};
MUST_CHECK enum err view_gone(struct view *view, const struct series_key *key, struct period period,
			      struct view_gone *out);

#endif
