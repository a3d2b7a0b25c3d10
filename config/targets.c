/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/loading.h"

#include <string.h>

/* What the selectors of one test ask for; a kind that is not given asks for nothing. */
struct selection {
	bool tiers[TIER_COUNT];
	bool *organisations; /* by index, the subtrees filled in */
	bool *sites;	     /* by index */
	size_t *found;	     /* room for all sites */
};

static void select_tiers(struct selection *selection, const struct value *tiers)
{
	for (size_t i = 0; i < tiers->count; i++) {
		if (value_known(&tiers->items[i]))
			selection->tiers[tiers->items[i].choice] = true;
	}
}

static void select_organisations(struct loading *l, struct selection *selection,
				 struct draft_targets *targets)
{
	const struct config *config = l->config;
	struct value *named = &targets->organisations;

	if (named->count == 0)
		return;
	for (size_t i = 0; i < named->count; i++) {
		size_t index = resolve_reference(l, &targets->section, &named->items[i],
						 &l->organisation_names);
		if (index != CONFIG_NONE)
			selection->organisations[index] = true;
	}
	for (size_t i = 0; i < config->organisation_count; i++) {
		size_t parent = config->organisations[i].parent;
		if (parent != CONFIG_NONE && selection->organisations[parent])
			selection->organisations[i] = true;
	}
}

/* A tag has no definition but the sites that bear it. */
static void check_tags(struct loading *l, struct draft_targets *targets)
{
	for (size_t i = 0; i < targets->tags.count; i++)
		(void)resolve_reference(l, &targets->section, &targets->tags.items[i],
					&l->tag_names);
}

static bool measurable(const struct test_config *test, const struct site *site)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (test->family[f] && site->address[f].given)
			return true;
	}
	return false;
}

static void select_sites(struct loading *l, struct selection *selection,
			 struct draft_targets *targets, const struct test_config *test)
{
	struct value *named = &targets->sites;

	for (size_t i = 0; i < named->count; i++) {
		size_t index =
			resolve_reference(l, &targets->section, &named->items[i], &l->site_names);
		if (index == CONFIG_NONE)
			continue;
		selection->sites[index] = true;
		if (l->sites[index]->named.section.broken ||
		    measurable(test, &l->config->sites[index]))
			continue;
		section_complain(
			&l->reading, &targets->section, &named->items[i],
			"%s has no %s address; give it one or change families",
			named->items[i].text,
			family_name(test->family[FAMILY_IPV4] ? FAMILY_IPV4 : FAMILY_IPV6));
	}
}

static bool has_tag(const struct site *site, const struct value *tags)
{
	for (size_t i = 0; i < tags->count; i++) {
		for (size_t k = 0; k < site->tag_count; k++) {
			if (strcmp(tags->items[i].text, site->tags[k]) == 0)
				return true;
		}
	}
	return false;
}

/* Every kind that is given must fit; of a kind any element may. */
static bool fits(const struct config *config, const struct selection *selection,
		 const struct draft_targets *targets, size_t index)
{
	const struct site *site = &config->sites[index];

	if (targets->tiers.count > 0 && !selection->tiers[site->tier])
		return false;
	if (targets->organisations.count > 0 &&
	    (site->organisation == CONFIG_NONE || !selection->organisations[site->organisation]))
		return false;
	if (targets->sites.count > 0 && !selection->sites[index])
		return false;
	return targets->tags.count == 0 || has_tag(site, &targets->tags);
}

static void gather(struct loading *l, const struct selection *selection,
		   const struct draft_targets *targets, struct test_config *test)
{
	const struct config *config = l->config;

	for (size_t i = 0; i < config->site_count; i++) {
		if (measurable(test, &config->sites[i]) && fits(config, selection, targets, i))
			selection->found[test->site_count++] = i;
	}
	test->sites = arena_zeroed(config->arena, test->site_count, sizeof(size_t));
	if (test->site_count > 0)
		memcpy(test->sites, selection->found, test->site_count * sizeof(size_t));
}

/* Whether an error elsewhere may be why a test has no targets. */
static bool sites_uncertain(const struct loading *l)
{
	bool uncertain = l->site_names.broken || l->config->site_count == 0;

	for (size_t i = 0; i < l->config->site_count; i++)
		uncertain |= l->sites[i]->named.section.broken;
	return uncertain;
}

static void select_targets(struct loading *l, struct draft_targets *targets,
			   struct test_config *test, struct selection *selection)
{
	memset(selection->tiers, 0, sizeof(selection->tiers));
	if (targets->organisations.count > 0)
		memset(selection->organisations, 0, l->config->organisation_count);
	if (targets->sites.count > 0)
		memset(selection->sites, 0, l->config->site_count);
	select_tiers(selection, &targets->tiers);
	select_organisations(l, selection, targets);
	check_tags(l, targets);
	select_sites(l, selection, targets, test);
	gather(l, selection, targets, test);
}

/* Whatever measures a site may raise its alarm. */
static void select_alarms(struct loading *l, struct selection *selection, bool uncertain)
{
	struct test_config any = {.family = {true, true}};
	struct draft_alarms *draft = &l->draft.alarms;

	select_targets(l, &draft->targets, &any, selection);
	l->config->alarms.sites = any.sites;
	l->config->alarms.site_count = any.site_count;
	if (any.site_count == 0 && !draft->targets.section.broken && !uncertain)
		diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR,
				draft->targets.section.place, "alarms.targets",
				"match no site; widen or remove them");
}

void resolve_targets(struct loading *l)
{
	const struct config *config = l->config;
	struct arena *arena = l->reading.arena;
	bool uncertain = sites_uncertain(l);
	struct selection selection = {
		.organisations = arena_zeroed(arena, config->organisation_count, sizeof(bool)),
		.sites = arena_zeroed(arena, config->site_count, sizeof(bool)),
		.found = arena_zeroed(arena, config->site_count, sizeof(size_t)),
	};

	for (size_t i = 0; i < config->test_count; i++) {
		struct draft_test *draft = l->tests[i];
		select_targets(l, &draft->targets, &config->tests[i], &selection);
		draft->section.broken |= draft->targets.section.broken;
		if (config->tests[i].site_count == 0 && !draft->section.broken && !uncertain)
			section_complain(&l->reading, &draft->section, &draft->name,
					 "the targets of %s match no site; widen targets or "
					 "families, or remove it",
					 draft->name.text);
	}
	select_alarms(l, &selection, uncertain);
}
