/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/proposal.h"

#include <stdio.h>

static enum way first_way(const struct trials *trials, size_t site, enum family family)
{
	enum way way = 0;

	while (way < WAYS && !trial_at(trials, site, family, way)->answered)
		way++;
	return way;
}

static bool all_answer(const struct trials *trials, size_t site, const struct proposed *proposed,
		       enum way way)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (proposed->way[f] != WAYS && !trial_at(trials, site, f, way)->answered)
			return false;
	}
	return true;
}

struct proposed propose(const struct trials *trials, size_t site)
{
	struct proposed proposed = {.together = true};
	enum way common = 0;

	for (enum family f = 0; f < FAMILY_COUNT; f++)
		proposed.way[f] = first_way(trials, site, f);
	while (common < WAYS && !all_answer(trials, site, &proposed, common))
		common++;
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (proposed.way[f] != WAYS && common != WAYS)
			proposed.way[f] = common;
		if (trials->config->sites[site].address[f].given && proposed.way[f] != common)
			proposed.together = false;
	}
	return proposed;
}

bool proposed_any(const struct proposed *proposed)
{
	return proposed->way[FAMILY_IPV4] != WAYS || proposed->way[FAMILY_IPV6] != WAYS;
}

bool proposal_any(const struct trials *trials)
{
	for (size_t i = 0; i < trials->config->site_count; i++) {
		struct proposed proposed = propose(trials, i);
		if (proposed_any(&proposed))
			return true;
	}
	return false;
}

void proposed_name(const struct proposed_test *test, char out[PROPOSED_NAME])
{
	bool all = test->family == FAMILY_COUNT;

	snprintf(out, PROPOSED_NAME, "%s%s%s", way_rules[test->way].name, all ? "" : "-",
		 all ? "" : family_name(test->family));
}

bool proposed_by(const struct proposed *proposed, const struct proposed_test *test)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (proposed->way[f] == test->way &&
		    test->family == (proposed->together ? FAMILY_COUNT : f))
			return true;
	}
	return false;
}

/* WAYS: none tries this port. */
static enum way way_to(uint16_t port)
{
	enum way way = 0;

	while (way < WAYS && way_rules[way].port != port)
		way++;
	return way;
}

bool proposed_visit(const struct trials *trials, size_t index, enum family *out)
{
	const struct site *site = &trials->config->sites[index];
	enum way way = site->url == NULL ? WAYS : way_to(site->url_port);
	enum family found = FAMILY_COUNT;
	size_t given = 0;
	size_t answered = 0;

	if (way == WAYS)
		return false;
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		given += site->address[f].given;
		if (!site->address[f].given || !trial_at(trials, index, f, way)->answered)
			continue;
		found = f;
		answered++;
	}
	*out = answered == given ? FAMILY_COUNT : found;
	return answered > 0;
}

void proposed_visit_name(enum family family, char out[PROPOSED_NAME])
{
	bool all = family == FAMILY_COUNT;

	snprintf(out, PROPOSED_NAME, "page%s%s", all ? "" : "-", all ? "" : family_name(family));
}
