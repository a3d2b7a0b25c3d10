/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A path is a site measured in one family: what a source knows of it over a period. */
#ifndef NETGRADE_REPORTER_PATH_H
#define NETGRADE_REPORTER_PATH_H

#include "collector/store/paths.h"
#include "collector/store/sightings.h"
#include "config/config.h"
#include "reporter/facts.h"
#include "reporter/score.h"
#include "reporter/source.h"
#include "reporter/timeline.h"
#include "reporter/traits.h"

#include <stdbool.h>
#include <stddef.h>

enum path_state {
	PATH_NOT_CONFIGURED, /* no address or no test in this family */
	PATH_NOT_MEASURED,   /* configured, but nothing was ever stored */
	PATH_UNREADABLE,     /* what was stored cannot be read */
	PATH_NOT_COMMISSIONED,
	PATH_MEASURED,
};

struct path {
	enum path_state state;
	struct series_key key;
	struct view_series series;
	nsec settled; /* slots that end later need not be on record yet */
	nsec retyped; /* it was measured by other packets before; NSEC_UNDEFINED: it was not */
	struct view_gone gone;
	struct planned_path *planned;	  /* by the windows over the site; NULL where not known */
	struct availability_rule verdict; /* of its slots */
	struct series_key witness;	  /* cross-checks its loss; method "": there is none */
	struct facts facts;		  /* from PATH_NOT_COMMISSIONED on */
	struct score score;
	struct score announced;	   /* the second figure */
	char **evidence;	   /* by outage: the file, or NULL */
	struct path_event *events; /* of its way, where it is traced */
	size_t event_count;
	struct certificate_sighting *certificates; /* that visits of it were shown, by time */
	size_t certificate_count;
	struct end_sighting *ends; /* how its visits ended, likewise */
	size_t end_count;
	struct traits traits; /* where who read it made them */
};

/* Which path, by indices into the configuration, and when. */
struct path_request {
	const struct config *config;
	size_t site;
	size_t test;
	size_t agent;
	enum family family;
	struct period period;
	nsec now;			   /* slots that end later are not looked for */
	const struct window_list *windows; /* NULL where not known */
};

/* Whether the test measures the site in the family; CONFIG_NONE measures nothing. */
bool path_configured(const struct config *config, size_t site, size_t test, enum family family);

/* Whether the window is for the site. */
bool path_covered(const struct config *config, size_t site, const struct window_entry *entry);

/* What its measurements are stored under. */
struct series_key path_key(const struct path_request *request);

/* The test that cross-checks the request's by the same agent, site and family: the first of the
 * configuration whose method can. CONFIG_NONE where the request's needs none, or there is none. */
size_t path_witness(const struct path_request *request);

/* When slots that could still change the facts of the period are on record, or never will be. */
nsec path_settled_at(const struct path_request *request);

/* How the profile reads the slots of a path. */
struct facts_rule path_rule(const struct config *config, size_t site);

/* Everything but the score; the timeline too where it is not NULL and the path has facts. What
 * cannot be read is logged and marked. E_CORRUPT when the time does not add up. path_finish frees,
 * also what is all zero. */
MUST_CHECK enum err path_read(const struct source *source, const struct path_request *request,
			      struct path *out, struct timeline *timeline);
void path_finish(struct path *path);

/* Whether any row of the period was kept once and is no more. */
bool path_lacks_rows(const struct path *path);

/* What is stored of a path over a period. history_finish frees. */
struct history {
	struct record record;
	struct summary *slots;
	struct hour *hours;
};
MUST_CHECK enum err history_read(const struct source *source, const struct path *path,
				 struct period period, struct history *out);
void history_finish(struct history *history);

#endif
