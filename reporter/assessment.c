/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/assessment.h"

#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "reporter/assessment_inside.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct score_subject assessment_subject(const struct assessment *assessment,
					const struct sited *sited)
{
	const struct site *site = sited_site(sited);
	struct score_subject subject = {
		.profile = assessment->profile,
		.tier = site->tier,
		.reach = site->reach,
		.mode = assessment->mode,
	};

	if (site->scored_test != CONFIG_NONE)
		score_missing(&sited->config->tests[site->scored_test], subject.missing);
	return subject;
}

enum err assessment_read_path(const struct assessment *assessment, const struct source *source,
			      const struct sited *sited, enum family family, struct path *path)
{
	const struct site *site = sited_site(sited);
	struct score_subject subject = assessment_subject(assessment, sited);
	struct path_request request = {
		.config = sited->config,
		.site = sited->site,
		.test = site->scored_test,
		.agent = site->scored_agent,
		.family = family,
		.period = assessment->period.passed,
		.now = assessment->period.now,
		.windows = assessment->windows_known ? &assessment->windows : NULL,
	};

	path->score = path->announced = score_nothing(&subject);
	if (request.agent == CONFIG_NONE ||
	    !path_configured(sited->config, sited->site, request.test, family))
		return E_OK;
	struct score nothing = path->score;
	struct timeline timeline = {0};
	enum err rc = path_read(source, &request, path, &timeline);
	if (rc != E_OK)
		return rc;
	traits_make(&timeline, &path->traits);
	timeline_finish(&timeline);
	path->score = path->announced = nothing;
	if (path->state < PATH_NOT_COMMISSIONED)
		return E_OK;
	path->score = path->announced = score_path(&subject, &path->facts);
	if (path->facts.announced.differs) {
		struct facts second = facts_figure(&path->facts, FIGURE_ANNOUNCED);
		path->announced = score_path(&subject, &second);
	}
	return E_OK;
}

const struct site *assessment_site(const struct assessment *assessment, size_t assessed)
{
	return &assessment->config->sites[assessment->sites[assessed].site];
}

enum family assessment_family(const struct assessment *assessment, size_t assessed,
			      enum scoring scoring)
{
	return scoring == SCORING_IPV6 ? FAMILY_IPV6
				       : assessment_site(assessment, assessed)->primary;
}

const struct path *assessment_path(const struct assessment *assessment, size_t assessed,
				   enum scoring scoring)
{
	return &assessment->sites[assessed].path[assessment_family(assessment, assessed, scoring)];
}

const struct score *assessment_score(const struct assessment *assessment, size_t assessed,
				     enum scoring scoring)
{
	const struct path *path = assessment_path(assessment, assessed, scoring);

	return scoring == SCORING_ANNOUNCED ? &path->announced : &path->score;
}

/* A path as one column sees it. */
struct member {
	const struct site *site;
	const struct score *score;
	const struct facts *facts; /* NULL: it has none */
};

static void add_member(const struct assessment *assessment, struct group *group,
		       const struct member *member)
{
	const struct site *site = member->site;

	group_add(group, assessment->profile, site->tier, site->weight, member->score);
	if (member->facts != NULL)
		group_add_time(group, member->facts);
}

/* A site without IPv6 is no member of the IPv6 column; one whose primary family is not measured is
 * a member without score. */
static void add_to_groups(struct assessment *assessment, size_t index, enum scoring scoring)
{
	const struct site *site = assessment_site(assessment, index);
	const struct path *path = assessment_path(assessment, index, scoring);
	enum figure figure = scoring == SCORING_ANNOUNCED ? FIGURE_ANNOUNCED : FIGURE_SCORED;
	struct facts facts = facts_figure(&path->facts, figure);
	struct member member = {site, assessment_score(assessment, index, scoring),
				path->state >= PATH_NOT_COMMISSIONED ? &facts : NULL};

	if (scoring == SCORING_IPV6 && path->state == PATH_NOT_CONFIGURED)
		return;
	add_member(assessment, &assessment->tiers[scoring][site->tier], &member);
	add_member(assessment, &assessment->headline[scoring], &member);
	for (size_t o = site->organisation; o != CONFIG_NONE;
	     o = assessment->config->organisations[o].parent)
		add_member(assessment, &assessment->organisations[scoring][o], &member);
}

