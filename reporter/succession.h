/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A succession is the series that a path was measured as, one after another, as configurations
 * changed. As a source it answers for the last of them with what all of them hold, and tells time
 * in which no configuration asked for the path as unscheduled. */
#ifndef NETGRADE_REPORTER_SUCCESSION_H
#define NETGRADE_REPORTER_SUCCESSION_H

#include "reporter/configurations.h"
#include "reporter/source.h"

struct successions;

/* Of the scored paths of all sites, over a source of slots and hours, which must outlive it. */
struct successions *successions_create(const struct source *source,
				       const struct configurations *configurations);
void successions_destroy(struct successions *successions); /* NULL is fine */

/* The source to be read instead; valid as long as they are. */
struct source successions_source(struct successions *successions);

#endif
