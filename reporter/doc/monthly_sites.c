/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page per organisation, and the ranking of sites. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Charts are for the sites that need them; a report of thousands of sites stays readable. */
enum { RANKING_COLUMNS = 13 };
enum { CHARTS_PER_ORGANISATION = 3, CHARTS_IN_REPORT = 48 };

struct place_in_ranking {
	size_t assessed;
	double exact; /* NAN: without score */
	bool measured;
};

static int compare_places(const void *a, const void *b)
{
	const struct place_in_ranking *x = a;
	const struct place_in_ranking *y = b;

	if (isnan(x->exact) != isnan(y->exact))
		return isnan(x->exact) ? 1 : -1;
	if (!isnan(x->exact) && x->exact != y->exact)
		return x->exact < y->exact ? 1 : -1;
	if (x->measured != y->measured)
		return x->measured ? -1 : 1;
	return x->assessed < y->assessed ? -1 : x->assessed > y->assessed;
}

size_t *ranked_sites(const struct assessment *assessment)
{
	size_t count = assessment->site_count;
	struct place_in_ranking *places = must_calloc(count, sizeof(*places));
	size_t *order = must_calloc(count, sizeof(*order));

	for (size_t i = 0; i < count; i++) {
		const struct path *path = assessment_path(assessment, i, SCORING_PRIMARY);
		places[i] = (struct place_in_ranking){i, path->score.exact,
						      path->state == PATH_MEASURED};
	}
	if (count > 0)
		qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < count; i++)
		order[i] = places[i].assessed;
	free(places);
	return order;
}

/* Marks the sites that get charts: of each organisation the worst few, of them all the worst. */
static bool *charted_sites(const struct assessment *a)
{
	size_t *order = ranked_sites(a);
	size_t *used = must_calloc(a->config->organisation_count, sizeof(*used));
	bool *charted = must_calloc(a->site_count, sizeof(*charted));
	size_t total = 0;

	for (size_t i = a->site_count; i-- > 0 && total < CHARTS_IN_REPORT;) {
		size_t organisation = assessment_site(a, order[i])->organisation;
		if (assessment_path(a, order[i], SCORING_PRIMARY)->state != PATH_MEASURED ||
		    used[organisation] == CHARTS_PER_ORGANISATION)
			continue;
		used[organisation]++;
		charted[order[i]] = true;
		total++;
	}
	free(order);
	free(used);
	return charted;
}

static void add_path_row(struct monthly *m, size_t assessed, enum family family)
{
	const struct assessment *a = m->assessment;
	const struct site *site = assessment_site(a, assessed);
	const struct path *path = &a->sites[assessed].path[family];
	const struct score *score = &path->score;
	struct value cells[11] = {
		value_text(title_in(m, &site->title)),
		value_text(say_tier(m, site->tier)),
		value_text(say_family(family)),
	};

	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		cells[3 + i] = value_judged(m, i, score);
	cells[7] = value_share(score->coverage);
	cells[8] = value_points(m, score->exact, score->grade);
	cells[9] = value_grade(m, score->printed, score->grade);
	cells[10] = value_text(say_remarks(m, path));
	doc_row(m->doc, cells);
}

static void start_path_table(struct monthly *m)
{
	struct column columns[11] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"tier", word(m, TEXT_COLUMN_TIER), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		[7] = {"coverage", word(m, TEXT_COLUMN_COVERAGE), ALIGN_END},
		[8] = {"score", word(m, TEXT_SCORE_SCORE), ALIGN_END},
		[9] = {"grade", word(m, TEXT_SCORE_GRADE), ALIGN_START},
		[10] = {"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};

	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		columns[3 + i] = (struct column){indicator_name(i), say_indicator(m, i), ALIGN_END};
	doc_table(m->doc, "sites", word(m, TEXT_SITES_TABLE), columns, COUNT(columns));
}

/* A row for each family that is measured or scored. */
static void add_path_rows(struct monthly *m, size_t assessed)
{
	const struct assessment *a = m->assessment;

	for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
		if (a->sites[assessed].path[f].state != PATH_NOT_CONFIGURED ||
		    f == assessment_site(a, assessed)->primary)
			add_path_row(m, assessed, f);
	}
}

