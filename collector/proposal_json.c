/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/proposal.h"

#include <jansson.h>
#include <stdio.h>

static json_t *trial_json(const struct trials *trials, size_t site, enum family family,
			  enum way way)
{
	const struct trial *trial = trial_at(trials, site, family, way);
	const struct way_rule *rule = &way_rules[way];

	return json_pack("{ss,so,si,ss,so}", "method", rule->method, "port",
			 rule->port == 0 ? json_null() : json_integer(rule->port), "packets",
			 (int)trial->packets, "outcome", trial_word(trial), "round_trip_ns",
			 trial->round_trip == NSEC_UNDEFINED ? json_null()
							     : json_integer(trial->round_trip));
}

/* The test that is proposed; null where nothing answered. */
static json_t *test_json(const struct proposed *proposed, enum family family)
{
	struct proposed_test test = {proposed->way[family],
				     proposed->together ? FAMILY_COUNT : family};
	char name[PROPOSED_NAME];

	if (test.way == WAYS)
		return json_null();
	proposed_name(&test, name);
	return json_string(name);
}

/* The test that visits the page of its own at the address; null where its port did not answer. */
static json_t *visit_json(const struct trials *trials, size_t site, enum family family)
{
	char name[PROPOSED_NAME];
	enum family over;

	if (!proposed_visit(trials, site, &over) || (over != FAMILY_COUNT && over != family))
		return json_null();
	proposed_visit_name(over, name);
	return json_string(name);
}

static json_t *site_json(const struct trials *trials, size_t index)
{
	const struct site *site = &trials->config->sites[index];
	struct proposed proposed = propose(trials, index);
	json_t *addresses = json_array();

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (!site->address[f].given)
			continue;
		json_t *tried = json_array();
		for (enum way way = 0; way < WAYS; way++)
			json_array_append_new(tried, trial_json(trials, index, f, way));
		json_array_append_new(addresses,
				      json_pack("{ss,ss,so,so,so}", "family", family_name(f),
						"address", site->address[f].text, "tried", tried,
						"test", test_json(&proposed, f), "visits",
						visit_json(trials, index, f)));
	}
	return json_pack("{ss,ss?,so}", "site", site->name, "url", site->url, "addresses",
			 addresses);
}

bool proposal_print_json(const struct trials *trials)
{
	json_t *sites = json_array();

	for (size_t i = 0; i < trials->config->site_count; i++)
		json_array_append_new(sites, site_json(trials, i));
	json_t *document = json_pack("{ss,ss,so}", "program", "netgrade-collector", "version",
				     NETGRADE_VERSION, "sites", sites);
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    printf("\n") == 1 && fflush(stdout) == 0;
	json_decref(document);
	return good;
}
