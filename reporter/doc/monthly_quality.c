/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quality by tier: scores, measured quality in both families side by side, where points went. */
#include "reporter/doc/monthly_parts.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SCORE_CELLS = 7 };

static void add_score_cells(struct monthly *m, struct value *cells, const struct group *primary,
			    const struct group *ipv6)
{
	cells[0] = value_count(primary->members);
	cells[1] = value_count(primary->scored);
	cells[2] = value_count(primary->vetoed);
	cells[3] = value_share(group_coverage(primary));
	cells[4] = value_points(m, primary->exact, primary->grade);
	cells[5] = value_grade(m, primary->printed, primary->grade);
	cells[6] = value_points(m, ipv6->exact, ipv6->grade);
}

/* The columns of add_score_cells behind a first one. */
#define SCORE_COLUMNS(m, key, id)                                                                  \
	{                                                                                          \
		{key, word(m, id), ALIGN_START},                                                   \
			{"sites", word(m, TEXT_SUMMARY_MEMBERS), ALIGN_END},                       \
			{"scored_sites", word(m, TEXT_SUMMARY_SCORED), ALIGN_END},                 \
			{"vetoed_sites", word(m, TEXT_COLUMN_VETOED), ALIGN_END},                  \
			{"coverage", word(m, TEXT_COLUMN_COVERAGE), ALIGN_END},                    \
			{"score", word(m, TEXT_SCORE_SCORE), ALIGN_END},                           \
			{"grade", word(m, TEXT_SCORE_GRADE), ALIGN_START},                         \
			{"ipv6_score", word(m, TEXT_SCORE_IPV6), ALIGN_END},                       \
	}

void add_tier_scores(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = SCORE_COLUMNS(m, "tier", TEXT_COLUMN_TIER);
	struct value cells[COUNT(columns)];

	doc_table(m->doc, "tier_scores", word(m, TEXT_QUALITY_TIER_SCORES), columns,
		  COUNT(columns));
	for (enum tier t = 0; t < TIER_COUNT; t++) {
		if (a->tiers[SCORING_PRIMARY][t].members == 0)
			continue;
		cells[0] = value_text(say_tier(m, t));
		add_score_cells(m, cells + 1, &a->tiers[SCORING_PRIMARY][t],
				&a->tiers[SCORING_IPV6][t]);
		doc_row(m->doc, cells);
	}
	cells[0] = value_text(say_subject(m));
	add_score_cells(m, cells + 1, &a->headline[SCORING_PRIMARY], &a->headline[SCORING_IPV6]);
	doc_row(m->doc, cells);
}

static struct value pool_delay(const struct pool *pool, enum indicator indicator)
{
	enum delay_kind kind = indicator == INDICATOR_DELAY ? DELAY_RTT : DELAY_PDV;
	struct quantile q = delays_quantile(pool->delays, pool->count, kind, percentiles[P95]);
	struct value value = value_measured(indicator, facts_milliseconds(q.value));

	return q.exact ? value : value_roughened(value);
}

static struct value pool_value(const struct pool *pool, enum indicator indicator)
{
	nsec up = pool->time[VERDICT_GOOD] + pool->time[VERDICT_DEGRADED];
	nsec judged = up + pool->time[VERDICT_BAD];

	if (indicator == INDICATOR_AVAILABILITY)
		return value_measured(indicator, judged == 0 ? (double)NAN
							     : 100 * (double)up / (double)judged);
	if (indicator == INDICATOR_LOSS)
		return value_measured(indicator, facts_loss(&pool->judged));
	return pool_delay(pool, indicator);
}

static void add_tier_quality(struct monthly *m)
{
	static const struct {
		const char *key;
		enum text_id id;
	} titles[] = {
		{"availability_ipv4", TEXT_COLUMN_AVAILABILITY_IPV4},
		{"availability_ipv6", TEXT_COLUMN_AVAILABILITY_IPV6},
		{"loss_ipv4", TEXT_COLUMN_LOSS_IPV4},
		{"loss_ipv6", TEXT_COLUMN_LOSS_IPV6},
		{"delay_ipv4", TEXT_COLUMN_DELAY_IPV4},
		{"delay_ipv6", TEXT_COLUMN_DELAY_IPV6},
		{"pdv_ipv4", TEXT_COLUMN_PDV_IPV4},
		{"pdv_ipv6", TEXT_COLUMN_PDV_IPV6},
	};
	struct column columns[1 + COUNT(titles)] = {
		{"tier", word(m, TEXT_COLUMN_TIER), ALIGN_START}};
	struct value cells[COUNT(columns)];

	for (size_t i = 0; i < COUNT(titles); i++)
		columns[i + 1] = (struct column){titles[i].key, word(m, titles[i].id), ALIGN_END};
	doc_table(m->doc, "tier_quality", word(m, TEXT_QUALITY_TIER_QUALITY), columns,
		  COUNT(columns));
	for (enum tier t = 0; t < TIER_COUNT; t++) {
		if (m->assessment->tiers[SCORING_PRIMARY][t].members == 0)
			continue;
		cells[0] = value_text(say_tier(m, t));
		for (size_t i = 0; i < COUNT(titles); i++) {
			const struct pool *pool = &m->assessment->pools[i % 2][t];
			enum indicator indicator = (enum indicator)(i / 2);
			cells[i + 1] = pool_value(pool, indicator);
		}
		doc_row(m->doc, cells);
	}
	doc_note(m->doc, word(m, TEXT_QUALITY_POOLED));
	doc_note(m->doc, word(m, TEXT_QUALITY_REFERENCE));
}