void add_paths(struct monthly *m)
{
	size_t *order = ranked_sites(m->assessment);

	start_path_table(m);
	for (size_t i = 0; i < m->assessment->site_count; i++)
		add_path_rows(m, order[i]);
	free(order);
}

static void add_organisation_table(struct monthly *m, size_t organisation)
{
	const struct assessment *a = m->assessment;

	start_path_table(m);
	for (size_t i = 0; i < a->site_count; i++) {
		if (assessment_site(a, i)->organisation == organisation)
			add_path_rows(m, i);
	}
}

/* Own sites, those charted among them. */
static size_t count_sites(const struct assessment *a, size_t organisation, const bool *charted,
			  size_t *with_charts)
{
	size_t count = 0;

	*with_charts = 0;
	for (size_t i = 0; i < a->site_count; i++) {
		if (assessment_site(a, i)->organisation != organisation)
			continue;
		count++;
		*with_charts += charted[i];
	}
	return count;
}

static void add_organisation(struct monthly *m, size_t organisation, const bool *charted)
{
	const struct assessment *a = m->assessment;
	const struct organisation *node = &a->config->organisations[organisation];
	const struct group *group = &a->organisations[SCORING_PRIMARY][organisation];
	const struct group *ipv6 = &a->organisations[SCORING_IPV6][organisation];
	size_t with_charts;
	size_t count = count_sites(a, organisation, charted, &with_charts);

	if (count == 0)
		return;
	doc_break(m->doc);
	doc_heading(m->doc, 2, title_in(m, &node->title),
		    keep(m, must_format("organisation-%s", node->name)));
	doc_figures(m->doc, "organisation");
	doc_figure(m->doc, "score", word(m, TEXT_SCORE_SCORE),
		   value_points(m, group->exact, group->grade));
	doc_figure(m->doc, "grade", word(m, TEXT_SCORE_GRADE),
		   value_grade(m, group->printed, group->grade));
	doc_figure(m->doc, "coverage", word(m, TEXT_COVER_COVERAGE),
		   value_share(group_coverage(group)));
	if (ipv6->members > 0)
		doc_figure(m->doc, "ipv6_score", word(m, TEXT_SCORE_IPV6),
			   value_points(m, ipv6->exact, ipv6->grade));
	add_organisation_table(m, organisation);
	if (with_charts > 0 && with_charts < count)
		doc_note(m->doc, PHRASE(m, TEXT_SITES_CHARTS_BOUNDED, say_count(m, count),
					say_count(m, with_charts)));
	for (size_t i = 0; i < a->site_count; i++) {
		if (charted[i] && assessment_site(a, i)->organisation == organisation)
			add_site_charts(m, i);
	}
}

void add_organisations(struct monthly *m)
{
	bool *charted = charted_sites(m->assessment);

	for (size_t o = 0; o < m->assessment->config->organisation_count; o++)
		add_organisation(m, o, charted);
	free(charted);
}

static bool lacks_indicator(const struct score *score)
{
	for (size_t i = 0; i < INDICATOR_COUNT; i++) {
		if (score->missing[i])
			return true;
	}
	return false;
}

static void add_ranking_row(struct monthly *m, size_t assessed, double rank)
{
	const struct assessment *a = m->assessment;
	const struct site *site = assessment_site(a, assessed);
	const struct path *ipv6 = &a->sites[assessed].path[FAMILY_IPV6];
	const struct score *score = &assessment_path(a, assessed, SCORING_PRIMARY)->score;
	const struct organisation *organisation = &a->config->organisations[site->organisation];
	struct value cells[RANKING_COLUMNS] = {
		value_number(rank, 0, ""),
		value_site(m, assessed),
		value_text(title_in(m, &organisation->title)),
		value_text(say_tier(m, site->tier)),
		value_exact(site->weight, ""),
	};

	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		cells[5 + i] = value_judged(m, i, score);
	cells[9] = value_points(m, score->exact, score->grade);
	cells[10] = value_grade(m, score->printed, score->grade);
	cells[11] = value_points(m, ipv6->score.exact, ipv6->score.grade);
	cells[12] = value_text(say_remarks(m, assessment_path(a, assessed, SCORING_PRIMARY)));
	doc_row(m->doc, cells);
}

