/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An assessment is what a report is about: the sites of a network over a period, their facts and
 * scores in both families, the groups above them, and where the points went. */
#ifndef NETGRADE_REPORTER_ASSESSMENT_H
#define NETGRADE_REPORTER_ASSESSMENT_H

#include "config/config.h"
#include "reporter/changes.h"
#include "reporter/edition.h"
#include "reporter/path.h"
#include "reporter/period.h"
#include "reporter/score.h"
#include "reporter/source.h"

#include <stdbool.h>
#include <stddef.h>

struct assessed {
	size_t site; /* index into the configuration */
	struct path path[FAMILY_COUNT];
};

/* A site that left in the period: part of no group, but reported. */
struct departed {
	const struct departure *departure;
	struct path path[FAMILY_COUNT];
};

/* Columns that are never mixed: what is scored, IPv6 by itself, and what is scored once more with
 * all announced windows taken as planned. */
enum scoring { SCORING_PRIMARY, SCORING_IPV6, SCORING_ANNOUNCED, SCORING_COUNT };

/* The paths of one tier in one family, taken together. */
struct pool {
	size_t members;	 /* configured in the family */
	size_t measured; /* and judged at least once */
	nsec time[VERDICT_COUNT];
	struct packets judged;
	struct delays *delays; /* a row per measured path */
	size_t count;
	size_t capacity;
};

/* Points that the headline lacks because of one site. */
struct cause {
	size_t assessed;
	enum indicator indicator; /* INDICATOR_COUNT: the veto's cap */
	double points;		  /* of the headline's 100; all causes sum to 100 − S */
};

struct assessment {
	const struct config *config;
	const struct profile *profile;
	struct report_period period;
	enum score_mode mode;
	size_t organisation;	       /* whose subtree; CONFIG_NONE for the whole network */
	const struct edition *edition; /* the closing that it rests on; NULL: the store itself */
	struct assessed *sites;
	size_t site_count;
	struct group tiers[SCORING_COUNT][TIER_COUNT];
	struct group headline[SCORING_COUNT];	    /* of the network, or of the organisation */
	struct group *organisations[SCORING_COUNT]; /* by index, each of its whole subtree */
	struct pool pools[FAMILY_COUNT][TIER_COUNT];
	struct cut_off *cut_offs; /* of the agents that score a site here */
	size_t cut_off_count;
	struct window_list windows; /* all there are, of other periods and sites too */
	bool windows_known;	    /* false: the slots' own flags stand */
	struct cause *causes;	    /* most points first */
	size_t cause_count;
	struct changes changes; /* of the sites and tests in the period */
	struct departed *departed;
	size_t departed_count;
	/* This period over the sites that were there when it began, with the weights of then; no
	 * members where they are not known. */
	struct group before;
	nsec time[VERDICT_COUNT]; /* of all primary paths with facts: sums to time_paths periods */
	size_t time_paths;
};

struct assessment_request {
	const struct config *config;
	struct report_period period;
	enum score_mode mode;
	size_t organisation;
	const struct edition *edition; /* NULL: the source is a store */
	/* Those of the period, which must outlive the assessment; NULL: none are known. */
	const struct configurations *configurations;
};

/* E_CORRUPT when a path's time does not add up; what cannot be read is logged and its path marked.
 * assessment_finish frees. */
MUST_CHECK enum err assessment_make(const struct assessment_request *request,
				    const struct source *source, struct assessment *out);
void assessment_finish(struct assessment *assessment);

/* Whether any path has a judged slot. */
bool assessment_measured(const struct assessment *assessment);

const struct site *assessment_site(const struct assessment *assessment, size_t assessed);
enum family assessment_family(const struct assessment *assessment, size_t assessed,
			      enum scoring scoring);
const struct path *assessment_path(const struct assessment *assessment, size_t assessed,
				   enum scoring scoring);
const struct score *assessment_score(const struct assessment *assessment, size_t assessed,
				     enum scoring scoring);

#endif