static void add_to_pool(struct pool *pool, const struct path *path)
{
	if (path->state == PATH_NOT_CONFIGURED)
		return;
	pool->members++;
	if (path->state != PATH_MEASURED)
		return;
	const struct facts *facts = &path->facts;
	pool->measured += facts_judged_time(facts) > 0;
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		pool->time[v] += facts->time[v];
	pool->judged.sent += facts->judged.sent;
	pool->judged.lost += facts->judged.lost;
	pool->delays = must_grow(pool->delays, pool->count, &pool->capacity, sizeof(*pool->delays));
	pool->delays[pool->count++] = facts->delays;
}

static void add_time(struct assessment *assessment, const struct path *path)
{
	if (path->state < PATH_NOT_COMMISSIONED)
		return;
	assessment->time_paths++;
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		assessment->time[v] += path->facts.time[v];
}

static void make_groups(struct assessment *assessment)
{
	const struct profile *profile = assessment->profile;
	enum score_mode mode = assessment->mode;

	for (size_t i = 0; i < assessment->site_count; i++) {
		const struct assessed *assessed = &assessment->sites[i];
		const struct site *site = assessment_site(assessment, i);
		for (size_t s = 0; s < SCORING_COUNT; s++)
			add_to_groups(assessment, i, (enum scoring)s);
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			add_to_pool(&assessment->pools[f][site->tier], &assessed->path[f]);
		add_time(assessment, assessment_path(assessment, i, SCORING_PRIMARY));
	}
	for (size_t s = 0; s < SCORING_COUNT; s++) {
		for (size_t t = 0; t < TIER_COUNT; t++)
			group_finish(&assessment->tiers[s][t], profile, mode);
		for (size_t o = 0; o < assessment->config->organisation_count; o++)
			group_finish(&assessment->organisations[s][o], profile, mode);
		if (assessment->organisation == CONFIG_NONE)
			group_finish_network(&assessment->headline[s], assessment->tiers[s],
					     profile, mode);
		else
			group_finish(&assessment->headline[s], profile, mode);
	}
}

/* The weight of the tiers that the headline is made of. */
static double tier_weights(const struct assessment *assessment)
{
	double sum = 0;

	for (size_t t = 0; t < TIER_COUNT; t++) {
		if (!isnan(assessment->tiers[SCORING_PRIMARY][t].exact))
			sum += assessment->profile->tier_weight[t];
	}
	return sum;
}

/* The part of the headline's score that a scored site decides; the parts sum to 1. */
static double share_of(const struct assessment *assessment, const struct site *site)
{
	const struct group *tier = &assessment->tiers[SCORING_PRIMARY][site->tier];
	const struct group *headline = &assessment->headline[SCORING_PRIMARY];

	if (assessment->organisation != CONFIG_NONE)
		return site->weight / headline->scored_weight;
	if (isnan(tier->exact))
		return 0;
	return assessment->profile->tier_weight[site->tier] / tier_weights(assessment) *
	       site->weight / tier->scored_weight;
}

static void add_cause(struct assessment *assessment, size_t *capacity, struct cause cause)
{
	if (!(cause.points > 0) && !(cause.points < 0))
		return;
	assessment->causes = must_grow(assessment->causes, assessment->cause_count, capacity,
				       sizeof(*assessment->causes));
	assessment->causes[assessment->cause_count++] = cause;
}

static int compare_causes(const void *a, const void *b)
{
	const struct cause *x = a;
	const struct cause *y = b;

	if (x->points != y->points)
		return x->points < y->points ? 1 : -1;
	if (x->assessed != y->assessed)
		return x->assessed < y->assessed ? -1 : 1;
	return (x->indicator > y->indicator) - (x->indicator < y->indicator);
}

static void make_causes(struct assessment *assessment)
{
	size_t capacity = 0;

	if (isnan(assessment->headline[SCORING_PRIMARY].exact))
		return;
	for (size_t i = 0; i < assessment->site_count; i++) {
		const struct path *path = assessment_path(assessment, i, SCORING_PRIMARY);
		if (!score_given(&path->score))
			continue;
		double share = share_of(assessment, assessment_site(assessment, i));
		for (enum indicator n = 0; n < INDICATOR_COUNT; n++)
			add_cause(assessment, &capacity,
				  (struct cause){i, n, share * score_lost(&path->score, n)});
		add_cause(assessment, &capacity,
			  (struct cause){i, INDICATOR_COUNT,
					 share * score_lost_to_veto(&path->score)});
	}
	if (assessment->cause_count > 0)
		qsort(assessment->causes, assessment->cause_count, sizeof(*assessment->causes),
		      compare_causes);
}

static enum err assess_sites(struct assessment *assessment, const struct source *source)
{
	struct progress progress = progress_start("reading", assessment->site_count);
	enum err rc = E_OK;

