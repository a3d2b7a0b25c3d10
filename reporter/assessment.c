/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/assessment.h"

#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "reporter/text/must.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far back the beginning of an outage is looked for that was open when the period began. */
#define LOOK_BACK (31 * NSEC_PER_DAY)
/* A slot is on record at most this long after its last packet's deadline: while its agent may be
 * cut off it is held back for a minute. */
#define COMMIT_TIME (62 * NSEC_PER_SEC)

enum err history_read(const struct source *source, const struct path *path, struct period period,
		      struct history *out)
{
	struct history history = {
		.record = {.period = period,
			   .settled = path->settled,
			   .first_slot = path->series.first_slot,
			   .first_reply = path->series.first_reply},
	};
	enum err rc = source->slots(source->context, &path->key, period, &history.slots,
				    &history.record.slot_count);

	if (rc != E_OK)
		return rc;
	rc = source->hours(source->context, &path->key, period, &history.hours,
			   &history.record.hour_count);
	if (rc != E_OK) {
		history_finish(&history);
		return rc;
	}
	history.record.slots = history.slots;
	history.record.hours = history.hours;
	*out = history;
	return E_OK;
}

void history_finish(struct history *history)
{
	free(history->slots);
	free(history->hours);
	*history = (struct history){0};
}

static nsec earliest(nsec a, nsec b)
{
	return a < b ? a : b;
}

/* Reads slots beyond the period where an outage reaches over its border. */
static enum err widen(const struct source *source, const struct path *path,
		      const struct facts_rule *rule, nsec now, struct history *history)
{
	struct period period = history->record.period;
	struct period wide = period;

	if (facts_open_before(rule, &history->record))
		wide.from -= LOOK_BACK;
	if (facts_open_after(rule, &history->record))
		wide.until = earliest(now, period.until + rule->outage.bridge +
						   rule->outage.slots * path->series.interval);
	if (wide.from == period.from && wide.until <= period.until)
		return E_OK;
	struct summary *slots;
	size_t count;
	enum err rc = source->slots(source->context, &path->key, wide, &slots, &count);
	if (rc != E_OK)
		return rc;
	free(history->slots);
	history->slots = slots;
	history->record.slots = slots;
	history->record.slot_count = count;
	return E_OK;
}

static enum err read_facts(const struct assessment *assessment, const struct source *source,
			   const struct facts_rule *rule, struct path *path)
{
	struct history history;
	enum err rc = history_read(source, path, assessment->period.passed, &history);

	if (rc == E_OK) {
		rc = widen(source, path, rule, assessment->period.now, &history);
		if (rc != E_OK)
			history_finish(&history);
	}
	if (rc != E_OK) {
		log_warn("reporter", "site=%s family=%d cannot be read: %s", path->key.target,
			 path->key.family, err_text(rc));
		path->state = PATH_UNREADABLE;
		return E_OK;
	}
	rc = facts_make(rule, &history.record, &path->facts);
	history_finish(&history);
	if (rc == E_OK)
		path->state = path->facts.commissioned ? PATH_MEASURED : PATH_NOT_COMMISSIONED;
	else
		log_error("reporter", "site=%s family=%d: time per verdict is not the period",
			  path->key.target, path->key.family);
	return rc;
}

/* The evidence of each outage: the first file of its slots. */
static void find_evidence(const struct source *source, struct path *path)
{
	const struct facts *facts = &path->facts;

	path->evidence = must_calloc(facts->outage_count, sizeof(*path->evidence));
	for (size_t i = 0; i < facts->outage_count; i++) {
		const struct outage *outage = &facts->outages[i];
		struct period period = {outage->from,
					outage->open ? facts->period.until : outage->until};
		struct evidence *found = NULL;
		size_t count = 0;
		enum err rc = source->evidence(source->context, &path->key, period, &found, &count);
		if (rc != E_OK) {
			log_warn("reporter", "site=%s evidence: %s", path->key.target,
				 err_text(rc));
			continue;
		}
		if (count > 0)
			path->evidence[i] = must_copy(found[0].path);
		free(found);
	}
}

static struct series_key key_of(const struct config *config, const struct site *site,
				enum family family)
{
	const struct test_config *test = &config->tests[site->scored_test];
	struct series_key key = {
		.family = family == FAMILY_IPV4 ? 4 : 6,
		.dscp = test->dscp,
		.size = test->size,
	};

	snprintf(key.agent, sizeof(key.agent), "%s", config->agents[site->scored_agent].name);
	snprintf(key.target, sizeof(key.target), "%s", site->name);
	snprintf(key.method, sizeof(key.method), "%s", test->method);
	return key;
}

