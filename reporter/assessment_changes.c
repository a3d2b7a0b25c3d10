/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/assessment_inside.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

static const char *scope_of(const struct assessment *assessment)
{
	return assessment->organisation == CONFIG_NONE
		       ? NULL
		       : assessment->config->organisations[assessment->organisation].name;
}

/* The paths of a site by its key, wherever they were assessed. */
struct kept_paths {
	const char *key;
	struct path *paths;
};

static int compare_kept(const void *a, const void *b)
{
	return strcmp(((const struct kept_paths *)a)->key, ((const struct kept_paths *)b)->key);
}

static struct kept_paths *list_kept(const struct assessment *assessment, size_t *count)
{
	size_t most = assessment->site_count + assessment->departed_count;
	struct kept_paths *kept = must_calloc(most, sizeof(*kept));

	*count = 0;
	for (size_t i = 0; i < assessment->site_count; i++)
		kept[(*count)++] = (struct kept_paths){site_key(assessment_site(assessment, i)),
						       assessment->sites[i].path};
	for (size_t i = 0; i < assessment->departed_count; i++) {
		struct departed *departed = &assessment->departed[i];
		kept[(*count)++] = (struct kept_paths){
			site_key(sited_site(&departed->departure->was)), departed->path};
	}
	if (*count > 0)
		qsort(kept, *count, sizeof(*kept), compare_kept);
	return kept;
}

static struct kept_paths *find_kept(struct kept_paths *kept, size_t count, const char *key)
{
	struct kept_paths wanted = {.key = key};

	return count == 0 ? NULL : bsearch(&wanted, kept, count, sizeof(wanted), compare_kept);
}

static bool test_is_retyped(const struct assessment *assessment, const struct site *site, nsec *at)
{
	const struct changes *changes = &assessment->changes;
	bool found = false;

	for (size_t i = 0; i < changes->test_count && site->scored_test != CONFIG_NONE; i++) {
		const struct test_change *change = &changes->tests[i];
		const char *name = assessment->config->tests[site->scored_test].name;
		if (!test_change_is_of_type(change) || strcmp(change->after->name, name) != 0)
			continue;
		*at = change->at;
		found = true;
	}
	return found;
}

/* Whether the site's scored series is another one. */
static bool key_differs(const struct site_change *change, enum family family)
{
	const struct sited *sited[] = {&change->before, &change->after};
	char keys[2][KEY_TEXT];

	for (size_t i = 0; i < 2; i++) {
		const struct site *site = sited_site(sited[i]);
		struct path_request request = {
			.config = sited[i]->config,
			.site = sited[i]->site,
			.test = site->scored_test,
			.agent = site->scored_agent,
			.family = family,
		};
		if (request.agent == CONFIG_NONE ||
		    !path_configured(request.config, request.site, request.test, family))
			return false;
		struct series_key key = path_key(&request);
		series_key_format(&key, keys[i]);
	}
	return strcmp(keys[0], keys[1]) != 0;
}

static void mark(struct path *path, nsec at)
{
	if (path->state >= PATH_NOT_COMMISSIONED && at > path->retyped)
		path->retyped = at;
}

/* Marks the paths that were measured by other packets in a part of the period. */
static void mark_retyped(struct assessment *assessment)
{
	const struct changes *changes = &assessment->changes;
	size_t count;
	struct kept_paths *kept = list_kept(assessment, &count);
	nsec at;

	for (size_t i = 0; i < assessment->site_count; i++) {
		if (!test_is_retyped(assessment, assessment_site(assessment, i), &at))
			continue;
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			mark(&assessment->sites[i].path[f], at);
	}
	for (size_t i = 0; i < changes->site_count; i++) {
		const struct site_change *change = &changes->sites[i];
		if (change->kind != CHANGE_SCORED)
			continue;
		struct kept_paths *found =
			find_kept(kept, count, site_key(sited_site(&change->after)));
		for (enum family f = 0; f < FAMILY_COUNT && found != NULL; f++)
			if (key_differs(change, f))
				mark(&found->paths[f], change->at);
	}
	free(kept);
}

enum err assessment_find_changes(struct assessment *assessment, const struct source *source,
				 const struct configurations *configurations)
{
	struct changes_scope scope = {assessment->period.passed, scope_of(assessment)};

	changes_find(configurations, &scope, &assessment->changes);
	const struct changes *changes = &assessment->changes;
	assessment->departed = must_calloc(changes->departure_count, sizeof(*assessment->departed));
	for (size_t i = 0; i < changes->departure_count; i++) {
		struct departed *departed = &assessment->departed[assessment->departed_count++];
		departed->departure = &changes->departures[i];
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			enum err rc =
				assessment_read_path(assessment, source, &departed->departure->now,
						     f, &departed->path[f]);
			if (rc != E_OK)
				return rc;
		}
	}
	mark_retyped(assessment);
	return E_OK;
}

/* Judged as the site was judged then. */
static struct score score_then(const struct assessment *assessment, const struct sited *sited,
			       const struct path *path)
{
	struct score_subject subject = assessment_subject(assessment, sited);

	if (path == NULL || path->state < PATH_NOT_COMMISSIONED)
		return score_nothing(&subject);
	return score_path(&subject, &path->facts);
}

struct tally {
	const struct assessment *assessment;
	struct group tiers[TIER_COUNT];
	struct group headline;
};

static void count_site(struct tally *tally, const struct sited *sited, const struct path *path)
{
	const struct site *site = sited_site(sited);
	const struct profile *profile = tally->assessment->profile;
	struct score score = score_then(tally->assessment, sited, path);
	struct group *groups[] = {&tally->tiers[site->tier], &tally->headline};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		group_add(groups[i], profile, site->tier, site->weight, &score);
		if (path != NULL && path->state >= PATH_NOT_COMMISSIONED)
			group_add_time(groups[i], &path->facts);
	}
}

static void finish(struct tally *tally)
{
	const struct assessment *assessment = tally->assessment;

	for (size_t t = 0; t < TIER_COUNT; t++)
		group_finish(&tally->tiers[t], assessment->profile, assessment->mode);
	if (assessment->organisation == CONFIG_NONE)
		group_finish_network(&tally->headline, tally->tiers, assessment->profile,
				     assessment->mode);
	else
		group_finish(&tally->headline, assessment->profile, assessment->mode);
}

void assessment_score_before(struct assessment *assessment)
{
	const struct config *before = assessment->changes.before;
	struct tally tally = {.assessment = assessment};
	const char *scope = scope_of(assessment);
	size_t count;

	if (before == NULL)
		return;
	struct kept_paths *kept = list_kept(assessment, &count);
	for (size_t i = 0; i < before->site_count; i++) {
		struct sited sited = {before, i};
		const struct kept_paths *found =
			find_kept(kept, count, site_key(&before->sites[i]));
		if (changes_within(&sited, scope))
			count_site(&tally, &sited,
				   found == NULL ? NULL : &found->paths[before->sites[i].primary]);
	}
	free(kept);
	finish(&tally);
	assessment->before = tally.headline;
}