	for (size_t i = 0; i < assessment->site_count && rc == E_OK; i++) {
		const struct site *site = assessment_site(assessment, i);
		const struct sited sited = {assessment->config, assessment->sites[i].site};
		for (size_t f = 0; f < FAMILY_COUNT && rc == E_OK; f++)
			rc = assessment_read_path(assessment, source, &sited, (enum family)f,
						  &assessment->sites[i].path[f]);
		progress_show(&progress, i + 1, site->name);
	}
	progress_finish(&progress);
	return rc;
}

static void choose_sites(struct assessment *assessment)
{
	const struct config *config = assessment->config;

	assessment->sites = must_calloc(config->site_count, sizeof(*assessment->sites));
	for (size_t i = 0; i < config->site_count; i++) {
		if (assessment->organisation != CONFIG_NONE &&
		    !config_within(config, config->sites[i].organisation, assessment->organisation))
			continue;
		assessment->sites[assessment->site_count++].site = i;
	}
}

static bool scores_here(const struct assessment *assessment, const char *agent)
{
	const struct config *config = assessment->config;

	for (size_t i = 0; i < assessment->site_count; i++) {
		const struct site *site = assessment_site(assessment, i);
		if (site->scored_agent != CONFIG_NONE &&
		    strcmp(config->agents[site->scored_agent].name, agent) == 0)
			return true;
	}
	return false;
}

static void find_cut_offs(struct assessment *assessment, const struct source *source)
{
	struct cut_off *found;
	size_t count;
	enum err rc = source->cut_offs(source->context, assessment->period.passed, &found, &count);

	if (rc != E_OK) {
		log_warn("reporter", "when agents were cut off cannot be read: %s", err_text(rc));
		return;
	}
	assessment->cut_offs = found;
	for (size_t i = 0; i < count; i++) {
		if (scores_here(assessment, found[i].agent))
			found[assessment->cut_off_count++] = found[i];
	}
}

static void find_windows(struct assessment *assessment, const struct source *source)
{
	enum err rc = source->windows == NULL
			      ? E_NOT_FOUND
			      : source->windows(source->context, &assessment->windows);

	assessment->windows_known = rc == E_OK;
	if (rc != E_OK && rc != E_NOT_FOUND)
		log_warn("reporter",
			 "announced maintenance cannot be read: %s; what the slots were flagged "
			 "with stands",
			 err_text(rc));
}

enum err assessment_make(const struct assessment_request *request, const struct source *source,
			 struct assessment *out)
{
	struct assessment assessment = {
		.config = request->config,
		.profile = request->config->profile,
		.period = request->period,
		.mode = request->mode,
		.organisation = request->organisation,
		.edition = request->edition,
	};

	for (size_t s = 0; s < SCORING_COUNT; s++)
		assessment.organisations[s] =
			must_calloc(request->config->organisation_count, sizeof(struct group));
	choose_sites(&assessment);
	find_windows(&assessment, source);
	enum err rc = assess_sites(&assessment, source);
	if (rc == E_OK && request->configurations != NULL)
		rc = assessment_find_changes(&assessment, source, request->configurations);
	if (rc != E_OK) {
		assessment_finish(&assessment);
		return rc;
	}
	find_cut_offs(&assessment, source);
	make_groups(&assessment);
	make_causes(&assessment);
	assessment_score_before(&assessment);
	*out = assessment;
	return E_OK;
}

void assessment_finish(struct assessment *assessment)
{
	for (size_t i = 0; i < assessment->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			path_finish(&assessment->sites[i].path[f]);
	}
	for (size_t f = 0; f < FAMILY_COUNT; f++) {
		for (size_t t = 0; t < TIER_COUNT; t++)
			free(assessment->pools[f][t].delays);
	}
	for (size_t s = 0; s < SCORING_COUNT; s++)
		free(assessment->organisations[s]);
	for (size_t i = 0; i < assessment->departed_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			path_finish(&assessment->departed[i].path[f]);
	}
	free(assessment->departed);
	changes_finish(&assessment->changes);
	free(assessment->sites);
	free(assessment->causes);
	free(assessment->cut_offs);
	windows_finish(&assessment->windows);
	*assessment = (struct assessment){0};
}

bool assessment_measured(const struct assessment *assessment)
{
	for (size_t i = 0; i < assessment->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++) {
			const struct path *path = &assessment->sites[i].path[f];
			if (path->state == PATH_MEASURED && facts_judged_time(&path->facts) > 0)
				return true;
		}
	}
	return false;
}
