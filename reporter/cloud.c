/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/cloud.h"

#include "reporter/doc/doc.h"

#include <math.h>
#include <string.h>

enum { SCORE_DECIMALS = 1 };

/* "TLSv1.2" and newer. */
static bool is_old(const char *tls)
{
	static const char prefix[] = "TLSv1.";

	return strncmp(tls, prefix, sizeof(prefix) - 1) != 0 || tls[sizeof(prefix) - 1] < '2';
}

enum shown cloud_shown(const struct cloud_rule *rule,
		       const struct certificate_sighting *certificate, nsec at)
{
	int64_t days = certificate_days_left(&certificate->certificate, at);

	/* One that was valid when it was seen last may have ended since. */
	if (!certificate->certificate.verified)
		return SHOWN_INVALID;
	if (!certificate->certificate.named)
		return SHOWN_MISNAMED;
	if (is_old(certificate->tls))
		return SHOWN_OLD_TLS;
	if (days < (int64_t)rule->days_least)
		return SHOWN_SHORT;
	return days < (int64_t)rule->days_full ? SHOWN_ENDING : SHOWN_GOOD;
}

static enum shown shown_by(const struct cloud_subject *subject)
{
	const struct packets *judged = &subject->visits->judged;

	if (!subject->encrypted)
		return SHOWN_PLAIN;
	if (subject->certificate != NULL)
		return cloud_shown(&subject->profile->cloud, subject->certificate,
				   subject->visits->period.until);
	return judged->sent > judged->lost ? SHOWN_UNKNOWN : SHOWN_NOTHING;
}

static void set_p95(struct cloud_score *score, enum cloud_indicator indicator,
		    const struct facts *facts)
{
	const struct quantile *p95 = &facts->quantile[DELAY_RTT][P95];

	score->value[indicator] = facts_milliseconds(p95->value);
	score->rough[indicator] = !p95->exact;
}

static void set_values(struct cloud_score *score, const struct cloud_subject *subject)
{
	const struct facts *connections = subject->connections;

	score->value[CLOUD_AVAILABILITY] = facts_availability(subject->visits);
	set_p95(score, CLOUD_FIRST_BYTE, subject->visits);
	score->missing[CLOUD_CONNECTION] =
		connections == NULL || facts_judged_time(connections) == 0;
	if (!score->missing[CLOUD_CONNECTION])
		set_p95(score, CLOUD_CONNECTION, connections);
	score->shown = shown_by(subject);
	score->missing[CLOUD_CERTIFICATE] = score->shown == SHOWN_UNKNOWN;
	if (subject->certificate != NULL)
		score->value[CLOUD_CERTIFICATE] = (double)certificate_days_left(
			&subject->certificate->certificate, subject->visits->period.until);
}

static double certificate_points(const struct cloud_rule *rule, enum shown shown)
{
	if (shown == SHOWN_GOOD)
		return 100;
	return shown == SHOWN_ENDING ? rule->points_least : 0;
}

static double points_of(const struct cloud_subject *subject, const struct cloud_score *score,
			enum cloud_indicator indicator)
{
	const struct profile *profile = subject->profile;
	double value = score->value[indicator];

	switch (indicator) {
	case CLOUD_AVAILABILITY:
		return scale_points(&profile->cloud.availability, value);
	case CLOUD_FIRST_BYTE:
		return scale_points(&profile->cloud.first_byte, value);
	case CLOUD_CONNECTION:
		/* The delay's scales are one for all tiers. */
		return scale_points(
			profile_scale(profile, INDICATOR_DELAY, TIER_ACCESS, subject->reach),
			value);
	case CLOUD_CERTIFICATE:
	case CLOUD_COUNT:
		break;
	}
	return certificate_points(&profile->cloud, score->shown);
}

static void set_points(struct cloud_score *score, const struct cloud_subject *subject)
{
	const double *weight = subject->profile->cloud.weight;
	double shared = 0;
	double sum = 0;

	for (size_t i = 0; i < CLOUD_COUNT; i++)
		shared += score->missing[i] ? 0 : weight[i];
	for (enum cloud_indicator i = 0; i < CLOUD_COUNT; i++) {
		if (score->missing[i] || !(shared > 0))
			continue;
		score->weight[i] = 100 * weight[i] / shared;
		score->points[i] = points_of(subject, score, i);
		sum += score->weight[i] * score->points[i];
	}
	score->exact = sum / 100;
}

struct cloud_score cloud_judge(const struct cloud_subject *subject)
{
	struct cloud_score score = {
		.coverage = facts_coverage(subject->visits),
		.gates = score_gates(subject->profile, subject->visits),
		.exact = NAN,
		.printed = NAN,
	};

	for (size_t i = 0; i < CLOUD_COUNT; i++)
		score.value[i] = score.points[i] = NAN;
	score.marked = score.coverage < subject->profile->coverage_marked;
	set_values(&score, subject);
	if ((score.gates & GATE_NO_DATA) != 0 ||
	    (score.gates != 0 && subject->mode == SCORE_REGULAR))
		return score;
	set_points(&score, subject);
	score.printed = round_half_up(score.exact, SCORE_DECIMALS);
	if (subject->mode == SCORE_REGULAR && !isnan(score.exact))
		score.grade = score_grade(subject->profile, score.printed);
	return score;
}
