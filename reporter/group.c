/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/score.h"

#include "reporter/doc/doc.h"

#include <math.h>

void group_add(struct group *group, const struct profile *profile, enum tier tier, double weight,
	       const struct score *score)
{
	group->members++;
	group->weight += weight;
	if (!score_given(score))
		return;
	group->scored++;
	group->scored_weight += weight;
	group->sum += weight * score->exact;
	if (score->vetoes == 0)
		return;
	group->vetoed++;
	group->barred |= profile->veto_bars_top[tier];
}

void group_add_time(struct group *group, const struct facts *facts)
{
	group->judged += facts_judged_time(facts);
	group->scheduled += facts_scheduled_time(facts);
}

static void set_score(struct group *group, double sum, double weight, double required)
{
	group->exact = NAN;
	group->printed = NAN;
	group->grade = NULL;
	group->gated = group->scored_weight < required * group->weight;
	if (weight > 0) {
		group->exact = sum / weight;
		group->printed = round_half_up(group->exact, 1);
	}
}

static void ungate(struct group *group, const struct profile *profile, enum score_mode mode)
{
	if (mode == SCORE_TRIAL)
		return;
	if (group->gated) {
		group->exact = NAN;
		group->printed = NAN;
	}
	if (!isnan(group->exact))
		group->grade = score_grade(profile, group->printed);
}

void group_finish(struct group *group, const struct profile *profile, enum score_mode mode)
{
	set_score(group, group->sum, group->scored_weight, profile->weight_required);
	ungate(group, profile, mode);
}

void group_finish_network(struct group *network, const struct group tiers[TIER_COUNT],
			  const struct profile *profile, enum score_mode mode)
{
	double sum = 0;
	double present = 0;
	double scored = 0;

	for (size_t t = 0; t < TIER_COUNT; t++) {
		if (tiers[t].members == 0)
			continue;
		present += profile->tier_weight[t];
		if (isnan(tiers[t].exact))
			continue;
		scored += profile->tier_weight[t];
		sum += profile->tier_weight[t] * tiers[t].exact;
	}
	set_score(network, sum, scored, profile->weight_required);
	network->gated = scored < profile->weight_required * present;
	ungate(network, profile, mode);
	/* The top grade is for networks without a vetoed member where the profile says so. */
	if (network->grade == &profile->grades[0] && network->barred && profile->grade_count > 1)
		network->grade = &profile->grades[1];
}

double group_coverage(const struct group *group)
{
	return group->scheduled == 0 ? (double)NAN
				     : (double)group->judged / (double)group->scheduled;
}
