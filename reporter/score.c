/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/score.h"

#include "reporter/doc/doc.h"

#include <math.h>
#include <string.h>

enum { FULL_POINTS = 100, SCORE_DECIMALS = 1 };

static nsec delay_bound(const struct profile *profile, enum indicator indicator, enum tier tier,
			enum reach reach, double points)
{
	const struct scale *scale = profile_scale(profile, indicator, tier, reach);

	return (nsec)(scale_value(scale, points) * (double)NSEC_PER_MSEC);
}

struct facts_rule score_facts_rule(const struct profile *profile, enum tier tier, enum reach reach)
{
	return (struct facts_rule){
		.verdict = {.c1 = profile->c1,
			    .degraded_loss = profile->degraded_loss,
			    .degraded_delay = delay_bound(profile, INDICATOR_DELAY, tier, reach,
							  profile->degraded_points)},
		.outage = {.slots = profile->outage_slots,
			   .bridge = profile->outage_bridge_ns,
			   .long_after = profile->veto_outage_ns},
		.full_points = {[DELAY_RTT] = delay_bound(profile, INDICATOR_DELAY, tier, reach,
							  FULL_POINTS),
				[DELAY_PDV] = delay_bound(profile, INDICATOR_PDV, tier, reach,
							  FULL_POINTS)},
	};
}

void score_missing(const struct test_config *test, bool missing[INDICATOR_COUNT])
{
	memset(missing, 0, INDICATOR_COUNT * sizeof(missing[0]));
	/* A lone packet is its slot's smallest: its variation says nothing. */
	missing[INDICATOR_PDV] = test->packets < 2;
}

static void set_values(struct score *score, const struct facts *facts)
{
	const struct quantile *rtt = facts->quantile[DELAY_RTT];
	const struct quantile *pdv = facts->quantile[DELAY_PDV];

	score->value[INDICATOR_AVAILABILITY] = facts_availability(facts);
	score->value[INDICATOR_LOSS] = facts_loss(&facts->judged);
	score->value[INDICATOR_DELAY] = facts_milliseconds(rtt[P95].value);
	score->value[INDICATOR_PDV] = facts_milliseconds(pdv[P95].value);
	score->rough[INDICATOR_DELAY] = !rtt[P95].exact;
	score->rough[INDICATOR_PDV] = !pdv[P95].exact;
}

/* The weights of the indicators there are, scaled to 100 together. */
static void share_weights(struct score *score, const struct score_subject *subject)
{
	double sum = 0;

	for (size_t i = 0; i < INDICATOR_COUNT; i++) {
		score->missing[i] = subject->missing[i];
		sum += subject->missing[i] ? 0 : subject->profile->weight[i];
	}
	for (size_t i = 0; i < INDICATOR_COUNT; i++) {
		if (!subject->missing[i] && sum > 0)
			score->weight[i] = 100 * subject->profile->weight[i] / sum;
	}
}

static void set_points(struct score *score, const struct score_subject *subject)
{
	double sum = 0;

	for (enum indicator i = 0; i < INDICATOR_COUNT; i++) {
		score->points[i] = NAN;
		if (score->missing[i])
			continue;
		score->points[i] = scale_points(
			profile_scale(subject->profile, i, subject->tier, subject->reach),
			score->value[i]);
		sum += score->weight[i] * score->points[i];
	}
	score->uncapped = sum / 100;
}

unsigned score_gates(const struct profile *profile, const struct facts *facts)
{
	unsigned gates = 0;

	if (!facts->commissioned || facts_judged_time(facts) == 0)
		return GATE_NO_DATA;
	if (facts_coverage(facts) < profile->coverage_required)
		gates |= GATE_COVERAGE;
	if (facts->period.until - facts->first_reply < profile->service_required_ns)
		gates |= GATE_SERVICE;
	if (facts_delay_coverage(facts) < profile->coverage_required)
		gates |= GATE_DELAYS;
	return gates;
}

static unsigned vetoes_of(const struct score_subject *subject, const struct score *score,
			  const struct facts *facts)
{
	const struct profile *profile = subject->profile;
	const struct scale *scale =
		profile_scale(profile, INDICATOR_AVAILABILITY, subject->tier, subject->reach);
	unsigned vetoes = 0;

	if (profile->veto_availability &&
	    score->value[INDICATOR_AVAILABILITY] < scale_value(scale, 0))
		vetoes |= VETO_AVAILABILITY;
	if (profile->veto_outage_tier[subject->tier] && facts->long_outage)
		vetoes |= VETO_OUTAGE;
	return vetoes;
}

const struct grade *score_grade(const struct profile *profile, double printed)
{
	for (size_t i = 0; i < profile->grade_count; i++) {
		if (printed >= profile->grades[i].from)
			return &profile->grades[i];
	}
	return &profile->grades[profile->grade_count - 1];
}

static void set_grade(struct score *score, const struct score_subject *subject)
{
	const struct profile *profile = subject->profile;

	score->exact = score->uncapped;
	if (score->vetoes != 0 && score->exact > profile->veto_cap)
		score->exact = profile->veto_cap;
	score->printed = round_half_up(score->exact, SCORE_DECIMALS);
	if (isnan(score->exact) || subject->mode == SCORE_TRIAL)
		return;
	score->grade = score->vetoes != 0 ? &profile->grades[profile->grade_count - 1]
					  : score_grade(profile, score->printed);
}

struct score score_nothing(const struct score_subject *subject)
{
	struct score score = {
		.coverage = NAN,
		.gates = GATE_NO_DATA,
		.uncapped = NAN,
		.exact = NAN,
		.printed = NAN,
	};

	share_weights(&score, subject);
	for (size_t i = 0; i < INDICATOR_COUNT; i++)
		score.value[i] = score.points[i] = NAN;
	return score;
}

struct score score_path(const struct score_subject *subject, const struct facts *facts)
{
	struct score score = score_nothing(subject);

	score.coverage = facts_coverage(facts);
	score.marked = score.coverage < subject->profile->coverage_marked ||
		       facts_delay_coverage(facts) < subject->profile->coverage_marked;
	score.gates = score_gates(subject->profile, facts);
	set_values(&score, facts);
	if ((score.gates & GATE_NO_DATA) != 0)
		return score;
	set_points(&score, subject);
	/* What is not scored is not vetoed either: too little is known of it. */
	if (score.gates != 0 && subject->mode == SCORE_REGULAR)
		return score;
	score.vetoes = vetoes_of(subject, &score, facts);
	set_grade(&score, subject);
	return score;
}

bool score_given(const struct score *score)
{
	return !isnan(score->exact);
}

double score_lost(const struct score *score, enum indicator indicator)
{
	if (score->missing[indicator])
		return 0;
	return score->weight[indicator] * (FULL_POINTS - score->points[indicator]) / 100;
}

double score_lost_to_veto(const struct score *score)
{
	return score->uncapped - score->exact;
}
