/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lookout notices what is new in the visits of each series: another certificate, or another end.
 * What stays as it was it tells now and then only. */
#ifndef NETGRADE_COLLECTOR_LOOKOUT_H
#define NETGRADE_COLLECTOR_LOOKOUT_H

#include "collector/base/err.h"
#include "collector/metric/visit.h"
#include "collector/store/sightings.h"

#include <stddef.h>
#include <stdint.h>

struct lookout;

/* The longest that something unchanged is not told again. */
enum { LOOKOUT_REMINDER_S = 3600 };

struct lookout_listener {
	void *context;
	void (*certificate)(void *context, const struct certificate_sighting *sighting);
	void (*end)(void *context, const struct end_sighting *sighting);
};

MUST_CHECK enum err lookout_create(const struct lookout_listener *listener, struct lookout **out);
void lookout_destroy(struct lookout *lookout); /* NULL is fine */

/* A visit of a series, known by a number and its key. */
void lookout_take(struct lookout *lookout, uint32_t number, const struct series_key *key,
		  const struct visit *visit);

/* Tells what was not told yet, of all series. */
void lookout_flush(struct lookout *lookout);

#endif
