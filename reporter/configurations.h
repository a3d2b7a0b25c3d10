/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configurations are those that were in force in a period, one after another, loaded as they were
 * kept. */
#ifndef NETGRADE_REPORTER_CONFIGURATIONS_H
#define NETGRADE_REPORTER_CONFIGURATIONS_H

#include "config/config.h"
#include "reporter/source.h"

#include <stddef.h>

struct in_force {
	struct period period; /* the first from INT64_MIN where nothing is known of before */
	struct config *config;
};

struct configurations {
	struct in_force *items; /* oldest first, without gaps between them */
	size_t count;		/* 0: none are known */
	nsec known_from;	/* the first was noted then */
};

/* Those of the period. One that cannot be understood any more is logged and left out.
 * configurations_finish frees. */
MUST_CHECK enum err configurations_read(const struct source *source, struct period period,
					const struct config *given, struct configurations *out);
void configurations_finish(struct configurations *configurations);

/* The one in force at a time, NULL where none is known. */
const struct in_force *configurations_at(const struct configurations *configurations, nsec at);

/* Loads the one in force at the last moment of the period, with the profile of then; NULL where
 * none is known, or where it is the one given. */
MUST_CHECK enum err configurations_last(const struct source *source, struct period period,
					const struct config *given, struct config **out);

#endif
