/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A score judges the facts of a path by a profile: points per indicator, gates, vetoes, a grade.
 * A group's score is made from its members' scores by weight. */
#ifndef NETGRADE_REPORTER_SCORE_H
#define NETGRADE_REPORTER_SCORE_H

#include "config/config.h"
#include "reporter/facts.h"

#include <stdbool.h>
#include <stddef.h>

/* Why a path gets no score. */
enum gate {
	GATE_NO_DATA = 1u << 0,	 /* nothing was judged, or the path was never in service */
	GATE_COVERAGE = 1u << 1, /* below the profile's coverage_required */
	GATE_SERVICE = 1u << 2,	 /* in service for less than the profile asks */
	GATE_DELAYS = 1u << 3, /* histograms hold fewer of the judged packets than coverage asks */
};

enum veto {
	VETO_AVAILABILITY = 1u << 0, /* below the tier's anchor of no points */
	VETO_OUTAGE = 1u << 1,	     /* an outage passed the profile's length */
};

/* Full doubles inside; NAN where there is no score. */
struct score {
	double value[INDICATOR_COUNT];	/* in the scale's unit; INFINITY: loss passed the p95 */
	double points[INDICATOR_COUNT]; /* NAN where missing */
	double weight[INDICATOR_COUNT]; /* as applied, sum 100; 0 where missing */
	bool missing[INDICATOR_COUNT];	/* its method is not configured */
	bool rough[INDICATOR_COUNT];	/* modes are mixed in a bucket: the value is not exact */
	double coverage;		/* 0 to 1 */
	bool marked;			/* coverage below the profile's mark */
	unsigned gates;			/* enum gate; a trial is scored in spite of them */
	unsigned vetoes;		/* enum veto */
	double uncapped;
	double exact; /* after the veto's cap */
	double printed;
	const struct grade *grade; /* NULL without score, and in a trial */
};

enum score_mode { SCORE_REGULAR, SCORE_TRIAL };

/* What is judged, and how. */
struct score_subject {
	const struct profile *profile;
	enum tier tier;
	enum reach reach;
	enum score_mode mode;
	bool missing[INDICATOR_COUNT];
};

/* How the profile reads slots of a tier and reach. */
struct facts_rule score_facts_rule(const struct profile *profile, enum tier tier, enum reach reach);

/* Which indicators a test cannot give. */
void score_missing(const struct test_config *test, bool missing[INDICATOR_COUNT]);

/* Why facts give no score in a regular assessment: enum gate; 0: they do. */
unsigned score_gates(const struct profile *profile, const struct facts *facts);

struct score score_path(const struct score_subject *subject, const struct facts *facts);
struct score score_nothing(const struct score_subject *subject); /* of a path without facts */

bool score_given(const struct score *score);

/* Points that the score lacks to 100 because of one indicator: they and the veto's sum to
 * 100 − exact. */
double score_lost(const struct score *score, enum indicator indicator);
double score_lost_to_veto(const struct score *score);

/* The grade of a printed score. */
const struct grade *score_grade(const struct profile *profile, double printed);

/* Members by weight. Start with a zeroed one. */
struct group {
	size_t members;
	size_t scored;
	size_t vetoed;
	bool barred; /* a member's veto bars the top grade */
	double weight;
	double scored_weight;
	double sum; /* Σ weight · exact over the scored */
	nsec judged;
	nsec scheduled;
	double exact; /* the rest is set by the finishing functions */
	double printed;
	const struct grade *grade;
	bool gated; /* too little of the weight is scored */
};

void group_add(struct group *group, const struct profile *profile, enum tier tier, double weight,
	       const struct score *score);
void group_add_time(struct group *group, const struct facts *facts);

/* Of an organisation or a tier: Σ weight · S / Σ weight over what is scored. */
void group_finish(struct group *group, const struct profile *profile, enum score_mode mode);

/* Of the network, from its finished tiers by the profile's tier weights; a tier without members
 * leaves its weight to the others. */
void group_finish_network(struct group *network, const struct group tiers[TIER_COUNT],
			  const struct profile *profile, enum score_mode mode);

double group_coverage(const struct group *group); /* NAN where nothing was scheduled */

#endif