static bool is_configured(const struct config *config, const struct site *site, enum family family)
{
	return site->scored_test != CONFIG_NONE && site->scored_agent != CONFIG_NONE &&
	       site->address[family].given && config->tests[site->scored_test].family[family];
}

static struct score_subject subject_of(const struct assessment *assessment, const struct site *site)
{
	struct score_subject subject = {
		.profile = assessment->profile,
		.tier = site->tier,
		.reach = site->reach,
		.mode = assessment->mode,
	};

	if (site->scored_test != CONFIG_NONE)
		score_missing(&assessment->config->tests[site->scored_test], subject.missing);
	return subject;
}

static enum err assess_path(const struct assessment *assessment, const struct source *source,
			    const struct site *site, enum family family, struct path *path)
{
	struct score_subject subject = subject_of(assessment, site);
	struct facts_rule rule = score_facts_rule(subject.profile, site->tier, site->reach);

	path->score = score_nothing(&subject);
	if (!is_configured(assessment->config, site, family))
		return E_OK;
	path->key = key_of(assessment->config, site, family);
	path->settled = assessment->period.now - COMMIT_TIME -
			assessment->config->tests[site->scored_test].t_max_ns;
	enum err rc = source->find(source->context, &path->key, &path->series);
	if (rc != E_OK) {
		path->state = rc == E_NOT_FOUND ? PATH_NOT_MEASURED : PATH_UNREADABLE;
		if (rc != E_NOT_FOUND)
			log_warn("reporter", "site=%s family=%d cannot be read: %s", site->name,
				 path->key.family, err_text(rc));
		return E_OK;
	}
	/* The slots of a series come in order: what is missing before the last will not come. */
	if (path->series.last_slot > path->settled)
		path->settled = path->series.last_slot;
	rc = read_facts(assessment, source, &rule, path);
	if (rc != E_OK || path->state == PATH_UNREADABLE)
		return rc;
	find_evidence(source, path);
	path->score = score_path(&subject, &path->facts);
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

static void add_member(const struct assessment *assessment, struct group *group,
		       const struct site *site, const struct path *path)
{
	group_add(group, assessment->profile, site->tier, site->weight, &path->score);
	if (path->state >= PATH_NOT_COMMISSIONED)
		group_add_time(group, &path->facts);
}

/* A site without IPv6 is no member of the IPv6 column; one whose primary family is not measured is
 * a member without score. */
static void add_to_groups(struct assessment *assessment, size_t index, enum scoring scoring)
{
	const struct site *site = assessment_site(assessment, index);
	const struct path *path = assessment_path(assessment, index, scoring);

	if (scoring == SCORING_IPV6 && path->state == PATH_NOT_CONFIGURED)
		return;
	add_member(assessment, &assessment->tiers[scoring][site->tier], site, path);
	add_member(assessment, &assessment->headline[scoring], site, path);
	for (size_t o = site->organisation; o != CONFIG_NONE;
	     o = assessment->config->organisations[o].parent)
		add_member(assessment, &assessment->organisations[scoring][o], site, path);
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
		for (size_t f = 0; f < FAMILY_COUNT && rc == E_OK; f++)
			rc = assess_path(assessment, source, site, (enum family)f,
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

enum err assessment_make(const struct assessment_request *request, const struct source *source,
			 struct assessment *out)
{
	struct assessment assessment = {
		.config = request->config,
		.profile = request->config->profile,
		.period = request->period,
		.mode = request->mode,
		.organisation = request->organisation,
	};

	for (size_t s = 0; s < SCORING_COUNT; s++)
		assessment.organisations[s] =
			must_calloc(request->config->organisation_count, sizeof(struct group));
	choose_sites(&assessment);
	enum err rc = assess_sites(&assessment, source);
	if (rc != E_OK) {
		assessment_finish(&assessment);
		return rc;
	}
	find_cut_offs(&assessment, source);
	make_groups(&assessment);
	make_causes(&assessment);
	*out = assessment;
	return E_OK;
}

static void finish_path(struct path *path)
{
	if (path->evidence != NULL) {
		for (size_t i = 0; i < path->facts.outage_count; i++)
			free(path->evidence[i]);
	}
	free(path->evidence);
	facts_finish(&path->facts);
}

void assessment_finish(struct assessment *assessment)
{
	for (size_t i = 0; i < assessment->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			finish_path(&assessment->sites[i].path[f]);
	}
	for (size_t f = 0; f < FAMILY_COUNT; f++) {
		for (size_t t = 0; t < TIER_COUNT; t++)
			free(assessment->pools[f][t].delays);
	}
	for (size_t s = 0; s < SCORING_COUNT; s++)
		free(assessment->organisations[s]);
	free(assessment->sites);
	free(assessment->causes);
	free(assessment->cut_offs);
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