/* Points lost by tier and indicator: what is missing to 100. */
static void add_lost_points(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	double lost[TIER_COUNT + 1][INDICATOR_COUNT + 2] = {{0}};
	struct column columns[INDICATOR_COUNT + 3] = {
		{"tier", word(m, TEXT_COLUMN_TIER), ALIGN_START}};
	struct value cells[COUNT(columns)];

	for (size_t i = 0; i < a->cause_count; i++) {
		const struct cause *cause = &a->causes[i];
		enum tier tier = assessment_site(a, cause->assessed)->tier;
		lost[tier][cause->indicator] += cause->points;
		lost[tier][INDICATOR_COUNT + 1] += cause->points;
		lost[TIER_COUNT][cause->indicator] += cause->points;
		lost[TIER_COUNT][INDICATOR_COUNT + 1] += cause->points;
	}
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		columns[i + 1] = (struct column){indicator_name(i), say_indicator(m, i), ALIGN_END};
	columns[INDICATOR_COUNT + 1] =
		(struct column){"veto", say_indicator(m, INDICATOR_COUNT), ALIGN_END};
	columns[INDICATOR_COUNT + 2] =
		(struct column){"total", word(m, TEXT_COLUMN_TOTAL), ALIGN_END};
	doc_table(m->doc, "points_lost", word(m, TEXT_QUALITY_LOST), columns, COUNT(columns));
	for (size_t t = 0; t <= TIER_COUNT; t++) {
		if (t < TIER_COUNT && a->tiers[SCORING_PRIMARY][t].scored == 0)
			continue;
		cells[0] = value_text(t < TIER_COUNT ? say_tier(m, (enum tier)t)
						     : word(m, TEXT_COLUMN_TOTAL));
		for (size_t i = 0; i < INDICATOR_COUNT + 2; i++)
			cells[i + 1] = value_number(lost[t][i], 2, "");
		doc_row(m->doc, cells);
	}
	doc_note(m->doc, PHRASE(m, TEXT_QUALITY_LOST_SUM,
				say_number(m, a->headline[SCORING_PRIMARY].exact, 2, ""),
				say_number(m, lost[TIER_COUNT][INDICATOR_COUNT + 1], 2, "")));
}

void add_tiers(struct monthly *m)
{
	const struct assessment *a = m->assessment;

	doc_heading(m->doc, 1, word(m, TEXT_CHAPTER_QUALITY), "quality");
	add_tier_scores(m);
	if (a->headline[SCORING_PRIMARY].barred)
		doc_note(m->doc, word(m, TEXT_QUALITY_BARRED));
	add_tier_quality(m);
	if (!isnan(a->headline[SCORING_PRIMARY].exact))
		add_lost_points(m);
}

static size_t depth_of(const struct config *config, size_t organisation)
{
	size_t depth = 0;

	while ((organisation = config->organisations[organisation].parent) != CONFIG_NONE)
		depth++;
	return depth;
}

/* A child's name is set in under its parent's. */
static const char *say_branch(struct monthly *m, size_t organisation)
{
	const struct config *config = m->assessment->config;
	const char *text = title_in(m, &config->organisations[organisation].title);

	for (size_t depth = depth_of(config, organisation); depth > 0; depth--)
		text = PHRASE(m, TEXT_QUALITY_BRANCH, text);
	return text;
}

/* The organisation's row, then those of its children. */
static void add_branch(struct monthly *m, size_t organisation)
{
	const struct assessment *a = m->assessment;
	const struct group *primary = &a->organisations[SCORING_PRIMARY][organisation];
	const struct group *ipv6 = &a->organisations[SCORING_IPV6][organisation];
	bool chosen = a->organisation == CONFIG_NONE ||
		      config_within(a->config, organisation, a->organisation);
	struct value cells[SCORE_CELLS + 1];

	if (primary->members == 0)
		return;
	if (chosen) {
		cells[0] = value_text(say_branch(m, organisation));
		add_score_cells(m, cells + 1, primary, ipv6);
		doc_row(m->doc, cells);
	}
	for (size_t o = organisation + 1; o < a->config->organisation_count; o++) {
		if (a->config->organisations[o].parent == organisation)
			add_branch(m, o);
	}
}

void add_organisation_scores(struct monthly *m)
{
	const struct config *config = m->assessment->config;
	const struct column columns[] = SCORE_COLUMNS(m, "organisation", TEXT_COLUMN_ORGANISATION);

	doc_heading(m->doc, 1, word(m, TEXT_CHAPTER_ORGANISATIONS), "organisations");
	doc_table(m->doc, "organisation_scores", word(m, TEXT_QUALITY_ORGANISATION_SCORES), columns,
		  COUNT(columns));
	for (size_t o = 0; o < config->organisation_count; o++) {
		if (config->organisations[o].parent == CONFIG_NONE)
			add_branch(m, o);
	}
	doc_note(m->doc, word(m, TEXT_QUALITY_SUBTREE));
}