/* The sites with all indicators, or those without: scores of different weights are not compared. */
static void add_ranking_table(struct monthly *m, const size_t *order, bool lacking)
{
	const struct assessment *a = m->assessment;
	struct column columns[RANKING_COLUMNS] = {
		{"rank", word(m, TEXT_COLUMN_RANK), ALIGN_END},
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"organisation", word(m, TEXT_COLUMN_ORGANISATION), ALIGN_START},
		{"tier", word(m, TEXT_COLUMN_TIER), ALIGN_START},
		{"weight", word(m, TEXT_COLUMN_WEIGHT), ALIGN_END},
		[9] = {"score", word(m, TEXT_SCORE_SCORE), ALIGN_END},
		[10] = {"grade", word(m, TEXT_SCORE_GRADE), ALIGN_START},
		[11] = {"ipv6_score", word(m, TEXT_SCORE_IPV6), ALIGN_END},
		[12] = {"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};
	size_t row = 0;
	size_t rank = 0;
	double printed = NAN;

	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		columns[5 + i] = (struct column){indicator_name(i), say_indicator(m, i), ALIGN_END};
	doc_table(m->doc, lacking ? "ranking_incomplete" : "ranking",
		  word(m, lacking ? TEXT_RANKING_INCOMPLETE : TEXT_RANKING_TABLE), columns,
		  COUNT(columns));
	for (size_t i = 0; i < a->site_count; i++) {
		const struct score *score = &assessment_path(a, order[i], SCORING_PRIMARY)->score;
		if (lacks_indicator(score) != lacking)
			continue;
		row++;
		if (score->printed != printed) /* equal printed scores share a rank */
			rank = row;
		printed = score->printed;
		add_ranking_row(m, order[i], score_given(score) ? (double)rank : (double)NAN);
	}
}

/* The weights of the profile, and as they were applied where an indicator is missing. */
static void add_applied_weights(struct monthly *m, const size_t *order)
{
	const struct assessment *a = m->assessment;
	struct column columns[1 + INDICATOR_COUNT] = {
		{"item", word(m, TEXT_COLUMN_ITEM), ALIGN_START}};
	struct value cells[COUNT(columns)];
	const struct score *score = NULL;

	for (size_t i = 0; i < a->site_count && (score == NULL || !lacks_indicator(score)); i++)
		score = &assessment_path(a, order[i], SCORING_PRIMARY)->score;
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		columns[1 + i] = (struct column){indicator_name(i), say_indicator(m, i), ALIGN_END};
	doc_table(m->doc, "applied_weights", word(m, TEXT_RANKING_WEIGHTS), columns,
		  COUNT(columns));
	cells[0] = value_text(word(m, TEXT_RANKING_WEIGHTS_PROFILE));
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		cells[1 + i] = value_exact(a->profile->weight[i], "");
	doc_row(m->doc, cells);
	cells[0] = value_text(word(m, TEXT_RANKING_WEIGHTS_APPLIED));
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		cells[1 + i] =
			value_number(score->missing[i] ? (double)NAN : score->weight[i], 2, "");
	doc_row(m->doc, cells);
}

void add_ranking(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	size_t *order = ranked_sites(a);
	size_t lacking = 0;

	for (size_t i = 0; i < a->site_count; i++)
		lacking += lacks_indicator(&assessment_path(a, i, SCORING_PRIMARY)->score);
	doc_heading(m->doc, 1, word(m, TEXT_CHAPTER_RANKING), "ranking");
	if (lacking < a->site_count)
		add_ranking_table(m, order, false);
	if (lacking > 0) {
		add_ranking_table(m, order, true);
		add_applied_weights(m, order);
	}
	doc_note(m->doc, word(m, TEXT_RANKING_NOTE));
	free(order);
}
