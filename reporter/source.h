/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source is where the measurements of an assessment come from: a store's view, a closed period's
 * facts, or arrays in a test. */
#ifndef NETGRADE_REPORTER_SOURCE_H
#define NETGRADE_REPORTER_SOURCE_H

#include "collector/store/archive.h"
#include "collector/store/paths.h"
#include "collector/store/sightings.h"
#include "collector/store/view.h"
#include "collector/store/windows.h"
#include "reporter/facts.h"
#include "reporter/timeline.h"

#include <stddef.h>

/* The functions answer as those of view.h and archive.h do. */
struct source {
	void *context;
	MUST_CHECK enum err (*find)(void *context, const struct series_key *key,
				    struct view_series *out);
	MUST_CHECK enum err (*slots)(void *context, const struct series_key *key,
				     struct period period, struct summary **out, size_t *count);
	MUST_CHECK enum err (*hours)(void *context, const struct series_key *key,
				     struct period period, struct hour **out, size_t *count);
	MUST_CHECK enum err (*evidence)(void *context, const struct series_key *key,
					struct period period, struct evidence **out, size_t *count);
	/* What happened to the path; NULL where it is not known. */
	MUST_CHECK enum err (*path_events)(void *context, const struct series_key *key,
					   struct period period, struct path_event **out,
					   size_t *count);
	/* The certificates that its visits showed; NULL where that is not known. */
	MUST_CHECK enum err (*certificates)(void *context, const struct series_key *key,
					    struct period period, struct certificate_sighting **out,
					    size_t *count);
	/* How its visits ended, by the time; NULL where that is not known. */
	MUST_CHECK enum err (*ends)(void *context, const struct series_key *key,
				    struct period period, struct end_sighting **out, size_t *count);
	MUST_CHECK enum err (*cut_offs)(void *context, struct period period, struct cut_off **out,
					size_t *count);
	/* Announced maintenance, all of it; E_NOT_FOUND, or NULL, where it is not known. */
	MUST_CHECK enum err (*windows)(void *context, struct window_list *out);
	/* The configurations in force; NULL where none are known. */
	MUST_CHECK enum err (*configurations)(void *context, struct period period,
					      configuration_visit *visit, void *visitor);
	/* What of the period was kept once and is no more; NULL where nothing can be lost. */
	MUST_CHECK enum err (*gone)(void *context, const struct series_key *key,
				    struct period period, struct view_gone *out);
	/* Facts and timelines ready made, of one period alone; NULL: they are made from slots and
	 * hours. A source that has them needs no slots and hours. */
	MUST_CHECK enum err (*facts)(void *context, const struct series_key *key,
				     struct facts *out);
	MUST_CHECK enum err (*timeline)(void *context, const struct series_key *key,
					struct timeline *out);
};

#endif
